// Which series match: those of D1, and those that so far only shards know. It reads no points.

import { FIRST_DATABASE } from "../../core/databases.ts";
import type { Matcher, Work } from "../../core/query/matcher.ts";
import type { ReadError } from "../../core/query/read-error.ts";
import type { FoundSeries } from "../../core/query/source.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { readSeries } from "../../d1/snapshot.ts";
import type { MetricHead } from "../../durable/metrics.ts";
import type { Env } from "../env.ts";
import { callShard, layoutsInUse, metricsByHome } from "../shards.ts";
import { tooManySeries } from "./bounds.ts";
import { askAllDatabases } from "./databases.ts";
import { KnownSeries } from "./known-series.ts";
import { d1Unavailable, shardUnavailable } from "./unavailable.ts";

export interface SeriesOf {
  readonly metrics: readonly string[];
  /** Of labels. */
  readonly matchers: readonly Matcher[];
  readonly work: Work;
  readonly from: number;
  readonly to: number;
}

export async function seriesOf(
  env: Env,
  asked: SeriesOf,
  limit: number,
): Promise<Result<FoundSeries, ReadError>> {
  const { metrics, matchers, work, from, to } = asked;
  // Shards first: a series that reaches D1 in between is then found twice, never not at all.
  const heads = await headsOf(env, metrics);
  if (!heads.ok) return heads;
  const stored = await askAllDatabases(env, (db) => readSeries(db, asked));
  if (!stored.ok) return stored;
  const series = stored.value.flatMap((one) => one.series);
  const over = tooManySeries(series.length);
  if (over !== undefined) return err(over);
  const found = new Map<string, KnownSeries>();
  const add = (metric: string, json: string): void => {
    const one = new KnownSeries(metric, json);
    if (matchers.length === 0 || work.matches(matchers, one.labels)) found.set(metric + json, one);
  };
  for (const row of series) {
    const metric = metrics[row.metric]!;
    // What its shard has seen since D1 heard of it may be of any of its series.
    const head = heads.value.get(metric);
    const firstAt = Math.min(row.first_at, head?.firstAt ?? Infinity);
    const lastAt = Math.max(row.last_at, head?.lastAt ?? -Infinity);
    if (firstAt < to && lastAt >= from) add(metric, row.labels);
  }
  for (const { name, firstAt, lastAt, fresh } of heads.value.values())
    if (firstAt < to && lastAt >= from) for (const json of fresh) add(name, json);
  if (work.over !== undefined) return err(work.over);
  const sorted = [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
  return ok({ series: sorted.slice(0, limit), cut: sorted.length > limit });
}

/** What shards know of metrics, by name. */
export async function headsOf(
  env: Env,
  metrics: readonly string[],
): Promise<Result<ReadonlyMap<string, MetricHead>, ReadError>> {
  let byHome: ReturnType<typeof metricsByHome>;
  try {
    byHome = metricsByHome(metrics, await layoutsInUse(env));
  } catch (error) {
    return err(d1Unavailable(FIRST_DATABASE, error));
  }
  try {
    const lists = await Promise.all(
      [...byHome].map(([shard, names]) =>
        callShard(env, shard, async (stub) => await stub.metrics(names)),
      ),
    );
    const heads = new Map<string, MetricHead>();
    for (const head of lists.flat()) {
      const other = heads.get(head.name);
      heads.set(head.name, {
        ...head,
        firstAt: Math.min(head.firstAt, other?.firstAt ?? Infinity),
        lastAt: Math.max(head.lastAt, other?.lastAt ?? -Infinity),
        fresh: [...new Set([...head.fresh, ...(other?.fresh ?? [])])],
      });
    }
    return ok(heads);
  } catch (error) {
    return err(shardUnavailable(error));
  }
}
