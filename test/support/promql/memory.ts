// Samples in memory as the source of a query: what tests and benchmarks ask.

import type { SampleSource } from "../../../src/core/promql/source.ts";
import { keyOf } from "../../../src/core/promql/labels.ts";
import { Work } from "../../../src/core/query/matcher.ts";
import { ok } from "../../../src/core/result.ts";
import type { Labels } from "../../../src/core/series/labels.ts";

export interface StoredSeries {
  readonly labels: Labels;
  /** Ascending, Unix ms. */
  readonly times: number[];
  readonly values: number[];
  readonly ends: number[];
}

export class Memory {
  readonly #series = new Map<string, StoredSeries>();

  get series(): Iterable<StoredSeries> {
    return this.#series.values();
  }

  /** The series of these labels, which have the metric's name as __name__. */
  of(labels: Labels): StoredSeries {
    const key = keyOf(labels);
    let series = this.#series.get(key);
    if (series === undefined)
      this.#series.set(key, (series = { labels, times: [], values: [], ends: [] }));
    return series;
  }

  clear(): void {
    this.#series.clear();
  }

  readonly source: SampleSource = {
    select: async ({ matchers, from, to }, take) => {
      let before = new Float64Array(0);
      for (const { labels, times, values, ends } of this.series) {
        if (!new Work().matches(matchers, labels)) continue;
        const within = (at: number): boolean => at >= from && at < to;
        const kept = times.flatMap((at, i) => (within(at) ? [i] : []));
        // As the real one does: of series that are alike they are the same.
        const own = Float64Array.from(kept, (i) => times[i]!);
        if (own.length !== before.length || own.some((at, i) => at !== before[i])) before = own;
        await take({
          labels,
          times: before,
          values: Float64Array.from(kept, (i) => values[i]!),
          ends: Float64Array.from(ends.filter(within)),
        });
      }
      return ok({ infos: [], warnings: [] });
    },
  };
}
