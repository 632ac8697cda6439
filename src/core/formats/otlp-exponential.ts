// Exponential histograms of OTLP as histograms with bounds: the powers of two. Whatever the scale, which
// a sender changes as it goes, a power of two is the bound of one of its buckets, so nothing is
// estimated, and the series stay the same.

import { err, ok, type Result } from "../result.ts";

/** One side of the histogram: bucket i counts (base^(offset + i), base^(offset + i + 1)]. */
export interface Side {
  readonly offset: number;
  readonly counts: ArrayLike<number>;
}

export interface Exponential {
  /** base = 2^(2^−scale). */
  readonly scale: number;
  readonly zeroCount: number;
  readonly zeroThreshold: number;
  readonly positive: Side;
  /** Of values below zero: its buckets count their magnitudes. */
  readonly negative: Side;
}

/** `cumulative[i]` observations are at most `bounds[i]`, which ascend. */
export interface Buckets {
  readonly bounds: readonly number[];
  readonly cumulative: readonly number[];
}

/** What the specification lets a scale be. */
const LOWEST = -10;
const HIGHEST = 20;

export function powersOfTwo(histogram: Exponential): Result<Buckets, string> {
  const { scale, zeroThreshold, positive, negative } = histogram;
  if (!Number.isInteger(scale) || scale < LOWEST || scale > HIGHEST)
    return err(`scale ${scale} is not within ${LOWEST} and ${HIGHEST}`);
  if (!(zeroThreshold >= 0 && zeroThreshold < Infinity))
    return err(`zeroThreshold ${zeroThreshold} is no width`);
  const bounds: number[] = [];
  const cumulative: number[] = [];
  let sum = 0;
  const upTo = (bound: number): void => {
    // What a double cannot hold is in the next bucket, or in that up to +Inf.
    if (bound === Infinity || bound === -Infinity) return;
    if (bounds.length === 0 || bound > bounds.at(-1)!) cumulative[bounds.push(bound) - 1] = sum;
    else cumulative[bounds.length - 1] = sum;
  };
  for (let i = negative.counts.length - 1; i >= 0; i--) {
    sum += negative.counts[i]!;
    upTo(-(2 ** lowerExponent(negative.offset + i, scale)));
  }
  sum += histogram.zeroCount;
  upTo(zeroThreshold);
  for (let i = 0; i < positive.counts.length; i++) {
    sum += positive.counts[i]!;
    upTo(2 ** upperExponent(positive.offset + i, scale));
  }
  return ok({ bounds, cumulative });
}

/** The power of two at or below the lower bound of a bucket. */
const lowerExponent = (index: number, scale: number): number =>
  scale >= 0 ? index >> scale : index * 2 ** -scale;

/** The power of two at or above the upper bound of a bucket. */
const upperExponent = (index: number, scale: number): number =>
  scale >= 0 ? (index >> scale) + 1 : (index + 1) * 2 ** -scale;
