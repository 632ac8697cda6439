// Minutes of series: each keeps its samples while they are few, and the bucket of them when they were
// more. A second step before buckets, of the same algebra; it must not know series or storage.

import { Buckets } from "./bucket.ts";
import { addSamples, type Samples } from "./bucket-samples.ts";
import * as LIMITS from "./limits.ts";
import { isAfter, repeat, resized } from "./sample-places.ts";

/** In `kept`: the minute had more samples than the limit, and keeps a bucket. */
export const BUCKET = 255;

/**
 * A columnar list of minutes, each with its start (Unix ms, a whole minute).
 *
 * A row keeps the samples of its minute as long as they are `limit` or fewer, and else their bucket;
 * besides, when the series was said to have ended, the latest time of that: its end mark, which is no
 * sample. Each row is a commutative monoid: a pushed row is the identity, `add` takes a sample or an
 * end mark in, `merge` another row. Whether it keeps samples depends on their number alone, and they
 * stand in one order; so any order and any grouping give the same row: samples and end marks bit for
 * bit, buckets as in `Buckets`; their rise is what they alone say of it, which no order changes. Of a
 * minute that keeps its samples it is exact.
 */
export class Minutes {
  /** May be set back. */
  length = 0;
  /** Most samples that a minute keeps: 0 … LIMITS.samplesPerMinute. */
  readonly limit: number;
  start: Float64Array;
  /** How many samples a row keeps, or BUCKET. */
  kept: Uint8Array;
  /** Places of a row in the two columns below: samples of row r begin at r · stride. */
  stride = 1;
  /** Of a sample: ms after the start of its minute. */
  offset: Uint16Array;
  /** Of a sample: its value. Of a row that keeps a bucket, its first place has that one's row. */
  value: Float64Array;
  /** Of rows that keep one; mostly there are none. */
  #buckets: Buckets | undefined;
  /** End marks by row, Unix ms; next to no minute has one. */
  #ends: Map<number, number> | undefined;
  /** Rows before it are regular, as `isRegular` says. */
  #regular = 0;
  /** `offset` has of rows before it, there or not, what it has of the first. */
  #alike = 0;

  constructor(limit: number, capacity = 16) {
    if (!(limit >= 0 && limit <= LIMITS.samplesPerMinute))
      throw new Error(
        `a minute cannot keep ${limit}, only 0 to ${LIMITS.samplesPerMinute} samples`,
      );
    this.limit = limit;
    this.start = new Float64Array(capacity);
    this.kept = new Uint8Array(capacity);
    this.offset = new Uint16Array(capacity);
    this.value = new Float64Array(capacity);
  }

  /** Buckets of rows that keep one. */
  get buckets(): Buckets {
    return (this.#buckets ??= new Buckets());
  }

  /** Appends the identity for the minute that starts at `start`; returns its row. */
  push(start: number): number {
    const row = this.length;
    this.#regular = Math.min(this.#regular, row);
    if (row === this.start.length) this.#resize(Math.max(16, row * 2), this.stride);
    // What was behind is forgotten.
    if (row === 0 && this.#buckets !== undefined) this.#buckets.length = 0;
    this.#ends?.delete(row);
    this.start[row] = start;
    this.kept[row] = 0;
    this.length = row + 1;
    return row;
  }

  /** Takes a finite value in; NaN is an end mark. `at` is Unix ms, within the minute of the row. */
  add(row: number, value: number, at: number): void {
    if (Number.isNaN(value)) this.#end(row, at);
    else if (this.kept[row]! < this.limit) this.#insert(row, at - this.start[row]!, value);
    else {
      const bucket = this.#collapsed(row);
      const { buckets } = this;
      buckets.add(bucket, value, at);
      buckets.seeRise(bucket);
    }
  }

  /** Whether a row keeps that very sample, bit for bit. Of a minute that keeps a bucket nobody knows. */
  keeps(row: number, value: number, at: number): boolean {
    const n = this.kept[row]!;
    if (n === 0 || n === BUCKET) return false;
    const offset = at - this.start[row]!;
    const first = row * this.stride;
    // A repeat is mostly of the last.
    for (let i = first + n - 1; i >= first && this.offset[i]! >= offset; i--)
      if (this.offset[i] === offset && Object.is(this.value[i], value)) return true;
    return false;
  }

  /**
   * Merges row `otherRow` of `other`, which has the same start, into a row of this. `other` may be this,
   * with another row.
   */
  merge(row: number, other: Minutes, otherRow: number): void {
    const n = this.kept[row]!;
    const m = other.kept[otherRow]!;
    if (n + m <= this.limit) while (this.stride < n + m) this.#widen();
    const from = otherRow * other.stride;
    if (m === BUCKET || n + m > this.limit) {
      const bucket = this.#collapsed(row);
      if (m === BUCKET) this.buckets.merge(bucket, other.buckets, other.value[from]!);
      else addSamples(this.buckets, bucket, this.start[row]!, other, from, m);
      this.buckets.seeRise(bucket);
    } else
      for (let i = from; i < from + m; i++) this.#insert(row, other.offset[i]!, other.value[i]!);
    const end = other.#ends?.get(otherRow);
    if (end !== undefined) this.#end(row, end);
  }

  /** Appends a copy of a row of `other`; returns its row. */
  pushCopy(other: Minutes, otherRow: number): number {
    const row = this.push(other.start[otherRow]!);
    this.merge(row, other, otherRow);
    return row;
  }

  /**
   * Appends a minute with `n` samples, those of `samples` from `from` on, which stand in order.
   * Returns its row.
   */
  pushSamples(start: number, samples: Samples, from: number, n: number): number {
    const row = this.push(start);
    if (n > this.limit) {
      const bucket = this.#collapsed(row);
      addSamples(this.buckets, bucket, start, samples, from, n);
      this.buckets.seeRise(bucket);
      return row;
    }
    while (this.stride < n) this.#widen();
    this.#alike = Math.min(this.#alike, row);
    const to = row * this.stride;
    for (let i = 0; i < n; i++) {
      this.offset[to + i] = samples.offset[from + i]!;
      this.value[to + i] = samples.value[from + i]!;
    }
    this.kept[row] = n;
    return row;
  }

  /** Appends n minutes with k samples each, 1 … `limit`, at the first k of `offset`: what most are, by column. */
  pushRegular(
    n: number,
    starts: Float64Array,
    k: number,
    samples: { readonly offset: Float64Array; readonly value: Float64Array },
  ): void {
    const row = this.length;
    if (row === 0) {
      // What was behind is forgotten.
      if (this.#buckets !== undefined) this.#buckets.length = 0;
      this.#ends?.clear();
      if (k !== this.stride && k * this.start.length <= this.offset.length) {
        this.stride = k;
        this.#alike = 0;
      }
    }
    while (this.stride < k) this.#widen();
    if (row + n > this.start.length)
      this.#resize(Math.max(row + n, 2 * this.start.length), this.stride);
    for (let at = row; at < row + n; at++) this.#ends?.delete(at);
    this.length = row + n;
    const { start, kept, stride, offset, value } = this;
    start.set(starts.subarray(0, n), row);
    kept.fill(k, row, row + n);
    if (stride === k) value.set(samples.value.subarray(0, n * k), row * k);
    else
      for (let i = 0; i < n; i++)
        value.set(samples.value.subarray(i * k, (i + 1) * k), (row + i) * stride);
    let isLike = stride === k && row <= this.#alike && this.#alike > 0;
    for (let i = 0; i < k && isLike; i++) isLike = offset[i] === samples.offset[i];
    if (!isLike || this.#alike < row + n) {
      repeat(
        samples.offset.subarray(0, k),
        offset.subarray(row * stride, (row + n) * stride),
        stride,
      );
      isLike ||= row === 0 && stride === k;
      this.#alike = isLike ? row + n : Math.min(this.#alike, row);
    }
    this.#regular = isLike && this.#regular >= row ? row + n : Math.min(this.#regular, row);
  }

  /** Whether rows before `end` keep `stride` samples each, as long after their starts, and no end mark. */
  isRegular(end: number): boolean {
    return end <= this.#regular;
  }

  /** Appends a minute that keeps a bucket: a row of `buckets`. Returns its row. */
  pushBucket(start: number, buckets: Buckets, bucketRow: number): number {
    const row = this.push(start);
    this.buckets.merge(this.#collapsed(row), buckets, bucketRow);
    return row;
  }

  /** Points of a row. */
  count(row: number): number {
    const n = this.kept[row]!;
    return n === BUCKET ? this.buckets.count[this.bucketOf(row)]! : n;
  }

  /** The row of `buckets` that is the bucket of a row which keeps one. */
  bucketOf(row: number): number {
    return this.value[row * this.stride]!;
  }

  /** When the series was said to have ended within the minute of a row, Unix ms; undefined: not. */
  endOf(row: number): number | undefined {
    return this.#ends?.get(row);
  }

  /** Merges the bucket of a row into a row of `into`. A minute without points changes nothing. */
  bucketInto(row: number, into: Buckets, intoRow: number): void {
    const n = this.kept[row]!;
    if (n === 0) return;
    if (n === BUCKET) {
      into.merge(intoRow, this.buckets, this.bucketOf(row));
      return;
    }
    const whole = into.count[intoRow] === 0;
    if (!whole) single.clear(0);
    addSamples(
      whole ? into : single,
      whole ? intoRow : 0,
      this.start[row]!,
      this,
      row * this.stride,
      n,
    );
    if (!whole) into.merge(intoRow, single, 0);
  }

  #end(row: number, at: number): void {
    this.#regular = Math.min(this.#regular, row);
    this.#ends ??= new Map();
    this.#ends.set(row, Math.max(at, this.#ends.get(row) ?? -Infinity));
  }

  /** Puts a sample to its place among fewer than `limit`. */
  #insert(row: number, offset: number, value: number): void {
    const n = this.kept[row]!;
    this.#regular = Math.min(this.#regular, row);
    this.#alike = Math.min(this.#alike, row);
    if (n === this.stride) this.#widen();
    const first = row * this.stride;
    // Mostly the last.
    let i = first + n;
    for (; i > first && isAfter(this.offset[i - 1]!, this.value[i - 1]!, offset, value); i--) {
      this.offset[i] = this.offset[i - 1]!;
      this.value[i] = this.value[i - 1]!;
    }
    this.offset[i] = offset;
    this.value[i] = value;
    this.kept[row] = n + 1;
  }

  /** The bucket of a row, which keeps no samples from now on. */
  #collapsed(row: number): number {
    const n = this.kept[row]!;
    if (n === BUCKET) return this.bucketOf(row);
    this.#regular = Math.min(this.#regular, row);
    const from = row * this.stride;
    const bucket = this.buckets.push(this.start[row]!);
    addSamples(this.buckets, bucket, this.start[row]!, this, from, n);
    this.kept[row] = BUCKET;
    this.value[from] = bucket;
    return bucket;
  }

  /** Room for more samples a row. */
  #widen(): void {
    this.#resize(this.start.length, Math.min(this.limit, this.stride * 2));
  }

  #resize(capacity: number, stride: number): void {
    const { length, stride: before } = this;
    this.#regular = stride === before ? Math.min(this.#regular, length) : 0;
    this.#alike = this.#regular;
    this.offset = resized(this.offset, new Uint16Array(capacity * stride), length, before, stride);
    this.value = resized(this.value, new Float64Array(capacity * stride), length, before, stride);
    this.stride = stride;
    if (capacity === this.start.length) return;
    this.start = resized(this.start, new Float64Array(capacity), length);
    this.kept = resized(this.kept, new Uint8Array(capacity), length);
  }
}

/** The bucket of one minute, to be merged into another. */
const single = new Buckets(1);
single.push(0);
