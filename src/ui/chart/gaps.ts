// Where a line is broken: where a series was silent for far longer than it usually is, never merely
// where the next bucket is empty. Pure. The one rule for charts, their bands and sparklines.

import type { Steps } from "./older.ts";

/** A gap is longer than so many usual intervals: one report that is lost or late is none. */
export const GAP = 2.5;

/**
 * The usual time between two reports: the median step; of two in the middle the shorter, as silence
 * is what is unusual. Undefined of fewer than two times.
 *
 * @param times ascending, in any unit
 */
export function usualInterval(times: readonly number[]): number | undefined {
  const count = times.length - 1;
  if (count < 1) return undefined;
  const steps = Float64Array.from({ length: count }, (_, i) => times[i + 1]! - times[i]!);
  return steps.sort()[(count - 1) >> 1]!;
}

/**
 * The places in `times` before which there is a gap, ascending.
 *
 * @param times ascending, in any unit
 */
export function gapsIn(times: readonly number[]): number[] {
  let [least, most] = [Infinity, 0];
  for (let i = 1; i < times.length; i++) {
    const step = times[i]! - times[i - 1]!;
    if (step < least) least = step;
    if (step > most) most = step;
  }
  // Most series have none, and need no median.
  if (!(most > GAP * least)) return [];
  const longest = GAP * usualInterval(times)!;
  const gaps: number[] = [];
  for (let i = 1; i < times.length; i++) if (times[i]! - times[i - 1]! > longest) gaps.push(i);
  return gaps;
}

/**
 * The same of times of which the earlier are of wider buckets: each part has its own usual interval,
 * and from one part to the next the longer of both is usual.
 *
 * @param older widths of the earlier buckets, and where they end, the earliest first
 */
export function gapsInParts(times: readonly number[], older: Steps["older"]): number[] {
  if (older.length === 0) return gapsIn(times);
  const gaps: number[] = [];
  let [first, before] = [0, 0];
  for (const { until, step } of [...older, { until: Infinity, step: 0 }]) {
    const end = placeFrom(times, until);
    if (end === first) continue;
    const part = times.slice(first, end);
    const usual = Math.max(usualInterval(part) ?? 0, step);
    if (first > 0 && times[first]! - times[first - 1]! > GAP * Math.max(usual, before))
      gaps.push(first);
    for (const gap of gapsIn(part)) gaps.push(first + gap);
    [first, before] = [end, usual];
  }
  return gaps;
}

/** The first place whose time is `at` or later. */
export function placeFrom(times: readonly number[], at: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * One value of a column that is drawn. Undefined: nothing here, but the line passes through; null:
 * it is broken here. So does uPlot read them.
 */
export type Drawable = number | null | undefined;

/**
 * For each place on the axis the row of a line's columns. Undefined: no bucket here, the line passes
 * through; null: the line is broken, or has not begun, or is over.
 */
export type Rows = readonly Drawable[];

/** Whether there is a bucket. */
export const isRow = (row: Drawable): row is number => row != null;

/** Places of values that no line reaches or leaves: they need a dot. */
export function lonely(column: ArrayLike<Drawable>): number[] {
  const places: number[] = [];
  /** The value last met, when nothing joins it yet. */
  let alone: number | undefined;
  let joined = false;
  for (let i = 0; i < column.length; i++) {
    const value = column[i];
    if (value === undefined) continue;
    if (value === null) {
      if (alone !== undefined) places.push(alone);
      alone = undefined;
      joined = false;
    } else {
      alone = joined ? undefined : i;
      joined = true;
    }
  }
  if (alone !== undefined) places.push(alone);
  return places;
}
