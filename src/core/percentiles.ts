// Percentiles of the samples of a bucket, each a row of one list: what they are, and their columns' schema. They
// are made in query/percentiles.ts. Pure.

import { PERCENTILE_NAMES, type PercentileName } from "./stats.ts";

export interface Percentile {
  /** Its column in answers, its parameter, its key in addresses. */
  readonly name: PercentileName;
  readonly title: string;
  /** 0 to 1. */
  readonly q: number;
}

export const PERCENTILES: readonly Percentile[] = PERCENTILE_NAMES.map((name) => {
  const q = Number(name.slice(1)) / 100;
  return { name, title: q === 0.5 ? "median" : `${name.slice(1)}th percentile`, q };
});

/** Something for each. */
export const byPercentile = <T>(of: (percentile: Percentile) => T): Record<PercentileName, T> =>
  Object.fromEntries(PERCENTILES.map((one) => [one.name, of(one)])) as Record<PercentileName, T>;
