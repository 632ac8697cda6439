// The one algebra of Minuet: what is kept of the points of one series in one period.
// Accumulating, sealing, flushing, rolling up, grouping and joining the head are all `merge`.
// It must not know about tiers, series or storage.

/** One bucket, as a plain value. `avg = sum / count` is computed only when shown. */
export interface Bucket {
  readonly count: number;
  /** Sum of the values, rounded to the nearest double; saturates at ±Number.MAX_VALUE. */
  readonly sum: number;
  /** What rounding took from `sum`: the true sum is `sum + carry`, |carry| ≤ ulp(sum) / 2. */
  readonly carry: number;
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
 * and lastAt bit for bit, sum + carry to twice the precision of a double (Knuth's TwoSum with the
 * error term kept, "double-double"), so that 1e16 + 1 − 1e16 is 1 whatever the order.
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
    this.count[row] = 0;
    this.sum[row] = 0;
    this.carry[row] = 0;
    this.min[row] = Infinity;
    this.max[row] = -Infinity;
    this.last[row] = -Infinity;
    this.lastAt[row] = -Infinity;
    this.length = row + 1;
    return row;
  }

  /** Takes one finite value into a row. `at` is Unix ms. */
  add(row: number, value: number, at: number): void {
    this.count[row] = this.count[row]! + 1;
    this.#addSum(row, value, 0);
    this.min[row] = Math.min(this.min[row]!, value);
    this.max[row] = Math.max(this.max[row]!, value);
    this.#addLast(row, value, at);
  }

  /** Merges row `otherRow` of `other` into a row of this. */
  merge(row: number, other: Buckets, otherRow: number): void {
    this.count[row] = this.count[row]! + other.count[otherRow]!;
    this.#addSum(row, other.sum[otherRow]!, other.carry[otherRow]!);
    this.min[row] = Math.min(this.min[row]!, other.min[otherRow]!);
    this.max[row] = Math.max(this.max[row]!, other.max[otherRow]!);
    this.#addLast(row, other.last[otherRow]!, other.lastAt[otherRow]!);
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
    return row;
  }

  /** Appends a bucket given as a value; returns its row. */
  pushBucket(start: number, bucket: Bucket): number {
    const row = this.push(start);
    this.count[row] = bucket.count;
    this.sum[row] = bucket.sum;
    this.carry[row] = bucket.carry;
    this.min[row] = bucket.min;
    this.max[row] = bucket.max;
    this.last[row] = bucket.last;
    this.lastAt[row] = bucket.lastAt;
    return row;
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
    };
  }

  #addSum(row: number, hi: number, lo: number): void {
    const a = this.sum[row]!;
    const sum = a + hi;
    if (sum - sum !== 0) {
      // Overflow: saturate, since an infinite sum could not come back from a later negative one.
      this.sum[row] = sum > 0 ? Number.MAX_VALUE : -Number.MAX_VALUE;
      this.carry[row] = 0;
      return;
    }
    const bb = sum - a;
    const error = a - (sum - bb) + (hi - bb) + this.carry[row]! + lo;
    const rounded = sum + error;
    this.sum[row] = rounded;
    this.carry[row] = error - (rounded - sum);
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
