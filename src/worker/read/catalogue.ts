// What metrics there are: the series of D1 and what the shards know beyond them.
// Shards are asked first: a series that reaches D1 in between is then found twice, never not at all,
// and the read of D1 sorts out the double ones.

import type { MetricAnswer, MetricsAnswer, MetricSummary, MissingShard } from "../../core/api.ts";
import * as LIMITS from "../../core/limits.ts";
import { parseLabelsJson } from "../../core/series/labels.ts";
import { compareNames, lower, type NamePage } from "../../core/series/names.ts";
import { readMetric, readPage, type SeriesName, type StoredMetric } from "../../d1/catalogue.ts";
import type { MetricHead } from "../../durable/metrics.ts";
import { configOf, type Env } from "../env.ts";
import { fail } from "../http/failure.ts";
import { countRead, firstShards, homesOf, layoutsInUse } from "../shards.ts";
import { metricHeads } from "./heads.ts";
import { latestBelieved, latestOf } from "../../core/series/last-seen.ts";

export interface MetricsQuery {
  /** Part of the name, any case. */
  readonly search: string;
  readonly limit: number;
  /** The list starts behind this name. */
  readonly after: string;
}

export interface Listed {
  readonly answer: MetricsAnswer;
  /** Whether a shard that may hold points of the metric did not answer. */
  readonly isMissing: (metric: string) => boolean;
}

/** @throws D1Failed */
export async function listMetrics(env: Env, query: MetricsQuery): Promise<Listed> {
  const { after, limit } = query;
  // One more tells whether the list goes on. A name of the page is among the first of its own shard.
  const page: NamePage = { after, search: lower(query.search), limit: limit + 1 };
  const { shards } = configOf(env);
  let asked = await metricHeads(env, page, firstShards(shards));
  let stored = await pageOf(env, page, asked.heads);
  // SHARDS was lowered and the cron has not moved everything yet: ask where it may be as well.
  const most = Math.max(shards, ...stored.layouts);
  if (most > shards) {
    asked = await metricHeads(env, page, firstShards(most));
    stored = await pageOf(env, page, asked.heads);
  }
  const { heads, missing } = asked;
  const byName = new Map(stored.metrics.map((row) => [row.metric, row]));
  const fresh = Map.groupBy(stored.fresh, ({ metric }) => metric);
  const names = [...new Set([...byName.keys(), ...heads.keys()])].sort(compareNames);
  const metrics = names
    .slice(0, limit)
    .map((name) => summary(name, byName.get(name), heads.get(name), fresh.get(name) ?? []));
  const last = metrics.at(-1);
  const layouts = [...new Set([shards, ...stored.layouts])];
  const silent = new Set(missing.map(({ shard }) => shard));
  return {
    answer: {
      metrics,
      ...(names.length > limit && last !== undefined && { cursor: last.name }),
      ...missingOf(missing),
    },
    isMissing: (metric) => homesOf(metric, layouts).some((shard) => silent.has(shard)),
  };
}

const missingOf = (
  missing: readonly MissingShard[],
): { readonly missing?: readonly MissingShard[] } => (missing.length === 0 ? {} : { missing });

/** What D1 holds of a page, and which series of `heads` it does not hold. */
async function pageOf(
  env: Env,
  page: NamePage,
  heads: ReadonlyMap<string, MetricHead>,
): ReturnType<typeof readPage> {
  // Names of the page are among the first that the shards together know.
  const first = [...heads.keys()].sort(compareNames).slice(0, page.limit);
  const maybeFresh = first.flatMap((metric) =>
    (heads.get(metric)?.fresh ?? []).map((labels): SeriesName => ({ metric, labels })),
  );
  const stored = await readPage(env.DB.withSession(), page, maybeFresh, latestBelieved(Date.now()));
  countRead(stored.counted.read);
  return stored;
}

function summary(
  name: string,
  stored: StoredMetric | undefined,
  head: MetricHead | undefined,
  fresh: readonly SeriesName[],
): MetricSummary {
  const labels = new Set<string>(stored === undefined ? [] : JSON.parse(stored.labels));
  for (const { labels: json } of fresh)
    for (const [label] of parseLabelsJson(json)) labels.add(label);
  const sides = [
    ...(stored === undefined
      ? []
      : [{ firstAt: stored.first_at, lastAt: stored.last_at, last: stored.last }]),
    ...(head === undefined ? [] : [head]),
  ];
  return {
    name,
    series: (stored?.series ?? 0) + fresh.length,
    labelNames: [...labels].sort(),
    firstAt: Math.min(...sides.map(({ firstAt }) => firstAt)),
    ...latestOf(sides, Date.now()),
  };
}

/**
 * One metric with its labels; undefined when it is not known. @throws Failed when that cannot be said,
 * since a shard that may know it does not answer; D1Failed.
 */
export async function describeMetric(env: Env, name: string): Promise<MetricAnswer | undefined> {
  const homes = homesOf(name, await layoutsInUse(env));
  const { heads, missing } = await metricHeads(env, name, homes);
  const head = heads.get(name);
  const stored = await readMetric(env.DB.withSession(), name);
  countRead(stored.counted.read);
  const series = new Set([...stored.series.map(({ labels }) => labels), ...(head?.fresh ?? [])]);
  if (series.size === 0) {
    const [silent] = missing;
    if (silent === undefined) return undefined;
    return fail({ kind: "unavailable", message: silent.message, retryAfterSec: 1 });
  }
  const counts = new Map<string, Map<string, number>>();
  for (const json of series)
    for (const [label, value] of parseLabelsJson(json)) {
      const values = counts.get(label) ?? new Map<string, number>();
      counts.set(label, values.set(value, (values.get(value) ?? 0) + 1));
    }
  const sides = [
    ...stored.series.map((row) => ({ firstAt: row.first_at, lastAt: row.last_at, last: row.last })),
    ...(head === undefined ? [] : [head]),
  ];
  return {
    name,
    series: series.size,
    labelNames: [...counts.keys()].sort(),
    firstAt: sides.reduce((first, side) => Math.min(first, side.firstAt), Infinity),
    ...latestOf(sides, Date.now()),
    labels: [...counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([label, values]) => ({
        name: label,
        distinct: values.size,
        values: [...values]
          .map(([value, of]) => ({ value, series: of }))
          .sort((a, b) => b.series - a.series || (a.value < b.value ? -1 : 1))
          .slice(0, LIMITS.labelValuesListed),
      })),
    ...missingOf(missing),
  };
}
