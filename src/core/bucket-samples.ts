// Buckets made of samples in order, in fewer steps than adding each: queries decode samples by the million.

import type { Buckets } from "./bucket.ts";
import { stepOf } from "./rise.ts";
import { addTo, hugeOf, isHuge } from "./sum.ts";

/** Columns of samples. */
export interface Samples {
  /** ms after the start of the minute. */
  readonly offset: ArrayLike<number>;
  readonly value: ArrayLike<number>;
}

/**
 * Appends n buckets of one sample each, with the first n of these starts, times after them in ms, and
 * values, none of them huge: what most minutes are, column by column.
 */
export function pushSingles(
  buckets: Buckets,
  n: number,
  starts: Float64Array,
  offset: Float64Array,
  value: Float64Array,
): void {
  const row = buckets.extend(n);
  const { start, count, sum, carry, min, max, first, firstAt, last, lastAt, rise } = buckets;
  for (let i = 0, into = row; i < n; i++, into++) {
    const at = starts[i]!;
    const one = value[i]!;
    start[into] = at;
    firstAt[into] = at + offset[i]!;
    lastAt[into] = at + offset[i]!;
    min[into] = one;
    max[into] = one;
    first[into] = one;
    last[into] = one;
    // No sum is −0.
    sum[into] = one + 0;
  }
  count.fill(1, row, row + n);
  carry.fill(0, row, row + n);
  rise.fill(0, row, row + n);
}

/** Appends the bucket of samples [from, from + n), at least one, that stand in the order of minutes.ts. */
export function pushSamples(
  buckets: Buckets,
  start: number,
  { offset, value }: Samples,
  from: number,
  n: number,
): void {
  const row = buckets.push(start);
  const first = value[from]!;
  const end = from + n;
  let [min, max, rise, last] = [first, first, 0, first];
  for (let i = from; i < end; i++) {
    const one = value[i]!;
    if (isHuge(one)) buckets.addHuge(row, hugeOf(one));
    else addTo(buckets.sum, buckets.carry, row, one, 0);
    if (i === from) continue;
    min = Math.min(min, one);
    max = Math.max(max, one);
    // As when they are added: points of the first time alone are no steps.
    rise = offset[i] === offset[from] ? one - first : rise + stepOf(last, one);
    last = one;
  }
  buckets.count[row] = n;
  buckets.min[row] = min;
  buckets.max[row] = max;
  buckets.first[row] = first;
  buckets.firstAt[row] = start + offset[from]!;
  buckets.last[row] = last;
  buckets.lastAt[row] = start + offset[end - 1]!;
  buckets.rise[row] = rise;
}

/** Adds samples of the minute that starts at `start`, in their order, to a row of `buckets`. */
export function addSamples(
  buckets: Buckets,
  row: number,
  start: number,
  { offset, value }: Samples,
  from: number,
  n: number,
): void {
  for (let i = from; i < from + n; i++) buckets.add(row, value[i]!, start + offset[i]!);
}
