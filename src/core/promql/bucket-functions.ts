// The bodies of functions over ranges that buckets can answer: what each makes of those of one window.

import { STATISTIC, type StatName } from "../stats.ts";
import type { BucketBody, BucketWindow } from "./bucket-window.ts";
import { extrapolation } from "./extrapolation.ts";

/** A statistic that does not grow with the number of points. */
const valueOf =
  (name: StatName): BucketBody =>
  (window) =>
    STATISTIC[name].of(window.merged());

/** One that does: of a range shorter than a bucket, its share of it. */
const amountOf =
  (name: StatName): BucketBody =>
  (window) =>
    STATISTIC[name].of(window.merged()) * window.share;

/** What the points rose a second, extrapolated to the edges of their buckets. */
function slope(window: BucketWindow, isCounter: boolean): number | undefined {
  const { from, to } = window;
  const ends = window.ends();
  const { count, first, firstAt, last, lastAt } = ends;
  if (count < 2 || lastAt === firstAt) return undefined;
  const rise = isCounter ? ends.rise : last - first;
  return rise * (extrapolation(ends, { from, to }, rise, isCounter) / ((to - from) / 1_000));
}

/** The same over the range that is asked for. */
function slopeOverRange(window: BucketWindow, isCounter: boolean): number | undefined {
  const rate = slope(window, isCounter);
  return rate === undefined ? undefined : rate * (window.range / 1_000);
}

export const avgOverTime = valueOf("avg");
export const countOverTime = amountOf("count");
export const firstOverTime = valueOf("first");
export const lastOverTime = valueOf("last");
export const maxOverTime = valueOf("max");
export const minOverTime = valueOf("min");
export const sumOverTime = amountOf("sum");
export const presentOverTime: BucketBody = () => 1;
export const rate: BucketBody = (window) => slope(window, true);
export const increase: BucketBody = (window) => slopeOverRange(window, true);
export const delta: BucketBody = (window) => slopeOverRange(window, false);
