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

  /** Appends `n` times the identity, with start 0: a decoder writes over it. */
  extend(n: number): void {
    const row = this.length;
    const end = row + n;
    if (end > this.start.length) this.#grow(Math.max(end, row * 2));
    this.length = end;
    this.start.fill(0, row, end);
    this.count.fill(0, row, end);
    this.sum.fill(0, row, end);
    this.carry.fill(0, row, end);
    this.min.fill(Infinity, row, end);
    this.max.fill(-Infinity, row, end);
    this.last.fill(-Infinity, row, end);
    this.lastAt.fill(-Infinity, row, end);
    if (this.#huge !== undefined) for (let i = row; i < end; i++) this.#huge.delete(i);
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
    this.mergeRows(row, 0, other, otherRow, otherRow + 1);
  }

  /**
   * Merges rows [first, end) of `other`, in their order: all into one row (`stride` 0), or each into the
   * row after that of the one before (`stride` 1). Queries merge by the million.
   */
  mergeRows(row: number, stride: 0 | 1, other: Buckets, first: number, end: number): void {
    const { count, sum, carry, min, max, last, lastAt } = this;
    const huge = other.#huge;
    for (let i = first, into = row; i < end; i++, into += stride) {
      count[into] = count[into]! + other.count[i]!;
      addTo(sum, carry, into, other.sum[i]!, other.carry[i]!);
      min[into] = Math.min(min[into]!, other.min[i]!);
      max[into] = Math.max(max[into]!, other.max[i]!);
      const at = other.lastAt[i]!;
      if (at > lastAt[into]!) {
        lastAt[into] = at;
        last[into] = other.last[i]!;
      } else if (at === lastAt[into]) last[into] = Math.max(last[into]!, other.last[i]!);
      const more = huge?.get(i);
      if (more !== undefined) this.addHuge(into, more);
    }
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
