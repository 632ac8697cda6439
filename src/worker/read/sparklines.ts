// Sparklines of a page of the list: the last hour of each metric by the minute, all series merged.
// D1 is read once and each shard is called once for all of them together.

import type { ListedMetric, MetricsAnswer } from "../../core/api.ts";
import { Buckets } from "../../core/bucket.ts";
import { metricOfKey } from "../../core/series/labels.ts";
import * as LIMITS from "../../core/limits.ts";
import { type Plan, plan, withoutGone } from "../../core/query/plan.ts";
import { Merge } from "../../core/query/merge.ts";
import { decodeSegment } from "../../core/codec/segment.ts";
import { HOUR, MINUTE } from "../../core/tiers.ts";
import { consistent, eachRun } from "./consistent.ts";
import { configOf, type Env } from "../env.ts";
import { d1Failed } from "./reader.ts";
import { readMinutes } from "./snapshot.ts";

/** Length of a sparkline. */
const MINUTES = 60;

/** The answer with sparklines as of `now`, Unix ms. @throws Failed */
export async function withSparklines(
  env: Env,
  answer: MetricsAnswer,
  now: number,
): Promise<MetricsAnswer> {
  const to = (Math.floor(now / MINUTE) + 1) * MINUTE;
  const from = to - MINUTES * MINUTE;
  // The list is up to date, so what was last seen before needs no reading.
  const live = answer.metrics.filter(({ lastAt }) => lastAt >= from);
  const served = withRoom(live).map(({ name }) => name);
  const range = plan({ from, to }, "minute", now, configOf(env).retention);
  const lines = served.length === 0 ? new Map<string, Merge>() : await read(env, served, range);
  const idle = points(undefined, from);
  const sparkline = ({ name, lastAt }: ListedMetric): Pick<ListedMetric, "sparkline"> => {
    if (lastAt < from) return { sparkline: idle };
    const line = lines.get(name);
    return line === undefined ? {} : { sparkline: points(line, from) };
  };
  const metrics = answer.metrics.map((metric) => ({ ...metric, ...sparkline(metric) }));
  return { ...answer, metrics, sparklineFrom: from };
}

/** Those for whose series there is room, first come, first served. */
function withRoom(metrics: readonly ListedMetric[]): readonly ListedMetric[] {
  let left: number = LIMITS.sparklineSeries;
  return metrics.filter(({ series }) => {
    if (series > left) return false;
    left -= series;
    return true;
  });
}

/** The minutes of metrics, by name; without those that would not be whole. */
async function read(
  env: Env,
  metrics: readonly string[],
  range: Plan,
): Promise<ReadonlyMap<string, Merge>> {
  const { snapshot, heads } = await consistent(env, {
    metrics,
    from: range.kept,
    to: range.to,
    readD1: async (session, shards) =>
      await readMinutes(session, { metrics, plan: range, shards }).catch(d1Failed),
  });
  if (snapshot.minutes.length > LIMITS.segmentsPerQuery) return new Map();
  const kept = withoutGone(range, snapshot.gone);
  const lines = new Map(metrics.map((name) => [name, new Merge(kept, [])]));
  for (const asked of heads)
    if (asked.head.cut) for (const name of asked.metrics) lines.delete(name);
  const buckets = new Buckets(MINUTES);
  for (const { metric, span, body } of snapshot.minutes) {
    const line = lines.get(metrics[metric]!);
    if (line === undefined) continue;
    buckets.length = 0;
    decodeSegment(body, span * HOUR, MINUTE, buckets);
    line.add([], buckets);
  }
  for (const asked of heads) {
    const { keys } = asked.head;
    eachRun(asked, snapshot, (series, rows, first, end) => {
      lines.get(metricOfKey(keys.get(series)!))?.add([], rows, first, end);
    });
  }
  return lines;
}

/** The averages of the minutes from `from` on; null where there is none. */
function points(line: Merge | undefined, from: number): (number | null)[] {
  const averages = Array.from({ length: MINUTES }, (): number | null => null);
  const merged = line?.finish(1).series[0];
  merged?.t.forEach((start, i) => {
    averages[(start - from) / MINUTE] = merged.avg[i]!;
  });
  return averages;
}
