// Samples of minutes, as columns by group: for whoever reads single points. Rows go in, in any order; it must
// not know where they come from.

import * as LIMITS from "../limits.ts";
import { BUCKET, type Minutes } from "../minutes.ts";
import type { Labels } from "../series/labels.ts";
import { MINUTE } from "../tiers.ts";
import type { TooLarge } from "./read-error.ts";
import type { Series } from "./source.ts";

/** The samples of a group, ascending by time. */
export interface SampleGroup {
  readonly labels: Labels;
  /** Unix ms. */
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** End marks, Unix ms, ascending: the series ended then, until its next sample. */
  readonly ends: Float64Array;
}

interface Column {
  readonly labels: Labels;
  times: Float64Array;
  values: Float64Array;
  length: number;
  /** Whether they came in the order of time so far, each time once. */
  inOrder: boolean;
  /** End marks, as they come. */
  readonly ends: number[];
}

/** What is read of a minute that keeps a bucket: nothing, or its first and its last point. */
export type OfBuckets = "nothing" | "ends";

/** The minutes that keep a bucket. */
export interface Collapsed {
  readonly minutes: number;
  /** From the first to the end of the last, Unix ms. */
  readonly from: number;
  readonly to: number;
}

/** Samples by group, of rows that come in any order. */
export class Samples {
  /** Minutes that keep a bucket; undefined: none does. */
  collapsed: Collapsed | undefined;
  /** Of all groups together. */
  size = 0;
  readonly #from: number;
  readonly #to: number;
  readonly #labelsOf: (series: Series) => Labels;
  readonly #ofBuckets: OfBuckets;
  readonly #columns = new Map<string, Column>();
  /** The same object is the same series. */
  readonly #known = new WeakMap<Series, Column>();

  /** Of [from, to), Unix ms; series with the same labels are one group. */
  constructor(
    { from, to }: { readonly from: number; readonly to: number },
    ofBuckets: OfBuckets,
    labelsOf: (series: Series) => Labels,
  ) {
    this.#from = from;
    this.#to = to;
    this.#ofBuckets = ofBuckets;
    this.#labelsOf = labelsOf;
  }

  add(series: Series, minutes: Minutes, first: number, end: number): TooLarge | undefined {
    const column = this.#of(series);
    const { start, kept, offset, value, stride, buckets } = minutes;
    for (let row = first; row < end; row++) {
      const at = start[row]!;
      const n = kept[row]!;
      if (n === BUCKET) {
        this.#collapse(at);
        if (this.#ofBuckets === "nothing") continue;
        const bucket = minutes.bucketOf(row);
        this.#push(column, buckets.firstAt[bucket]!, buckets.first[bucket]!);
        this.#push(column, buckets.lastAt[bucket]!, buckets.last[bucket]!);
      } else {
        const from = row * stride;
        for (let i = from; i < from + n; i++) this.#push(column, at + offset[i]!, value[i]!);
      }
      const ended = minutes.endOf(row);
      if (ended !== undefined && this.#isAsked(ended)) column.ends.push(ended);
    }
    return this.size > LIMITS.bucketsPerQuery
      ? {
          kind: "too_large",
          limit: "bucketsPerQuery",
          value: LIMITS.bucketsPerQuery,
          what: "samples that are read at once",
          ways: [{ way: "series", most: Math.max(1, this.#columns.size - 1), equality: false }],
        }
      : undefined;
  }

  /** Those that have any. Points of one time are one with the largest value, unless `each` is to be seen. */
  *groups(each = false): Generator<SampleGroup> {
    for (const column of this.#columns.values()) {
      const { times, values } = ordered(column, each);
      if (times.length === 0 && column.ends.length === 0) continue;
      const ends = Float64Array.from(new Set(column.ends)).sort();
      yield { labels: column.labels, times, values, ends };
    }
  }

  #of(series: Series): Column {
    const known = this.#known.get(series);
    if (known !== undefined) return known;
    const labels = this.#labelsOf(series);
    const key = JSON.stringify(labels);
    let column = this.#columns.get(key);
    if (column === undefined) {
      const [times, values] = [new Float64Array(16), new Float64Array(16)];
      column = { labels, times, values, length: 0, inOrder: true, ends: [] };
      this.#columns.set(key, column);
    }
    this.#known.set(series, column);
    return column;
  }

  #collapse(start: number): void {
    if (start + MINUTE <= this.#from || start >= this.#to) return;
    const { minutes, from, to } = this.collapsed ?? { minutes: 0, from: Infinity, to: -Infinity };
    this.collapsed = {
      minutes: minutes + 1,
      from: Math.min(from, start),
      to: Math.max(to, start + MINUTE),
    };
  }

  #isAsked(at: number): boolean {
    return at >= this.#from && at < this.#to;
  }

  #push(column: Column, at: number, value: number): void {
    if (!this.#isAsked(at)) return;
    const { length } = column;
    if (length === column.times.length)
      for (const name of ["times", "values"] as const) {
        const grown = new Float64Array(2 * length);
        grown.set(column[name]);
        column[name] = grown;
      }
    if (length > 0 && at <= column.times[length - 1]!) column.inOrder = false;
    column.times[length] = at;
    column.values[length] = value;
    column.length++;
    this.size++;
  }
}

/** Ascending by time, then value; of one time the largest value, as `last` is, unless `each` is asked for. */
function ordered(
  { times, values, length, inOrder }: Column,
  each: boolean,
): {
  times: Float64Array;
  values: Float64Array;
} {
  if (inOrder) return { times: times.subarray(0, length), values: values.subarray(0, length) };
  const order = Uint32Array.from({ length }, (_, i) => i);
  order.sort((a, b) => times[a]! - times[b]! || values[a]! - values[b]!);
  const out = { times: new Float64Array(length), values: new Float64Array(length) };
  let size = 0;
  for (const row of order) {
    if (!each && size > 0 && out.times[size - 1] === times[row]) size--;
    out.times[size] = times[row]!;
    out.values[size++] = values[row]!;
  }
  return { times: out.times.subarray(0, size), values: out.values.subarray(0, size) };
}
