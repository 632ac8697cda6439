// The one algebra of Minuet: what is kept of the points of one series in one period.
// Accumulating, sealing, flushing, rolling up, grouping and joining the head are all `merge`.
// It must not know about tiers, series or storage.

import { columnsIn } from "./float-columns.ts";
import { riseKept, riseOfBoth, riseSeen, stepOf } from "./rise.ts";
import { addTo, hugeOf, isHuge, type Pair, plus, type Sum } from "./sum.ts";

/** One bucket, as a plain value. What is shown of it is made in stats.ts. */
export interface Bucket extends Sum {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  /** The value at `firstAt`; among equal times the smaller value, so that order never matters. */
  readonly first: number;
  /** Unix ms of the earliest point. */
  readonly firstAt: number;
  /** The value at `lastAt`; among equal times the larger value. */
  readonly last: number;
  /** Unix ms of the latest point. */
  readonly lastAt: number;
  /** How much a counter rose from `first` to `last`: see `Buckets`. */
  readonly rise: number;
}

const COLUMNS = 11;

/**
 * A columnar list of buckets, each with the start (Unix ms) of its period.
 *
 * Each row is a commutative monoid: a pushed row is the identity, `add` takes a point in and
 * `merge` another bucket. Any order and any grouping give the same bucket: count, min, max, first,
 * last and their times bit for bit, the sum to twice the precision of a double (see sum.ts).
 *
 * `rise` is commutative, but not associative: it is exact when what is merged comes in the order of
 * time, no part within another. It is the sum of the steps between points one after the other, a step
 * down being a reset that counts as the new value. Of two buckets, a the one that begins first (with the smaller
 * value, if both begin at the same time):
 *
 * 1. b begins after a ends: a.rise + the step from a.last to b.first + b.rise.
 * 2. b begins in the millisecond in which a ends: the same if b.first ≥ a.last. Points of one time come
 *    in the order of their values: else the two overlap.
 * 3. b ends before a, or at the same time with no larger value: a.rise.
 * 4. b ends after a: a.rise + the step from a.last to b.last.
 *
 * 3 and 4 are right for a counter that was not reset where they overlap, and a bound otherwise. The
 * sum of n steps is rounded n times: it is off by n / 2^53 of itself at most.
 */
export class Buckets {
  length = 0;
  start!: Float64Array;
  count!: Float64Array;
  sum!: Float64Array;
  carry!: Float64Array;
  min!: Float64Array;
  max!: Float64Array;
  first!: Float64Array;
  firstAt!: Float64Array;
  last!: Float64Array;
  lastAt!: Float64Array;
  rise!: Float64Array;
  /** Sums of huge values by row; next to no bucket has one. */
  #huge: Map<number, Pair> | undefined;

  constructor(capacity = 16) {
    this.#grow(capacity);
  }

  /** Appends the identity for the period that starts at `start`; returns its row. */
  push(start: number): number {
    const row = this.length;
    if (row === this.start.length) this.#grow(Math.max(16, row * 2));
    this.start[row] = start;
    this.length = row + 1;
    this.clear(row);
    return row;
  }

  /** Appends n rows that hold anything, for a decoder that writes them all; returns the first. */
  extend(n: number): number {
    const row = this.length;
    const end = row + n;
    if (end > this.start.length) this.#grow(Math.max(16, row * 2, end));
    if (this.#huge !== undefined) for (let i = row; i < end; i++) this.#huge.delete(i);
    this.length = end;
    return row;
  }

  /** Makes a row the identity again. */
  clear(row: number): void {
    this.count[row] = 0;
    this.sum[row] = 0;
    this.carry[row] = 0;
    this.min[row] = Infinity;
    this.max[row] = -Infinity;
    this.first[row] = Infinity;
    this.firstAt[row] = Infinity;
    this.last[row] = -Infinity;
    this.lastAt[row] = -Infinity;
    this.rise[row] = 0;
    this.#huge?.delete(row);
  }

  /** Takes one finite value into a row. `at` is Unix ms. */
  add(row: number, value: number, at: number): void {
    if (isHuge(value)) this.addHuge(row, hugeOf(value));
    else addTo(this.sum, this.carry, row, value, 0);
    this.#mergeRise(row, value, at, value, at, 0);
    this.#mergeEnds(row, value, at, value, at);
    this.min[row] = Math.min(this.min[row]!, value);
    this.max[row] = Math.max(this.max[row]!, value);
    this.count[row] = this.count[row]! + 1;
  }

  /** Merges row `otherRow` of `other` into a row of this. */
  merge(row: number, other: Buckets, otherRow: number): void {
    if (other.count[otherRow] === 0) return;
    this.#mergeRise(
      row,
      other.first[otherRow]!,
      other.firstAt[otherRow]!,
      other.last[otherRow]!,
      other.lastAt[otherRow]!,
      other.rise[otherRow]!,
    );
    this.mergeRows(row, 0, other, otherRow, otherRow + 1);
  }

  /**
   * Merges rows [first, end) of `other`, in their order: all into one row (`stride` 0), or each into the
   * row after that of the one before (`stride` 1). Queries merge by the million, and buckets of several
   * series: the rise stays as it is.
   */
  mergeRows(row: number, stride: 0 | 1, other: Buckets, from: number, end: number): void {
    const { count, sum, carry, min, max, first, firstAt, last, lastAt } = this;
    const huge = other.#huge;
    for (let i = from, into = row; i < end; i++, into += stride) {
      const more = huge?.get(i);
      if (more !== undefined) this.addHuge(into, more);
      if (count[into] === 0) {
        count[into] = other.count[i]!;
        sum[into] = other.sum[i]!;
        carry[into] = other.carry[i]!;
        min[into] = other.min[i]!;
        max[into] = other.max[i]!;
        first[into] = other.first[i]!;
        firstAt[into] = other.firstAt[i]!;
        last[into] = other.last[i]!;
        lastAt[into] = other.lastAt[i]!;
        continue;
      }
      count[into] = count[into]! + other.count[i]!;
      addTo(sum, carry, into, other.sum[i]!, other.carry[i]!);
      min[into] = Math.min(min[into]!, other.min[i]!);
      max[into] = Math.max(max[into]!, other.max[i]!);
      const begins = other.firstAt[i]!;
      if (begins < firstAt[into]!) {
        firstAt[into] = begins;
        first[into] = other.first[i]!;
      } else if (begins === firstAt[into]) first[into] = Math.min(first[into]!, other.first[i]!);
      const ends = other.lastAt[i]!;
      if (ends > lastAt[into]!) {
        lastAt[into] = ends;
        last[into] = other.last[i]!;
      } else if (ends === lastAt[into]) last[into] = Math.max(last[into]!, other.last[i]!);
    }
  }

  /** Merges a bucket given as a value into a row. */
  mergeBucket(row: number, bucket: Bucket): void {
    const { count, sum, carry, huge, min, max, first, firstAt, last, lastAt, rise } = bucket;
    if (count === 0) return;
    addTo(this.sum, this.carry, row, sum, carry);
    if (huge !== undefined) this.addHuge(row, huge);
    this.#mergeRise(row, first, firstAt, last, lastAt, rise);
    this.#mergeEnds(row, first, firstAt, last, lastAt);
    this.min[row] = Math.min(this.min[row]!, min);
    this.max[row] = Math.max(this.max[row]!, max);
    this.count[row] = this.count[row]! + count;
  }

  /** Appends a copy of a row of `other` under another `start`; returns its row. */
  pushCopy(start: number, other: Buckets, otherRow: number): number {
    const row = this.extend(1);
    this.start[row] = start;
    this.count[row] = 0;
    this.rise[row] = other.rise[otherRow]!;
    this.mergeRows(row, 0, other, otherRow, otherRow + 1);
    return row;
  }

  /** Makes the rise what the row alone says of it: of points whose order is not known. */
  seeRise(row: number): void {
    this.rise[row] = riseSeen(this.first[row]!, this.last[row]!, this.max[row]!);
  }

  /** Leaves of the rise what the coarse tiers keep of it, see rise.ts. */
  settleRise(row: number): void {
    this.rise[row] = riseKept(
      this.first[row]!,
      this.last[row]!,
      this.min[row]!,
      this.max[row]!,
      this.sum[row]!,
      this.rise[row]!,
    );
  }

  /** Adds to the sum of a row's huge values, in units of 2^64. */
  addHuge(row: number, more: Pair): void {
    this.#huge ??= new Map();
    const before = this.#huge.get(row);
    this.#huge.set(row, before === undefined ? more : plus(before, more));
  }

  /** The sum of a row's huge values, in units of 2^64; undefined when it has none. */
  huge(row: number): Pair | undefined {
    return this.#huge?.get(row);
  }

  /** A row as a plain value. */
  at(row: number): Bucket {
    return {
      count: this.count[row]!,
      sum: this.sum[row]!,
      carry: this.carry[row]!,
      min: this.min[row]!,
      max: this.max[row]!,
      first: this.first[row]!,
      firstAt: this.firstAt[row]!,
      last: this.last[row]!,
      lastAt: this.lastAt[row]!,
      rise: this.rise[row]!,
      huge: this.#huge?.get(row),
    };
  }

  /** Before first and last are merged. */
  #mergeRise(
    row: number,
    first: number,
    firstAt: number,
    last: number,
    lastAt: number,
    rise: number,
  ): void {
    if (this.count[row] === 0) this.rise[row] = rise;
    else if (firstAt > this.lastAt[row]!)
      this.rise[row] = this.rise[row]! + stepOf(this.last[row]!, first) + rise;
    else
      this.rise[row] = riseOfBoth(
        [this.first[row]!, this.firstAt[row]!, this.last[row]!, this.lastAt[row]!, this.rise[row]!],
        [first, firstAt, last, lastAt, rise],
      );
  }

  #mergeEnds(row: number, first: number, firstAt: number, last: number, lastAt: number): void {
    const hadFirstAt = this.firstAt[row]!;
    if (firstAt < hadFirstAt) {
      this.firstAt[row] = firstAt;
      this.first[row] = first;
    } else if (firstAt === hadFirstAt) this.first[row] = Math.min(this.first[row]!, first);
    const hadLastAt = this.lastAt[row]!;
    if (lastAt > hadLastAt) {
      this.lastAt[row] = lastAt;
      this.last[row] = last;
    } else if (lastAt === hadLastAt) this.last[row] = Math.max(this.last[row]!, last);
  }

  #grow(capacity: number): void {
    const column = columnsIn(COLUMNS, capacity);
    this.start = column(this.start);
    this.count = column(this.count);
    this.sum = column(this.sum);
    this.carry = column(this.carry);
    this.min = column(this.min);
    this.max = column(this.max);
    this.first = column(this.first);
    this.firstAt = column(this.firstAt);
    this.last = column(this.last);
    this.lastAt = column(this.lastAt);
    this.rise = column(this.rise);
  }
}
