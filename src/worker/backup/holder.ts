// Holds what an export reads of some series of a metric, in bounds: of more than that, it says so and reads on.

import { Buckets } from "../../core/bucket.ts";
import * as LIMITS from "../../core/limits.ts";
import { anyOf } from "../../core/query/matcher.ts";
import type { ReadError } from "../../core/query/read-error.ts";
import { METRIC_NAME, type Rows, type Series } from "../../core/query/source.ts";
import { type Labels, labelsJson } from "../../core/series/labels.ts";
import { shardOf } from "../../core/series/route.ts";

/** Parts of the most series that a metric may have, of each some 25: an hour of these is little. */
const MOST_PARTS = 1_024;

/** Those of the series whose hash is `of` modulo `parts`. */
export interface Part {
  readonly of: number;
  readonly parts: number;
}

/** Holds what is handed out of some series, in any order. */
export class Holder {
  readonly asked: { readonly metric: string; readonly samplesPerMinute: number };
  readonly matchers;
  readonly #part: Part;
  readonly #most: number;
  /** Rows. */
  held = 0;
  isOver = false;

  constructor(asked: Holder["asked"], part: Part, most: number) {
    this.asked = asked;
    this.matchers = [anyOf(METRIC_NAME, [asked.metric])];
    this.#part = part;
    // Of an hour of so few series no more is asked.
    this.#most = part.parts > MOST_PARTS ? Infinity : most;
  }

  /** Whether a series, by its labels, is one of those. */
  holds(labels: string): boolean {
    return shardOf(labels, this.#part.parts) === this.#part.of;
  }

  /** Gives a function that puts rows to those of their series, and these by labels. */
  taker<R extends Rows>(
    empty: () => R,
    copy: (into: R, rows: R, row: number) => void,
  ): {
    readonly take: (series: Series, rows: R, first: number, end: number) => ReadError | undefined;
    readonly held: ReadonlyMap<string, { readonly labels: Labels; readonly rows: R }>;
  } {
    const held = new Map<string, { readonly labels: Labels; readonly rows: R }>();
    const keys = new WeakMap<Series, R | null>();
    const rowsOf = (series: Series): R | null => {
      const known = keys.get(series);
      if (known !== undefined) return known;
      const key = labelsJson(series.labels);
      if (!this.holds(key)) {
        keys.set(series, null);
        return null;
      }
      const one = held.get(key) ?? { labels: series.labels, rows: empty() };
      held.set(key, one);
      keys.set(series, one.rows);
      return one.rows;
    };
    const take = (series: Series, rows: R, first: number, end: number): ReadError | undefined => {
      const into = rowsOf(series);
      if (into === null) return undefined;
      this.held += end - first;
      if (this.held > this.#most) {
        this.isOver = true;
        return TOO_MUCH;
      }
      for (let row = first; row < end; row++) copy(into, rows, row);
      return undefined;
    };
    return { take, held };
  }

  bucketTaker() {
    return this.taker(
      () => new Buckets(),
      (into, rows: Buckets, row) => into.pushCopy(rows.start[row]!, rows, row),
    );
  }
}

/** It only ends the reading. */
const TOO_MUCH: ReadError = {
  kind: "too_large",
  limit: "backupBuckets",
  value: LIMITS.backupBuckets,
  what: "buckets",
  ways: [],
};
