// Pages as rows: an accumulator written as blobs, and read back.

import type { SeriesMinutes } from "../core/series/accumulator.ts";
import { blocksOf, decodeBlock, encodePage } from "../core/codec/page.ts";
import { Minutes } from "../core/minutes.ts";
import type { Blobs } from "./blobs.ts";
import type { Dictionary } from "./dictionary.ts";
import type { StoredPage } from "./manifest.ts";

/** Writes minutes, of which there is at least one, as a page. */
export function writePage(blobs: Blobs, from: SeriesMinutes, dictionary: Dictionary): StoredPage {
  const encoded = encodePage(from, (series) => dictionary.keyOf(series));
  const { start, length } = from.minutes;
  let first = Infinity;
  let last = -Infinity;
  for (let i = 0; i < length; i++) {
    first = Math.min(first, start[i]!);
    last = Math.max(last, start[i]!);
  }
  return {
    slots: encoded.map((blob) => blobs.write(blob)),
    buckets: length,
    bytes: encoded.reduce((sum, blob) => sum + blob.length, 0),
    from: first,
    to: last,
  };
}

/** The minutes of a blob, block by block; `limit` as in `Minutes`. */
export function* readPage(blob: Uint8Array, limit: number): Generator<SeriesMinutes> {
  for (const { bytes } of blocksOf(blob)) {
    const minutes = new Minutes(limit);
    const series: number[] = [];
    decodeBlock(bytes, minutes, series);
    yield { minutes, series };
  }
}
