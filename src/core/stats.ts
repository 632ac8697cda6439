// The statistics of a bucket, each a row of one list: columns of an answer, its schema, the CSV's
// header, the page's menu and legend, and live messages are made of it. Pure.

import type { Bucket } from "./bucket.ts";
import { averageOf, totalOf } from "./sum.ts";

export interface Statistic {
  /** Its column in answers, its parameter, its key in addresses. */
  readonly name: string;
  /** What it is, in words: for menus and for the API document. */
  readonly title: string;
  /**
   * `value`: in the unit of the points, between their minimum and maximum; `amount`: in their unit,
   * growing with their number; `count`: a number of points, without their unit.
   */
  readonly kind: "value" | "amount" | "count";
  /** Of a bucket that has points. */
  readonly of: (bucket: Bucket) => number;
}

export const STATISTICS = [
  {
    name: "avg",
    title: "average",
    kind: "value",
    // Rounding could leave the range of the values by the last bit.
    of: (bucket) => Math.min(Math.max(averageOf(bucket, bucket.count), bucket.min), bucket.max),
  },
  { name: "min", title: "smallest value", kind: "value", of: ({ min }) => min },
  { name: "max", title: "largest value", kind: "value", of: ({ max }) => max },
  { name: "sum", title: "sum of the values", kind: "amount", of: totalOf },
  { name: "count", title: "number of points", kind: "count", of: ({ count }) => count },
  { name: "first", title: "earliest value", kind: "value", of: ({ first }) => first },
  { name: "last", title: "latest value", kind: "value", of: ({ last }) => last },
] as const satisfies readonly Statistic[];

export type StatName = (typeof STATISTICS)[number]["name"];

/** The names, in the order of the list. */
export const STAT_NAMES: readonly StatName[] = STATISTICS.map(({ name }) => name);

/** A statistic by its name. */
export const STATISTIC = Object.fromEntries(STATISTICS.map((one) => [one.name, one])) as Readonly<
  Record<StatName, Statistic>
>;

/** Something for each statistic. */
export const byStat = <T>(of: (statistic: (typeof STATISTICS)[number]) => T): Record<StatName, T> =>
  Object.fromEntries(STATISTICS.map((one) => [one.name, of(one)])) as Record<StatName, T>;

/** Percentiles of the samples of buckets, which no bucket says: see percentiles.ts. The page knows no more. */
export const PERCENTILE_NAMES = ["p50", "p90", "p95", "p99"] as const;
export type PercentileName = (typeof PERCENTILE_NAMES)[number];

export const isPercentile = (name: string | undefined): name is PercentileName =>
  PERCENTILE_NAMES.some((one) => one === name);
