// The newest minutes of a metric, as the live socket tells them: absolute buckets of each series. Pure; it
// neither asks nor waits.

import { mergeColumns } from "../../core/query/answer.ts";
import type { LiveMinutes } from "../../core/api.ts";
import { Buckets } from "../../core/bucket.ts";
import type { MatcherParts } from "../../core/query/filter.ts";
import { type Labels, labelsJson } from "../../core/series/labels.ts";
import * as LIMITS from "../../core/limits.ts";
import { MINUTE } from "../../core/tiers.ts";

/** A label that a series does not have counts as empty, as on the server. */
function passes(labels: Labels, { label, op, value }: MatcherParts): boolean {
  const own = labels.find(([name]) => name === label)?.[1] ?? "";
  return (own === value) === (op === "=");
}

/** What was told of a series. */
export interface Live {
  readonly labels: Labels;
  buckets: Buckets;
  /** Its row by the start of its minute. */
  rows: Map<number, number>;
  /** Of minutes that keep them: ms after the start, value, and so on in turn. */
  readonly samples: Map<number, readonly number[]>;
  /** End marks, Unix ms, by minute. */
  readonly ends: Map<number, number>;
}

/** The finest resolution shows at most so many minutes unless it is asked for by hand. */
const KEPT_BUCKETS = LIMITS.autoBuckets;

export class Tail {
  /** Minutes that start here or later are complete here; Infinity: none are known to be. */
  from: number;
  /** The same of their samples. */
  samplesFrom = 0;
  readonly series = new Map<string, Live>();
  /** Messages after the snapshot. */
  changes = 0;
  #sealed: number;

  constructor(snapshot: LiveMinutes) {
    let buckets = 0;
    for (const { t } of snapshot.series) buckets += t.length;
    this.#sealed = snapshot.from ?? Infinity;
    // A snapshot that is full may have been cut.
    this.from =
      buckets < LIMITS.bucketsPerPush ? Math.max(this.#sealed, snapshot.reload?.to ?? 0) : Infinity;
    this.#put(snapshot);
  }

  /** Takes a later message. True when /query knows something that this does not. */
  take(message: LiveMinutes): boolean {
    this.changes++;
    this.#put(message);
    const before = message.series.some(({ t }) => t.some((start) => start < this.from));
    const from = message.from ?? Infinity;
    const sealed = from > this.#sealed;
    this.#sealed = Math.max(this.#sealed, from);
    // Points may be where this socket does not hear of them, until another snapshot says otherwise.
    if (from === Infinity) this.from = Infinity;
    const { reload } = message;
    if (reload !== undefined) this.from = Math.max(this.from, reload.to);
    return before || sealed || reload !== undefined || message.reloadSamples !== undefined;
  }

  /** What was told of the series that filters let through. */
  passing(filters: readonly MatcherParts[]): Live[] {
    return [...this.series.values()].filter(({ labels }) =>
      filters.every((filter) => passes(labels, filter)),
    );
  }

  /** Forgets what no window by the minute shows any more: a page may stay open for weeks. */
  #forget(series: Live): void {
    const { buckets } = series;
    if (buckets.length <= KEPT_BUCKETS * 2) return;
    const starts = [...series.rows.keys()].sort((a, b) => a - b);
    const since = starts.at(-KEPT_BUCKETS)!;
    const fresh = new Buckets(KEPT_BUCKETS * 2);
    const rows = new Map<number, number>();
    for (const start of starts.slice(-KEPT_BUCKETS)) {
      rows.set(start, fresh.pushCopy(start, buckets, series.rows.get(start)!));
    }
    series.buckets = fresh;
    series.rows = rows;
    for (const kept of [series.samples, series.ends])
      for (const start of kept.keys()) if (start < since) kept.delete(start);
    this.from = Math.max(this.from, since);
  }

  #put(message: LiveMinutes): void {
    this.samplesFrom = Math.max(this.samplesFrom, message.reloadSamples?.to ?? 0);
    for (const series of message.series) {
      const live = this.#live(series.labels);
      for (const at of series.ends ?? []) live.ends.set(Math.floor(at / MINUTE) * MINUTE, at);
      for (let i = 0; i < series.t.length; i++) {
        const start = series.t[i]!;
        const row = live.rows.get(start) ?? live.buckets.push(start);
        live.rows.set(start, row);
        const samples = series.samples?.[i];
        if (samples) live.samples.set(start, samples);
        else live.samples.delete(start);
        live.buckets.clear(row);
        mergeColumns(live.buckets, row, series, i, {
          firstAt: series.firstAt[i],
          lastAt: series.lastAt[i],
          carry: series.carry[i],
        });
      }
      this.#forget(live);
    }
  }

  #live(object: Readonly<Record<string, string>>): Live {
    const labels = Object.entries(object).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    const key = labelsJson(labels);
    let live = this.series.get(key);
    if (live === undefined) {
      live = {
        labels,
        buckets: new Buckets(64),
        rows: new Map(),
        samples: new Map(),
        ends: new Map(),
      };
      this.series.set(key, live);
    }
    return live;
  }
}
