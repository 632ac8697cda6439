// Buckets of a tier under a window that moves over a series, as window.ts has it of samples.
//
// A bucket is in the window that its last point is in: so each is in one of windows that follow each other,
// nothing of it is later than the step, and the bucket that is still filling counts. Of a window (t − range, t]
// whose ends are those of buckets these are the whole buckets [t − range, t): points at t itself are in the
// next bucket, and count with it.

import { type Bucket, Buckets } from "../bucket.ts";
import { stepOf } from "../rise.ts";
import type { BucketSeries } from "./source.ts";

/** What is known of the points of a window by its buckets' ends alone. */
export type Ends = Pick<Bucket, "count" | "first" | "firstAt" | "last" | "lastAt" | "rise">;

export interface BucketWindow {
  /** All buckets of the window as one, but for the rise; there is one at least. */
  merged(): Bucket;
  /** The same without what takes time; its rise is that of a counter. */
  ends(): Ends;
  /** Unix ms: what the buckets are of, (from, to]. */
  readonly from: number;
  readonly to: number;
  /** The range that is asked for, ms. */
  readonly range: number;
  /** Of the window, in which part of it falls what grows with time: 1 when the range is a bucket at least. */
  readonly share: number;
}

/** The value of a window; undefined: none. */
export type BucketBody = (window: BucketWindow) => number | undefined;

/** The range that is read for one of `range` ms: whole buckets, one at least. */
export const wholeRange = (range: number, width: number): number =>
  Math.max(1, Math.round(range / width)) * width;

/** The rows of a series that are in a window, which moves on to later ones: one object for all, not to be kept. */
export class BucketRows implements BucketWindow {
  /** Rows [first, end); of them there is one at least where `moveTo` says so. */
  first = 0;
  end = 0;
  /** As `window` was told. */
  from = 0;
  to = 0;
  range = 0;
  share = 1;
  readonly #series: BucketSeries;
  readonly #range: number;
  /** The first row that is not before the window. */
  #next = 0;

  /** `range`: ms; where times lie between edges of buckets, a bucket at least. */
  constructor(series: BucketSeries, range: number) {
    this.#series = series;
    this.#range = range;
  }

  /** Moves to the window that ends at `to`, Unix ms, and says whether there is anything in it. */
  moveTo(to: number): boolean {
    const { buckets, width } = this.#series;
    const { lastAt, start, length } = buckets;
    while (this.end < length && lastAt[this.end]! <= to) this.end++;
    while (this.#next < this.end && lastAt[this.#next]! <= to - this.#range) this.#next++;
    this.first = this.#next;
    if (this.first < this.end) return true;
    // Between two buckets the one before is seen, however early its last point was.
    const before = this.end - 1;
    if (before < 0 || to % width === 0 || start[before]! + 2 * width <= to) return false;
    this.first = before;
    return true;
  }

  /** Buckets of the window. */
  get size(): number {
    return this.end - this.first;
  }

  /** The rows as the window that ends at `to`, for one of `range` ms. */
  window(to: number, range: number): BucketWindow {
    const { buckets, width } = this.#series;
    const begins = to - this.#range;
    const slot = Math.floor(begins / width) * width;
    const from = begins === slot || buckets.start[this.first]! <= slot ? slot : slot + width;
    const isFilling = buckets.start[this.end - 1]! + width > to;
    const end = isFilling ? to : Math.floor(to / width) * width;
    this.from = from;
    this.to = end;
    this.range = range;
    this.share = range < width ? Math.min(1, range / (end - from)) : 1;
    return this;
  }

  merged(): Bucket {
    whole.clear(0);
    whole.mergeRows(0, 0, this.#series.buckets, this.first, this.end);
    return whole.at(0);
  }

  ends(): Ends {
    const { buckets } = this.#series;
    const { first, end } = this;
    let count = 0;
    let rise = 0;
    for (let row = first; row < end; row++) {
      count += buckets.count[row]!;
      rise += buckets.rise[row]!;
    }
    // The step into the first one is not a part of the window.
    if (first > 0) rise -= stepOf(buckets.last[first - 1]!, buckets.first[first]!);
    return {
      count,
      first: buckets.first[first]!,
      firstAt: buckets.firstAt[first]!,
      last: buckets.last[end - 1]!,
      lastAt: buckets.lastAt[end - 1]!,
      rise,
    };
  }
}

/** What is being merged. */
const whole = new Buckets(1);
whole.push(0);
