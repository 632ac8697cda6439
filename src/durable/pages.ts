// Pages as rows: an accumulator written as blobs, and read back.

import type { Accumulator, SeriesBuckets } from "../core/series/accumulator.ts";
import { Buckets } from "../core/bucket.ts";
import { blocksOf, decodeBlock, encodePage } from "../core/codec/page.ts";
import type { Blobs } from "./blobs.ts";
import type { Dictionary } from "./dictionary.ts";
import type { StoredPage } from "./manifest.ts";

/** Writes buckets, of which there is at least one, as a page. */
export function writePage(blobs: Blobs, from: Accumulator, dictionary: Dictionary): StoredPage {
  const encoded = encodePage(from, (series) => dictionary.keyOf(series));
  let first = Infinity;
  let last = -Infinity;
  for (let i = 0; i < from.length; i++) {
    first = Math.min(first, from.buckets.start[i]!);
    last = Math.max(last, from.buckets.start[i]!);
  }
  return {
    slots: encoded.map((blob) => blobs.write(blob)),
    buckets: from.length,
    bytes: encoded.reduce((sum, blob) => sum + blob.length, 0),
    from: first,
    to: last,
  };
}

/** The buckets of a blob, block by block. */
export function* readPage(blob: Uint8Array): Generator<SeriesBuckets> {
  for (const { bytes } of blocksOf(blob)) {
    const buckets = new Buckets();
    const series: number[] = [];
    decodeBlock(bytes, buckets, series);
    yield { buckets, series };
  }
}
