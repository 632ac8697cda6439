// The buckets of a tier as series of a query: rows go in as a source hands them out, in any order; series
// come out, one by one. It must not know where they come from.

import type { Buckets } from "../bucket.ts";
import { overHeld } from "../query/held.ts";
import { Increases } from "../query/increase.ts";
import { Merge } from "../query/merge.ts";
import type { Plan } from "../query/plan.ts";
import type { TooLarge } from "../query/read-error.ts";
import { shelfOf } from "../query/shelf.ts";
import { METRIC_NAME, type Series } from "../query/source.ts";
import { canonicalLabels, type Labels } from "../series/labels.ts";
import type { BucketSeries } from "./source.ts";

/**
 * Buckets that lie about, some 12 MB: a year of 14 series by the hour. To pack what is beyond takes longer than all
 * else that is done with it; with room for more, a query of the most buckets would take more than half of its memory.
 */
const ROOM = 131_072;

export class TierSeries {
  readonly #plan: Plan;
  readonly #merge: Merge;
  readonly #increases: Increases | undefined;
  /** The same object is the same series. */
  readonly #labels = new WeakMap<Series, Labels>();

  /** `withRise`: whether buckets are to say what counters rose. */
  constructor(plan: Plan, withRise: boolean) {
    this.#plan = plan;
    this.#merge = new Merge(plan, "*", shelfOf(plan, ROOM));
    if (withRise)
      this.#increases = new Increases(plan, (labels, at, amount) =>
        this.#merge.raise(labels, at, amount),
      );
  }

  add(series: Series, buckets: Buckets, first: number, end: number): TooLarge | undefined {
    let labels = this.#labels.get(series);
    if (labels === undefined) {
      labels = canonicalLabels([[METRIC_NAME, series.metric], ...series.labels]);
      this.#labels.set(series, labels);
    }
    this.#merge.add(labels, buckets, first, end);
    this.#increases?.add(labels, buckets, first, end);
    return overHeld(this.#merge, () => []);
  }

  /** About what they take in memory. */
  get bytes(): number {
    return this.#merge.bytes + (this.#increases?.bytes ?? 0);
  }

  /** All series, once. The buckets of one are good until the next is asked for. */
  *series(): Generator<BucketSeries> {
    this.#increases?.finish();
    const width = this.#plan.step;
    for (const { labels, buckets } of this.#merge.ranked(Infinity).groups)
      yield { labels, buckets: buckets(), width };
  }
}
