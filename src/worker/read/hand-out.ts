// Decodes what one reading of D1 and the shards gave, and hands it out: the one place where stored bytes
// become buckets for a reader. What cannot be decoded is noted, and the rest goes on.

import { Buckets } from "../../core/bucket.ts";
import { decodeBlock, seriesOfBlock } from "../../core/codec/page.ts";
import { decodeSegment } from "../../core/codec/segment.ts";
import { inHead } from "../../core/query/consistency.ts";
import type { Matcher, Work } from "../../core/query/matcher.ts";
import { goneOf, isGone, type Plan, sourcesOf, withoutDeleted } from "../../core/query/plan.ts";
import type { ReadError, Unreadable } from "../../core/query/read-error.ts";
import type { Series, Take } from "../../core/query/source.ts";
import { labelsJsonOfKey, metricOfKey } from "../../core/series/labels.ts";
import { dayOf, MINUTE, spanStart } from "../../core/tiers.ts";
import type { SegmentRow, Snapshot } from "../../d1/snapshot.ts";
import type { AskedHead } from "./consistent.ts";
import { KnownSeries } from "./known-series.ts";

export interface Asked {
  readonly metrics: readonly string[];
  /** Of labels. */
  readonly matchers: readonly Matcher[];
  readonly plan: Plan;
  readonly work: Work;
}

export class HandOut {
  readonly #asked: Asked;
  readonly #plan: Plan;
  readonly #snapshot: Snapshot;
  readonly #take: Take;
  readonly unreadable: Unreadable[] = [];
  /** Whether any series matches. */
  known = false;
  /** How many were handed out. */
  runs = 0;

  constructor(asked: Asked, snapshot: Snapshot, take: Take) {
    this.#asked = asked;
    this.#plan = withoutDeleted(asked.plan, snapshot.progress);
    this.#snapshot = snapshot;
    this.#take = take;
  }

  /** What D1 holds. */
  stored(): ReadError | undefined {
    const { tier } = this.#plan;
    const series = new Map<number, Series>();
    for (const { id, metric, labels } of this.#snapshot.series) {
      const one = new KnownSeries(this.#asked.metrics[metric]!, labels);
      if (this.#matches(one)) series.set(id, one);
    }
    const { over } = this.#asked.work;
    if (over !== undefined) return over;
    this.known ||= series.size > 0;
    const isCoarse = this.#coarse();
    const buckets = new Buckets(64);
    for (const row of this.#snapshot.coarse) {
      const of = series.get(row.series_id);
      if (of === undefined || !this.#decoded(of, row, tier, buckets)) continue;
      for (let i = 0; i < buckets.length;) {
        const coarse = isCoarse(row.series_id, buckets.start[i]!);
        let end = i + 1;
        while (end < buckets.length && isCoarse(row.series_id, buckets.start[end]!) === coarse)
          end++;
        const error = coarse ? this.#give(of, buckets, i, end) : undefined;
        if (error !== undefined) return error;
        i = end;
      }
    }
    for (const row of this.#snapshot.minutes) {
      const of = series.get(row.series_id);
      if (of === undefined || !this.#decoded(of, row, "minute", buckets)) continue;
      const error = this.#give(of, buckets, 0, buckets.length);
      if (error !== undefined) return error;
    }
    return undefined;
  }

  /** What a shard holds and D1 does not. */
  head({ shard, head }: AskedHead): ReadError | undefined {
    const stored = this.#snapshot.flushed.get(shard) ?? 0;
    const series = new Map<number, Series>();
    for (const [number, key] of head.keys) {
      const one = new KnownSeries(metricOfKey(key), labelsJsonOfKey(key));
      if (this.#matches(one)) series.set(number, one);
    }
    const { over } = this.#asked.work;
    if (over !== undefined) return over;
    this.known ||= head.known;
    const sealed = head.sealed.filter(({ page }) => inHead(page, { stored, openId: head.openId }));
    for (const block of [...sealed.map((one) => one.block), ...head.open]) {
      const error = this.#block(block, series, shard);
      if (error !== undefined) return error;
    }
    return undefined;
  }

  #block(
    block: Uint8Array,
    series: ReadonlyMap<number, Series>,
    shard: number,
  ): ReadError | undefined {
    const buckets = new Buckets(64);
    const numbers: number[] = [];
    try {
      decodeBlock(block, buckets, numbers);
    } catch (error) {
      const { kept: from, to } = this.#plan;
      for (const number of seriesOfBlock(block)) {
        const of = series.get(number);
        if (of !== undefined) this.#note(of, from, to, `the head of shard ${shard}`, error);
      }
      return undefined;
    }
    for (let i = 0; i < numbers.length;) {
      let end = i + 1;
      while (end < numbers.length && numbers[end] === numbers[i]) end++;
      const of = series.get(numbers[i]!);
      const error = of && this.#give(of, buckets, i, end);
      if (error !== undefined) return error;
      i = end;
    }
    return undefined;
  }

  #matches(series: Series): boolean {
    const { matchers, work } = this.#asked;
    return matchers.length === 0 || work.matches(matchers, series.labels);
  }

  /** Says of a bucket in the coarse tier whether it is to be read there, or from minutes. */
  #coarse(): (series: number, start: number) => boolean {
    const dirty = new Map<number, Map<number, boolean>>();
    for (const { day, series_id, kept } of this.#snapshot.dirty) {
      const days = dirty.get(series_id) ?? new Map<number, boolean>();
      dirty.set(series_id, days.set(day, kept === 1));
    }
    const gone = goneOf(this.#snapshot.progress);
    return (series, start) => {
      const days = dirty.get(series);
      const day = dayOf(start);
      if (days === undefined) return true;
      const isKept = days.get(day) === true;
      return sourcesOf(days.has(day), isGone(gone, day, series) && !isKept).coarse;
    };
  }

  /** Replaces `buckets` by those of a segment; false when it cannot be read. */
  #decoded(of: Series, { span, body }: SegmentRow, tier: Plan["tier"], buckets: Buckets): boolean {
    const from = spanStart(tier, span);
    buckets.length = 0;
    try {
      decodeSegment(body, from, tier === "minute" ? MINUTE : this.#plan.step, buckets);
      return true;
    } catch (error) {
      this.#note(of, from, spanStart(tier, span + 1), `D1, table ${tier}`, error);
      return false;
    }
  }

  #note({ metric, labels }: Series, from: number, to: number, where: string, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    const message = `${where}: ${why}`;
    this.unreadable.push({ kind: "unreadable", metric, labels, from, to, message });
  }

  /** Hands out the rows that are in the range and still kept. */
  #give(of: Series, buckets: Buckets, first: number, end: number): ReadError | undefined {
    const { kept, to, step } = this.#plan;
    const { start } = buckets;
    // A finer bucket belongs to the period that it is in.
    const from = Math.ceil(kept / step) * step;
    let [low, high] = [first, end];
    while (low < high && start[low]! < from) low++;
    while (high > low && start[high - 1]! >= to) high--;
    if (low === high) return undefined;
    this.runs++;
    return this.#take(of, buckets, low, high);
  }
}
