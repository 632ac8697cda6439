// The naive reference: keeps every point, and computes buckets from scratch with no cleverness.

import type { AcrossAnswer, QueryAnswer, SeriesAnswer } from "../../../src/core/api.ts";
import { keptFrom, type Retention } from "../../../src/core/query/plan.ts";
import { DAY, HOUR, MINUTE, type TierName, TIERS } from "../../../src/core/tiers.ts";
import type { StoredMinute } from "../stored-minutes.ts";

export interface Point {
  readonly name: string;
  readonly host: string;
  readonly timestamp: number;
  readonly value: number;
}

export interface ReferenceBucket {
  readonly t: number;
  count: number;
  sum: number;
  min: number;
  max: number;
  first: number;
  firstAt: number;
  last: number;
  lastAt: number;
  /** Its points, in no order. */
  readonly points: Point[];
}

export class Reference {
  points: Point[] = [];

  /** Buckets of a metric by host, ascending in time, as far as the tier keeps them at `now`. */
  buckets(
    name: string,
    tier: TierName,
    now: number,
    retention: Retention,
  ): Map<string, ReferenceBucket[]> {
    const { step } = TIERS[tier];
    const kept = keptFrom(tier, now, retention);
    const hosts = new Map<string, Map<number, ReferenceBucket>>();
    for (const point of this.points) {
      const { name: metric, host, timestamp: at, value } = point;
      const t = Math.floor(at / step) * step;
      if (metric !== name || t < kept) continue;
      const buckets = hosts.get(host) ?? new Map<number, ReferenceBucket>();
      hosts.set(host, buckets);
      const bucket = buckets.get(t);
      if (bucket === undefined) {
        buckets.set(t, {
          t,
          count: 1,
          sum: value,
          min: value,
          max: value,
          first: value,
          firstAt: at,
          last: value,
          lastAt: at,
          points: [point],
        });
        continue;
      }
      bucket.points.push(point);
      bucket.count++;
      bucket.sum += value;
      bucket.min = Math.min(bucket.min, value);
      bucket.max = Math.max(bucket.max, value);
      if (at < bucket.firstAt || (at === bucket.firstAt && value < bucket.first))
        bucket.first = value;
      bucket.firstAt = Math.min(bucket.firstAt, at);
      if (at > bucket.lastAt || (at === bucket.lastAt && value > bucket.last)) bucket.last = value;
      bucket.lastAt = Math.max(bucket.lastAt, at);
    }
    return new Map(
      [...hosts].map(([host, buckets]) => [host, [...buckets.values()].sort((a, b) => a.t - b.t)]),
    );
  }
}

/** Says how an answer with `across=sum` differs from what the hosts' buckets add up to. */
export function differenceAcross(
  { series: [all] }: AcrossAnswer,
  hosts: Map<string, ReferenceBucket[]>,
): string | undefined {
  const starts = [...new Set([...hosts.values()].flat().map(({ t }) => t))].sort((a, b) => a - b);
  const got = all?.t ?? [];
  if (got.join() !== starts.join()) return `across: times ${got.join()}, expected ${starts.join()}`;
  for (const [i, at] of starts.entries()) {
    const latest = [...hosts.values()].flatMap((buckets) => {
      const steps = buckets.slice(1).map(({ t }, j) => t - buckets[j]!.t);
      const median = steps.sort((a, b) => a - b)[(steps.length - 1) >> 1] ?? 0;
      const last = buckets.findLast(({ t }) => t <= at);
      const carried = Math.max(5 * MINUTE, 2.5 * median);
      return last === undefined || at - last.t > carried ? [] : [last.sum / last.count];
    });
    const sum = latest.reduce((a, b) => a + b, 0);
    const [avg, series] = [all!.avg[i]!, all!.series[i]];
    if (series !== latest.length || Math.abs(avg - sum) > 1e-9 * (Math.abs(sum) + 1))
      return `across at ${at}: ${avg} of ${series}, expected ${sum} of ${latest.length}`;
  }
  return undefined;
}

/** Most samples that a minute keeps: the default of SAMPLES_PER_MINUTE. */
export const KEPT = 6;

/**
 * Says how the minutes that databases hold, all of them flushed, differ from the points: samples where
 * they are few, else their number. Undefined when they do not.
 */
export function differenceOfMinutes(
  stored: ReadonlyMap<string, StoredMinute>,
  points: readonly Point[],
): string | undefined {
  const expected = Map.groupBy(points, ({ name, host, timestamp: at }) => {
    return `${name}{"host":"${host}"}@${Math.floor(at / MINUTE) * MINUTE}`;
  });
  for (const [key, of] of expected) {
    const minute = stored.get(key);
    const samples = of
      .map(({ timestamp, value }): [number, number] => [timestamp % MINUTE, value + 0])
      .sort(([a, x], [b, y]) => a - b || x - y);
    const want = of.length > KEPT ? of.length : samples;
    const got = minute?.count ?? minute?.samples;
    if (JSON.stringify(got) !== JSON.stringify(want))
      return `${key}: ${JSON.stringify(minute)}, expected ${JSON.stringify(want)}`;
  }
  return undefined;
}

/** The value of a counter at a time: it goes up, and is reset every 30 hours, between two hours. */
export const counterAt = (at: number): number => Math.floor((at % (30 * HOUR)) / 1_000);

/** Of a series of `counterAt`, by the minute or hour: no bucket has a reset within. */
function differenceOfRise(
  { increase, rate }: SeriesAnswer,
  buckets: readonly ReferenceBucket[],
  step: number,
): string | undefined {
  if (increase === undefined || step === DAY) return undefined;
  let before: number | undefined;
  for (const [i, { t, count, first, last }] of buckets.entries()) {
    const into = before === undefined ? 0 : first < before ? first : first - before;
    const want = last - first + into;
    if (increase[i] !== want) return `at ${t}: rose ${increase[i]}, expected ${want}`;
    const ofRate = before === undefined && count === 1 ? null : want / (step / 1_000);
    if (rate?.[i] !== ofRate) return `at ${t}: rate ${rate?.[i]} of ${want}`;
    before = last;
  }
  return undefined;
}

/** Says how an answer differs from the reference; undefined when it does not. */
export function difference(
  answer: QueryAnswer,
  expected: Map<string, ReferenceBucket[]>,
): string | undefined {
  const found = new Map(answer.series.map((series) => [series.labels.host ?? "", series]));
  for (const host of found.keys()) if (!expected.has(host)) return `host ${host} is not expected`;
  for (const [host, buckets] of expected) {
    const series = found.get(host);
    if (series === undefined) return `host ${host} is missing`;
    const starts = buckets.map(({ t }) => t).join();
    if (series.t.join() !== starts) return `${host}: times ${series.t.join()}, expected ${starts}`;
    for (const [i, bucket] of buckets.entries()) {
      const got = {
        count: series.count[i],
        min: series.min[i],
        max: series.max[i],
        first: series.first[i],
        last: series.last[i],
      };
      const { count, min, max, first, last } = bucket;
      const want = { count, min, max, first, last };
      if (JSON.stringify(got) !== JSON.stringify(want))
        return `${host} at ${bucket.t}: ${JSON.stringify(got)}, expected ${JSON.stringify(want)}`;
      if (Math.abs(series.sum[i]! - bucket.sum) > 1e-12 * Math.abs(bucket.sum) + 1e-12)
        return `${host} at ${bucket.t}: sum ${series.sum[i]}, expected ${bucket.sum}`;
      if (Math.abs(series.avg[i]! - bucket.sum / count) > 1e-12 * Math.abs(bucket.sum) + 1e-12)
        return `${host} at ${bucket.t}: avg ${series.avg[i]}, expected ${bucket.sum / count}`;
    }
    const differs = differenceOfRise(series, buckets, answer.step);
    if (differs !== undefined) return `${host}: ${differs}`;
  }
  return undefined;
}
