// The samples that PromQL reads, of the Source: those that minutes keep, and their end marks. Of a minute
// that keeps a bucket, since it had more, the first and the last point are read, and an answer says so.

import * as LIMITS from "../../../core/limits.ts";
import { BUCKET, type Minutes } from "../../../core/minutes.ts";
import { METRIC_NAME, type Series, type Source } from "../../../core/query/source.ts";
import type { TooLarge } from "../../../core/query/read-error.ts";
import type { SampleSource, SamplesFound, TakeSeries } from "../../../core/promql/source.ts";
import { ok } from "../../../core/result.ts";
import { canonicalLabels } from "../../../core/series/labels.ts";
import { MINUTE } from "../../../core/tiers.ts";

const NONE: SamplesFound = { infos: [], warnings: [] };

/** `now`: Unix ms; nothing is looked for later than points may be. */
export const samplesOf = (source: Source, now: number): SampleSource => ({
  async select({ matchers, from, to }, take) {
    const range = { from, to: Math.min(to, now + LIMITS.aheadMs + MINUTE) };
    if (range.from >= range.to) return ok(NONE);
    const found = new Samples(range.from, range.to);
    const selected = await source.minutes({ matchers, ...range }, (series, minutes, first, end) =>
      found.add(series, minutes, first, end),
    );
    if (!selected.ok) return selected;
    found.handOut(take);
    const { keptFrom, unreadable } = selected.value;
    return ok({
      infos: found.collapsed
        ? [
            "of minutes with more points than are kept one by one only the first and the last are read",
          ]
        : [],
      warnings: [
        ...(keptFrom > from && found.size > 0
          ? [
              `points before ${new Date(keptFrom).toISOString()} are kept no longer by the minute, and not read`,
            ]
          : []),
        ...(unreadable.length > 0
          ? [
              `${unreadable.length} parts of what is stored could not be read, the first: ${unreadable[0]!.message}`,
            ]
          : []),
      ],
    });
  },
});

interface Column {
  readonly series: Series;
  times: Float64Array;
  values: Float64Array;
  length: number;
  /** Whether they came in the order of time so far, each time once. */
  inOrder: boolean;
  /** End marks, as they come. */
  readonly ends: number[];
}

/** Samples by series, as they come: in any order. */
class Samples {
  /** Whether any minute keeps a bucket. */
  collapsed = false;
  /** Of all series together. */
  size = 0;
  readonly #from: number;
  readonly #to: number;
  readonly #columns = new Map<string, Column>();
  /** The same object is the same series. */
  readonly #known = new WeakMap<Series, Column>();

  constructor(from: number, to: number) {
    this.#from = from;
    this.#to = to;
  }

  add(series: Series, minutes: Minutes, first: number, end: number): TooLarge | undefined {
    const column = this.#of(series);
    const { start, kept, offset, value, stride, buckets } = minutes;
    for (let row = first; row < end; row++) {
      const at = start[row]!;
      const n = kept[row]!;
      if (n === BUCKET) {
        const bucket = minutes.bucketOf(row);
        this.collapsed = true;
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
          what: "samples that an expression reads at once",
          ways: [{ way: "series", most: Math.max(1, this.#columns.size - 1), equality: false }],
        }
      : undefined;
  }

  handOut(take: TakeSeries): void {
    for (const column of this.#columns.values()) {
      const { times, values } = ordered(column);
      if (times.length === 0 && column.ends.length === 0) continue;
      const { metric, labels: own } = column.series;
      const labels = canonicalLabels([[METRIC_NAME, metric], ...own]);
      const ends = Float64Array.from(new Set(column.ends)).sort();
      take({ labels, times, values, ends });
    }
    this.#columns.clear();
  }

  #of(series: Series): Column {
    const known = this.#known.get(series);
    if (known !== undefined) return known;
    const key = series.metric + JSON.stringify(series.labels);
    let column = this.#columns.get(key);
    if (column === undefined) {
      const [times, values] = [new Float64Array(16), new Float64Array(16)];
      column = { series, times, values, length: 0, inOrder: true, ends: [] };
      this.#columns.set(key, column);
    }
    this.#known.set(series, column);
    return column;
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

/** Ascending, of one time the largest value: as `last` is. */
function ordered({ times, values, length, inOrder }: Column): {
  times: Float64Array;
  values: Float64Array;
} {
  if (inOrder) return { times: times.subarray(0, length), values: values.subarray(0, length) };
  const order = Uint32Array.from({ length }, (_, i) => i);
  order.sort((a, b) => times[a]! - times[b]! || values[a]! - values[b]!);
  const out = { times: new Float64Array(length), values: new Float64Array(length) };
  let size = 0;
  for (const row of order) {
    if (size > 0 && out.times[size - 1] === times[row]) size--;
    out.times[size] = times[row]!;
    out.values[size++] = values[row]!;
  }
  return { times: out.times.subarray(0, size), values: out.values.subarray(0, size) };
}
