// Minutes of series as columns that are not packed: what a shard hands a reader while they are few, since to pack and
// unpack them takes ten times as long as to copy them. Nothing of it is ever stored.

import { type Buckets } from "../bucket.ts";
import { addSamples } from "../bucket-samples.ts";
import { BUCKET, type Minutes } from "../minutes.ts";
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
  for (let i = 0; i < rows.length; i++) {
    const n = minutes.kept[rows[i]!]!;
    samples += n;
    if (n === BUCKET || samples > most || minutes.endOf(rows[i]!) !== undefined) return undefined;
  }
  const loose: LooseMinutes = {
    series: new Uint32Array(rows.length),
    start: new Float64Array(rows.length),
    kept: new Uint8Array(rows.length),
    offset: new Uint16Array(samples),
    value: new Float64Array(samples),
  };
  for (let i = 0, at = 0; i < rows.length; i++) {
    const row = rows[i]!;
    loose.series[i] = series[row]!;
    loose.start[i] = minutes.start[row]!;
    const n = (loose.kept[i] = minutes.kept[row]!);
    for (let from = row * minutes.stride, end = at + n; at < end; from++, at++) {
      loose.offset[at] = minutes.offset[from]!;
      loose.value[at] = minutes.value[from]!;
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
