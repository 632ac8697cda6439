// The one algebra of Minuet: what is kept of the points of one series in one period.
// Accumulating, sealing, flushing, rolling up, grouping and joining the head are all `merge`.
// It must not know about tiers, series or storage.

import { addTo, hugeOf, isHuge, type Pair, plus, type Sum } from "./sum.ts";

/** One bucket, as a plain value. What is shown of it is made in stats.ts. */
export interface Bucket extends Sum {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  /** The value at `lastAt`; among equal times the larger value, so that order never matters. */
  readonly last: number;
  /** Unix ms of the latest point. */
  readonly lastAt: number;
}

/**
 * A columnar list of buckets, each with the start (Unix ms) of its period.
 *
 * Each row is a commutative monoid: a pushed row is the identity, `add` takes a point in and
 * `merge` another bucket. Any order and any grouping give the same bucket: count, min, max, last
 * and lastAt bit for bit, the sum to twice the precision of a double (see sum.ts).
 */
export class Buckets {
  length = 0;
  start: Float64Array;
  count: Float64Array;
  sum: Float64Array;
  carry: Float64Array;
  min: Float64Array;
  max: Float64Array;
  last: Float64Array;
  lastAt: Float64Array;
  /** Sums of huge values by row; next to no bucket has one. */
  #huge: Map<number, Pair> | undefined;

  constructor(capacity = 16) {
    this.start = new Float64Array(capacity);
    this.count = new Float64Array(capacity);
    this.sum = new Float64Array(capacity);
    this.carry = new Float64Array(capacity);
    this.min = new Float64Array(capacity);
    this.max = new Float64Array(capacity);
    this.last = new Float64Array(capacity);
    this.lastAt = new Float64Array(capacity);
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

  /** Makes a row the identity again. */
  clear(row: number): void {
    this.count[row] = 0;
    this.sum[row] = 0;
    this.carry[row] = 0;
    this.min[row] = Infinity;
    this.max[row] = -Infinity;
    this.last[row] = -Infinity;
    this.lastAt[row] = -Infinity;
    this.#huge?.delete(row);
  }

  /** Takes one finite value into a row. `at` is Unix ms. */
  add(row: number, value: number, at: number): void {
    this.count[row] = this.count[row]! + 1;
    if (isHuge(value)) this.addHuge(row, hugeOf(value));
    else addTo(this.sum, this.carry, row, value, 0);
    this.min[row] = Math.min(this.min[row]!, value);
    this.max[row] = Math.max(this.max[row]!, value);
    this.#addLast(row, value, at);
  }

  /** Merges row `otherRow` of `other` into a row of this. */
  merge(row: number, other: Buckets, otherRow: number): void {
    this.count[row] = this.count[row]! + other.count[otherRow]!;
    addTo(this.sum, this.carry, row, other.sum[otherRow]!, other.carry[otherRow]!);
    const huge = other.#huge?.get(otherRow);
    if (huge !== undefined) this.addHuge(row, huge);
    this.min[row] = Math.min(this.min[row]!, other.min[otherRow]!);
    this.max[row] = Math.max(this.max[row]!, other.max[otherRow]!);
    this.#addLast(row, other.last[otherRow]!, other.lastAt[otherRow]!);
  }

  /** Merges a bucket given as a value into a row. */
  mergeBucket(row: number, { count, sum, carry, huge, min, max, last, lastAt }: Bucket): void {
    this.count[row] = this.count[row]! + count;
    addTo(this.sum, this.carry, row, sum, carry);
    if (huge !== undefined) this.addHuge(row, huge);
    this.min[row] = Math.min(this.min[row]!, min);
    this.max[row] = Math.max(this.max[row]!, max);
    this.#addLast(row, last, lastAt);
  }

  /** Appends a copy of a row of `other` under another `start`; returns its row. */
  pushCopy(start: number, other: Buckets, otherRow: number): number {
    const row = this.push(start);
    this.count[row] = other.count[otherRow]!;
    this.sum[row] = other.sum[otherRow]!;
    this.carry[row] = other.carry[otherRow]!;
    this.min[row] = other.min[otherRow]!;
    this.max[row] = other.max[otherRow]!;
    this.last[row] = other.last[otherRow]!;
    this.lastAt[row] = other.lastAt[otherRow]!;
    const huge = other.#huge?.get(otherRow);
    if (huge !== undefined) this.addHuge(row, huge);
    return row;
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
      last: this.last[row]!,
      lastAt: this.lastAt[row]!,
      huge: this.#huge?.get(row),
    };
  }

  #addLast(row: number, value: number, at: number): void {
    const lastAt = this.lastAt[row]!;
    if (at > lastAt) {
      this.lastAt[row] = at;
      this.last[row] = value;
    } else if (at === lastAt) this.last[row] = Math.max(this.last[row]!, value);
  }

  #grow(capacity: number): void {
    const grown = (old: Float64Array): Float64Array => {
      const column = new Float64Array(capacity);
      column.set(old);
      return column;
    };
    this.start = grown(this.start);
    this.count = grown(this.count);
    this.sum = grown(this.sum);
    this.carry = grown(this.carry);
    this.min = grown(this.min);
    this.max = grown(this.max);
    this.last = grown(this.last);
    this.lastAt = grown(this.lastAt);
  }
}
