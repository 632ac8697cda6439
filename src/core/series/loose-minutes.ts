// Minutes of series as columns that are not packed: what a shard hands a reader while they are few, since to pack and
// unpack them takes ten times as long as to copy them. Nothing of it is ever stored.

import { type Buckets } from "../bucket.ts";
import { addSamples, BUCKET, type Minutes } from "../minutes.ts";
import type { SeriesMinutes } from "./accumulator.ts";

/** Rows of minutes, each with samples alone. */
export interface LooseMinutes {
  /** By row: of which series, the start in Unix ms, and how many samples. */
  readonly series: Uint32Array;
  readonly start: Float64Array;
  readonly kept: Uint8Array;
  /** By sample, in the order of rows: ms after the start of its minute, and its value. */
  readonly offset: Uint16Array;
  readonly value: Float64Array;
}

/** Of the given rows; undefined: one has what is no sample, or they have more than `most`. */
export function looseOf(
  { minutes, series }: SeriesMinutes,
  rows: readonly number[],
  most: number,
): LooseMinutes | undefined {
  let samples = 0;
  for (const row of rows) {
    const n = minutes.kept[row]!;
    samples += n;
    if (n === BUCKET || minutes.endOf(row) !== undefined || samples > most) return undefined;
  }
  const loose: LooseMinutes = {
    series: Uint32Array.from(rows, (row) => series[row]!),
    start: Float64Array.from(rows, (row) => minutes.start[row]!),
    kept: Uint8Array.from(rows, (row) => minutes.kept[row]!),
    offset: new Uint16Array(samples),
    value: new Float64Array(samples),
  };
  let at = 0;
  for (const row of rows) {
    const first = row * minutes.stride;
    for (let i = first; i < first + minutes.kept[row]!; i++, at++) {
      loose.offset[at] = minutes.offset[i]!;
      loose.value[at] = minutes.value[i]!;
    }
  }
  return loose;
}

/** Bytes that they take. */
export const looseBytes = ({ series, offset }: LooseMinutes): number =>
  13 * series.length + 10 * offset.length;

/** Appends the rows to minutes, and the numbers of their series. */
export function pushLoose(loose: LooseMinutes, into: Minutes, numbers: number[]): void {
  const { series, start, kept } = loose;
  for (let row = 0, at = 0; row < series.length; at += kept[row++]!) {
    into.pushSamples(start[row]!, loose, at, kept[row]!);
    numbers.push(series[row]!);
  }
}

/** Appends the buckets of the rows that have points, and the numbers of their series. */
export function pushLooseBuckets(loose: LooseMinutes, into: Buckets, numbers: number[]): void {
  const { series, start, kept } = loose;
  for (let row = 0, at = 0; row < series.length; at += kept[row++]!) {
    if (kept[row] === 0) continue;
    addSamples(into, into.push(start[row]!), start[row]!, loose, at, kept[row]!);
    numbers.push(series[row]!);
  }
}
