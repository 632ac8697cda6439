// Sums to twice the precision of a double, in any order, that no values overflow; and what is shown
// of them. It must not know buckets or storage.

/*
 * A sum is a pair (sum, carry) of doubles, "double-double": the true sum is sum + carry, and
 * |carry| ≤ ulp(sum) / 2. Each addition keeps its error (Knuth's TwoSum), so that 1e16 + 1 − 1e16
 * is 1 whatever the order.
 *
 * Values from 2^960 on are summed apart, in units of 2^64: 2^53 values below it cannot overflow
 * their sum, nor can those above it. A sum that saturated at the largest double would depend on the
 * order: 1.7e308 twice and −1.7e308 twice are 0.
 */

/** Values of this magnitude or larger are summed apart. */
const HUGE_FROM = 2 ** 960;
/** The unit of the sum of huge values. */
const UNIT = 2 ** 64;

/** A sum and what rounding took from it. */
export type Pair = readonly [sum: number, carry: number];

const NONE: Pair = [0, 0];

/** What is kept of the sum of a bucket's values. */
export interface Sum {
  /** Of the values below 2^960, rounded to the nearest double. */
  readonly sum: number;
  /** What rounding took from `sum`: the true sum is `sum + carry`, |carry| ≤ ulp(sum) / 2. */
  readonly carry: number;
  /** The sum of the values from 2^960 on, in units of 2^64; undefined when there are none. */
  readonly huge?: Pair | undefined;
}

export const isHuge = (value: number): boolean => value >= HUGE_FROM || value <= -HUGE_FROM;

/** Adds hi + lo to row `row` of a column of sums and of their carries. */
export function addTo(
  sum: Float64Array,
  carry: Float64Array,
  row: number,
  hi: number,
  lo: number,
): void {
  const a = sum[row]!;
  const s = a + hi;
  const bb = s - a;
  const error = a - (s - bb) + (hi - bb) + carry[row]! + lo;
  const rounded = s + error;
  sum[row] = rounded;
  carry[row] = error - (rounded - s);
}

/** a + b, each without rounding more than once in twice the precision of a double. */
export function plus([a, aCarry]: Pair, [b, bCarry]: Pair): Pair {
  const s = a + b;
  const bb = s - a;
  const error = a - (s - bb) + (b - bb) + aCarry + bCarry;
  const rounded = s + error;
  return [rounded, error - (rounded - s)];
}

/** A huge value as a sum of huge values. */
export const hugeOf = (value: number): Pair => [value / UNIT, 0];

/** Everything that was summed, in units of 2^64 when `scaled`. */
function whole({ sum, carry, huge = NONE }: Sum): {
  readonly pair: Pair;
  readonly scaled: boolean;
} {
  if (huge[0] === 0 && huge[1] === 0) return { pair: [sum, carry], scaled: false };
  return { pair: plus(huge, [sum / UNIT, carry / UNIT]), scaled: true };
}

const saturated = (value: number): number =>
  Math.min(Math.max(value, -Number.MAX_VALUE), Number.MAX_VALUE);

/** The double nearest to the sum; ±Number.MAX_VALUE when it is beyond. */
export function totalOf(of: Sum): number {
  const { pair, scaled } = whole(of);
  return scaled ? saturated(pair[0] * UNIT) : pair[0];
}

/** The double nearest to (sum + carry) / count; `count` is an integer, 1 or more. */
export function averageOf(of: Sum, count: number): number {
  const { pair, scaled } = whole(of);
  const average = quotient(pair, count);
  return scaled ? saturated(average * UNIT) : average;
}

/** Splits a double into halves of 26 bits (Dekker). */
const SPLIT = 2 ** 27 + 1;
/** From here on the products of halves would overflow, or lose bits below the smallest double. */
const LARGE = 2 ** 990;
const SMALL = 2 ** -900;
const LIFT = 2 ** 900;

function quotient([sum, carry]: Pair, count: number): number {
  if (count === 1) return sum;
  const q = sum / count;
  const magnitude = Math.abs(sum);
  if (q === 0) return q;
  if (magnitude > LARGE) return quotient([sum / UNIT, carry / UNIT], count) * UNIT;
  if (magnitude < SMALL) return quotient([sum * LIFT, carry * LIFT], count) / LIFT;
  // The remainder sum − q · count is exact, by Dekker's product: it says how far off q is.
  const product = q * count;
  const [qHigh, countHigh] = [high(q), high(count)];
  const [qLow, countLow] = [q - qHigh, count - countHigh];
  const error =
    qLow * countLow - (product - qHigh * countHigh - qLow * countHigh - qHigh * countLow);
  return q + (sum - product - error + carry) / count;
}

function high(value: number): number {
  const c = SPLIT * value;
  return c - (c - value);
}
