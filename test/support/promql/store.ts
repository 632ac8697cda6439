// Samples in memory as a store keeps them: minutes, hours and days, each for its time, what is not rolled up
// yet by the minute. What PromQL reads of the worker's Source, without a database.

import { Buckets } from "../../../src/core/bucket.ts";
import { Minutes } from "../../../src/core/minutes.ts";
import { Work } from "../../../src/core/query/matcher.ts";
import { keptFrom, type Retention } from "../../../src/core/query/plan.ts";
import type { Rows, Series, Source, TakeRows } from "../../../src/core/query/source.ts";
import { err, ok } from "../../../src/core/result.ts";
import { MINUTE, TIERS, type TierName } from "../../../src/core/tiers.ts";
import type { Memory, StoredSeries } from "./memory.ts";

export interface Kept {
  /** Unix ms. */
  readonly now: number;
  readonly retention: Retention;
  /** Unix ms: what was later is not rolled up. */
  readonly rolledTo: number;
}

/** Counts what was read of each tier. */
export type Counts = Record<TierName | "samples", number>;

export function storeOf(memory: Memory, kept: Kept): { source: Source; read: Counts } {
  const read: Counts = { minute: 0, hour: 0, day: 0, samples: 0 };
  const source: Source = {
    series: async () => {
      throw new Error("nobody asks for series");
    },
    texts: async () => {
      throw new Error("nobody asks for labels");
    },
    select: async ({ matchers, from, to, tier }, take) => {
      const { step } = TIERS[tier];
      const begin = Math.max(Math.floor(from / step) * step, since(tier));
      const end = Math.ceil(to / step) * step;
      for (const one of memory.series) {
        if (!new Work().matches(matchers, one.labels)) continue;
        const rows = bucketsOf(one, begin, end, (at) => {
          const start = Math.floor(at / step) * step;
          return start + step <= kept.rolledTo ? start : Math.floor(at / MINUTE) * MINUTE;
        });
        read[tier] += rows.length;
        inTwoRuns(one, rows, take);
      }
      return found(tier);
    },
    minutes: async ({ matchers, from, to }, take, { ended } = {}) => {
      let count = 0;
      const begin = Math.max(Math.floor(from / MINUTE) * MINUTE, since("minute"));
      for (const one of memory.series) {
        if (!new Work().matches(matchers, one.labels)) continue;
        const rows = new Minutes(6);
        const add = (at: number, value: number): void => {
          if (at < begin || at >= to) return;
          const start = Math.floor(at / MINUTE) * MINUTE;
          const isNext = rows.length === 0 || rows.start[rows.length - 1] !== start;
          rows.add(isNext ? rows.push(start) : rows.length - 1, value, at);
          read.samples++;
        };
        const points = one.times.map((at, i) => [at, one.values[i]!] as const);
        for (const [at, value] of [...points, ...one.ends.map((at) => [at, NaN] as const)].sort(
          ([a], [b]) => a - b,
        ))
          add(at, value);
        const series = inTwoRuns(one, rows, take);
        // Of every other it is told when it has come.
        if (count++ % 2 > 0) continue;
        const error = await ended?.([series], since("minute"));
        if (error !== undefined) return err(error);
      }
      return found("minute");
    },
  };
  const since = (tier: TierName): number => keptFrom(tier, kept.now, kept.retention);
  const found = (tier: TierName) => ok({ known: true, keptFrom: since(tier), unreadable: [] });
  return { source, read };
}

/** The later half first, as a source may. */
function inTwoRuns<R extends Rows>({ labels }: StoredSeries, rows: R, take: TakeRows<R>): Series {
  const series: Series = {
    metric: labels.find(([name]) => name === "__name__")![1],
    labels: labels.filter(([name]) => name !== "__name__"),
  };
  const half = rows.length >> 1;
  for (const [first, end] of [
    [half, rows.length],
    [0, half],
  ] as const)
    if (first < end && take(series, rows, first, end) !== undefined) throw new Error("too large");
  return series;
}

/** As the roll-up makes them, in the order of time. */
function bucketsOf(
  { times, values }: StoredSeries,
  from: number,
  to: number,
  startOf: (at: number) => number,
): Buckets {
  const buckets = new Buckets();
  for (const [i, at] of times.entries()) {
    if (at < from || at >= to) continue;
    const start = startOf(at);
    const isNext = buckets.length === 0 || buckets.start[buckets.length - 1] !== start;
    buckets.add(isNext ? buckets.push(start) : buckets.length - 1, values[i]!, at);
  }
  for (let row = 0; row < buckets.length; row++) buckets.settleRise(row);
  return buckets;
}
