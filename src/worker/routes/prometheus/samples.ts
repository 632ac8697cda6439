// The samples that PromQL reads, of the Source: of each minute of a series its last point, at its own
// time. Whoever reports once a minute or slower is read without loss; of others an answer says so.

import * as LIMITS from "../../../core/limits.ts";
import type { Buckets } from "../../../core/bucket.ts";
import { METRIC_NAME, type Series, type Source } from "../../../core/query/source.ts";
import type { TooLarge } from "../../../core/query/read-error.ts";
import type { SampleSource, SamplesFound, TakeSeries } from "../../../core/promql/source.ts";
import { ok } from "../../../core/result.ts";
import { canonicalLabels } from "../../../core/series/labels.ts";
import { MINUTE } from "../../../core/tiers.ts";

const NONE: SamplesFound = { infos: [], warnings: [] };
const NO_ENDS = new Float64Array(0);

/** `now`: Unix ms; nothing is looked for later than points may be. */
export const samplesOf = (source: Source, now: number): SampleSource => ({
  async select({ matchers, from, to }, take) {
    const range = { from, to: Math.min(to, now + LIMITS.aheadMs + MINUTE) };
    if (range.from >= range.to) return ok(NONE);
    const found = new Minutes(range.from, range.to);
    const selected = await source.select(
      { matchers, ...range, tier: "minute" },
      (series, buckets, first, end) => found.add(series, buckets, first, end),
    );
    if (!selected.ok) return selected;
    found.handOut(take);
    const { keptFrom, unreadable } = selected.value;
    return ok({
      infos: found.merged ? ["of minutes with several points only the last is read"] : [],
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
  /** Starts of minutes, in the order in which they came. */
  starts: Float64Array;
  times: Float64Array;
  values: Float64Array;
  length: number;
}

/** Minutes by series, as they come: in any order, and of one minute several times. */
class Minutes {
  /** Whether any minute has several points. */
  merged = false;
  /** Of all series together. */
  size = 0;
  readonly #from: number;
  readonly #to: number;
  readonly #series = new Map<string, { readonly series: Series; readonly column: Column }>();

  constructor(from: number, to: number) {
    this.#from = from;
    this.#to = to;
  }

  add(series: Series, buckets: Buckets, first: number, end: number): TooLarge | undefined {
    const key = series.metric + JSON.stringify(series.labels);
    let known = this.#series.get(key);
    if (known === undefined) this.#series.set(key, (known = { series, column: newColumn() }));
    const { column } = known;
    for (let row = first; row < end; row++) {
      const at = buckets.lastAt[row]!;
      if (at < this.#from || at >= this.#to) continue;
      if (buckets.count[row]! > 1) this.merged = true;
      push(column, buckets.start[row]!, at, buckets.last[row]!);
      this.size++;
    }
    return this.size > LIMITS.bucketsPerQuery
      ? {
          kind: "too_large",
          limit: "bucketsPerQuery",
          value: LIMITS.bucketsPerQuery,
          what: "minutes that an expression reads at once",
          ways: [{ way: "series", most: Math.max(1, this.#series.size - 1), equality: false }],
        }
      : undefined;
  }

  handOut(take: TakeSeries): void {
    for (const { series, column } of this.#series.values()) {
      const { times, values } = this.#ordered(column);
      if (times.length === 0) continue;
      const labels = canonicalLabels([[METRIC_NAME, series.metric], ...series.labels]);
      take({ labels, times, values, ends: NO_ENDS });
    }
    this.#series.clear();
  }

  /** Ascending, of each minute the latest. */
  #ordered({ starts, times, values, length }: Column): {
    times: Float64Array;
    values: Float64Array;
  } {
    const order = Uint32Array.from({ length }, (_, i) => i);
    order.sort((a, b) => times[a]! - times[b]! || values[a]! - values[b]!);
    const out = { times: new Float64Array(length), values: new Float64Array(length) };
    let size = 0;
    for (const [i, row] of order.entries()) {
      const next = order[i + 1];
      if (next !== undefined && starts[next] === starts[row]) {
        this.merged = true;
        continue;
      }
      out.times[size] = times[row]!;
      out.values[size++] = values[row]!;
    }
    return { times: out.times.subarray(0, size), values: out.values.subarray(0, size) };
  }
}

const newColumn = (): Column => ({
  starts: new Float64Array(16),
  times: new Float64Array(16),
  values: new Float64Array(16),
  length: 0,
});

function push(column: Column, start: number, at: number, value: number): void {
  if (column.length === column.times.length)
    for (const name of ["starts", "times", "values"] as const) {
      const grown = new Float64Array(2 * column.length);
      grown.set(column[name]);
      column[name] = grown;
    }
  column.starts[column.length] = start;
  column.times[column.length] = at;
  column.values[column.length++] = value;
}
