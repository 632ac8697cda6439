// How much a counter rose: from one value to the next, over two buckets, and what of it is kept at the
// coarse tiers. Pure; what merges and when is said in bucket.ts and rollup.ts.

/** From one value of a counter to the next: a step down is a reset, which begins at 0. */
export const stepOf = (from: number, to: number): number => (to >= from ? to - from : to);

/**
 * The rise of a bucket of whose points nothing else is known: one reset at most is seen, where the
 * largest value is not the last one. Never −0.
 */
export const riseSeen = (first: number, last: number, max: number): number =>
  last - first + (max > last ? max : 0) + 0;

/** What two buckets a and b have, one column after the other. */
type Ends = readonly [first: number, firstAt: number, last: number, lastAt: number, rise: number];

/** The rise of two buckets that have points, in any order of the two. The rules are in bucket.ts. */
export function riseOfBoth(a: Ends, b: Ends): number {
  const [aFirst, aFirstAt, aLast, aLastAt, aRise] = a;
  const [bFirst, bFirstAt, bLast, bLastAt, bRise] = b;
  // All at one time, in the order of their values.
  if (bFirstAt === aLastAt && bLastAt === aFirstAt)
    return Math.max(aLast, bLast) - Math.min(aFirst, bFirst);
  const order =
    aFirstAt - bFirstAt || aFirst - bFirst || aLastAt - bLastAt || aLast - bLast || bRise - aRise;
  return order <= 0 ? inOrder(a, b) : inOrder(b, a);
}

/** a begins no later than b. */
function inOrder(
  [, , aLast, aLastAt, aRise]: Ends,
  [bFirst, bFirstAt, bLast, bLastAt, bRise]: Ends,
) {
  if (bFirstAt > aLastAt) return aRise + stepOf(aLast, bFirst) + bRise;
  if (bFirstAt === aLastAt && bFirst >= aLast) return aRise + (bFirst - aLast) + bRise;
  const isWithin = bLastAt < aLastAt || (bLastAt === aLastAt && bLast <= aLast);
  return isWithin ? aRise : aRise + stepOf(aLast, bLast);
}

/** So many resets a bucket are kept, whatever the values. */
const RESETS = 16;
/** Resets add the values before them to the rise; more than this part of the sum of all is no counter. */
const PART_OF_SUM = 1 / 4;
/** What the rounding of some thousand steps may add up to. */
const ROUNDING = 2 ** -36;
const DECIMALS = 1e6;

/** The largest rise that a coarse bucket keeps. Never −0. */
export const riseMost = (
  first: number,
  last: number,
  min: number,
  max: number,
  sum: number,
): number =>
  min >= 0
    ? last - first + Math.max(RESETS * max, PART_OF_SUM * sum) + 0
    : riseSeen(first, last, max);

/**
 * The rise that a coarse bucket keeps. A gauge goes down about as often as up, which would all be resets:
 * numbers that nobody asks for and that do not compress. So no more is kept than if there were 16 resets
 * from the largest value, or resets from a quarter of the sum of all values. Any 16 resets are below that,
 * and so are resets after every eighth point of a counter that rises evenly. Of what went below 0, that is
 * kept which is seen of the bucket alone. What differs by rounding from that, or from a decimal, is made it.
 */
export function riseKept(
  first: number,
  last: number,
  min: number,
  max: number,
  sum: number,
  rise: number,
): number {
  const most = riseMost(first, last, min, max, sum);
  if (!(min >= 0 && rise < most)) return most;
  const seen = riseSeen(first, last, max);
  const rounding = ROUNDING * rise;
  if (Math.abs(rise - seen) <= rounding) return seen;
  const decimal = Math.round(rise * DECIMALS) / DECIMALS;
  return Math.abs(rise - decimal) <= rounding ? decimal : rise;
}
