// Pages as rows: an accumulator written as chunks, and read back.

import type { Accumulator, SeriesBuckets } from "../core/series/accumulator.ts";
import { Buckets } from "../core/bucket.ts";
import { blocksOf, decodeBlock, encodePage } from "../core/codec/page.ts";
import type { Chunks } from "./chunks.ts";
import type { Dictionary } from "./dictionary.ts";
import type { PageEntry } from "./manifest.ts";

/** Writes buckets, of which there is at least one, as the page `id`. */
export function writePage(
  chunks: Chunks,
  from: Accumulator,
  dictionary: Dictionary,
  id: number,
): PageEntry {
  const encoded = encodePage(from, (series) => dictionary.metricOf[series]!);
  let first = Infinity;
  let last = -Infinity;
  for (let i = 0; i < from.length; i++) {
    first = Math.min(first, from.buckets.start[i]!);
    last = Math.max(last, from.buckets.start[i]!);
  }
  return {
    id,
    slots: encoded.map((chunk) => chunks.write(chunk)),
    buckets: from.length,
    bytes: encoded.reduce((sum, chunk) => sum + chunk.length, 0),
    from: first,
    to: last,
  };
}

/** The buckets of a chunk, block by block. */
export function* readPage(chunk: Uint8Array): Generator<SeriesBuckets> {
  for (const { bytes } of blocksOf(chunk)) {
    const buckets = new Buckets();
    const series: number[] = [];
    decodeBlock(bytes, buckets, series);
    yield { buckets, series };
  }
}
