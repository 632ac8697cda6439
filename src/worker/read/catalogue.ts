// What metrics there are: the series of the databases and what the shards know beyond them.
// Shards are asked first: a series that reaches D1 in between is then found twice, never not at all,
// and the read of D1 sorts out the double ones.

import type {
  MetricAnswer,
  MetricsAnswer,
  MetricSummary,
  MissingDatabase,
  MissingShard,
} from "../../core/api.ts";
import * as LIMITS from "../../core/limits.ts";
import { type Description, NOTHING_SAID } from "../../core/series/description.ts";
import { parseLabelsJson } from "../../core/series/labels.ts";
import { latestBelieved, latestOf } from "../../core/series/last-seen.ts";
import { compareNames, lower, type NamePage, pageOf } from "../../core/series/names.ts";
import {
  type AskedPage,
  readLabels,
  readMetric,
  readPage,
  type SeriesName,
} from "../../d1/catalogue.ts";
import type { MetricHead } from "../../durable/metrics.ts";
import { configOf, type Env } from "../env.ts";
import { fail } from "../http/failure.ts";
import { firstShards, homesOf, layoutsInUse } from "../shards.ts";
import { askDatabases } from "./databases.ts";
import { metricHeads } from "./heads.ts";
import { shown } from "./types.ts";
import {
  descriptionsOf,
  sharedOf,
  type StoredMetric,
  type StoredMetrics,
  union,
  withHeads,
} from "./union.ts";

export interface MetricsQuery {
  /** Part of the name, any case. */
  readonly search: string;
  /** Only names that begin with it. */
  readonly prefix: string;
  readonly limit: number;
  /** The list starts behind this name. */
  readonly after: string;
  /** Of these alone; none: of all. */
  readonly names?: readonly string[];
}

export interface Listed {
  readonly answer: MetricsAnswer;
  /** Whether a shard or a database that may hold points of the metric did not answer. */
  readonly isMissing: (metric: string) => boolean;
}

/** @throws D1Failed when no database answers */
export async function listMetrics(env: Env, query: MetricsQuery): Promise<Listed> {
  const { after, prefix, limit } = query;
  // One more tells whether the list goes on. A name of the page is among the first of its own shard.
  const part: NamePage = { after, prefix, search: lower(query.search), limit: limit + 1 };
  const page: AskedPage = query.names === undefined ? part : namedPage(query.names, part);
  const wanted = page.names ?? part;
  const { shards } = configOf(env);
  let asked = await metricHeads(env, wanted, firstShards(shards));
  let stored = await storedPage(env, page, asked.heads);
  // SHARDS was lowered and the cron has not moved everything yet: ask where it may be as well.
  const most = Math.max(shards, ...stored.layouts);
  if (most > shards) {
    asked = await metricHeads(env, wanted, firstShards(most));
    stored = await storedPage(env, page, asked.heads);
  }
  const { heads } = asked;
  const { metrics: byName } = stored;
  const fresh = Map.groupBy(stored.fresh, ({ metric }) => metric);
  const names = [...new Set([...byName.keys(), ...heads.keys()])].sort(compareNames);
  const metrics = names.slice(0, limit).map((name) => {
    const description = withHeads(stored.described.get(name), [heads.get(name)?.description]);
    return summary(name, byName.get(name), heads.get(name), fresh.get(name) ?? [], description);
  });
  const last = metrics.at(-1);
  const layouts = [...new Set([shards, ...stored.layouts])];
  const silent = new Set(asked.missing.map(({ shard }) => shard));
  return {
    answer: {
      metrics,
      ...(names.length > limit && last !== undefined && { cursor: last.name }),
      ...missingOf([...asked.missing, ...stored.missing]),
    },
    isMissing: (metric) =>
      // Any metric may have points in any database.
      stored.missing.length > 0 || homesOf(metric, layouts).some((shard) => silent.has(shard)),
  };
}

/** Of metrics that are named those that are on the page. */
function namedPage(names: readonly string[], part: NamePage): AskedPage {
  const inOrder = [...new Set(names)].sort(compareNames).map((name) => ({ name }));
  return { ...part, names: pageOf(inOrder, part).map(({ name }) => name) };
}

type Missing = readonly (MissingShard | MissingDatabase)[];

const missingOf = (missing: Missing): { readonly missing?: Missing } =>
  missing.length === 0 ? {} : { missing };

/** What the databases hold of a page, and which series of `heads` none of them holds. */
async function storedPage(
  env: Env,
  page: AskedPage,
  heads: ReadonlyMap<string, MetricHead>,
): Promise<StoredMetrics & { readonly missing: readonly MissingDatabase[] }> {
  // Names of the page are among the first that the shards together know.
  const first = [...heads.keys()].sort(compareNames).slice(0, page.limit);
  const maybeFresh = first.flatMap((metric) =>
    (heads.get(metric)?.fresh ?? []).map((labels): SeriesName => ({ metric, labels })),
  );
  const latest = latestBelieved(Date.now());
  const pages = await askDatabases(env, (db) => readPage(db, page, maybeFresh, latest));
  const shared = sharedOf(pages.answers);
  // Of a metric that is in several, the same series may be: it counts once.
  const labels =
    shared.length === 0
      ? NONE
      : await askDatabases(env, async (db) => await readLabels(db, shared));
  const missing = [...pages.missing, ...labels.missing];
  return { ...union(pages.answers, labels.answers, Date.now()), missing: distinct(missing) };
}

const NONE = { answers: [], missing: [] };

const distinct = (missing: readonly MissingDatabase[]): readonly MissingDatabase[] => [
  ...new Map(missing.map((part) => [part.database, part])).values(),
];

function summary(
  name: string,
  stored: StoredMetric | undefined,
  head: MetricHead | undefined,
  fresh: readonly SeriesName[],
  description: Description | undefined,
): MetricSummary {
  const labels = new Set(stored?.labelNames);
  for (const { labels: json } of fresh)
    for (const [label] of parseLabelsJson(json)) labels.add(label);
  const sides = [...(stored === undefined ? [] : [stored]), ...(head === undefined ? [] : [head])];
  return {
    name,
    series: (stored?.series ?? 0) + fresh.length,
    labelNames: [...labels].sort(),
    firstAt: Math.min(...sides.map(({ firstAt }) => firstAt)),
    ...latestOf(sides, Date.now()),
    ...shown(name, description),
  };
}

/** A metric and all that is known of it besides its series. */
export interface DescribedMetric {
  readonly answer: MetricAnswer;
  readonly description: Description;
}

/**
 * One metric with its labels; undefined when it is not known. @throws Failed when that cannot be said,
 * since a shard or a database that may know it does not answer; D1Failed.
 */
export async function describeMetric(env: Env, name: string): Promise<DescribedMetric | undefined> {
  const homes = homesOf(name, await layoutsInUse(env));
  const asked = await metricHeads(env, name, homes);
  const head = asked.heads.get(name);
  const stored = await askDatabases(env, (db) => readMetric(db, name));
  const missing = [...asked.missing, ...stored.missing];
  const rows = stored.answers.flatMap((answer) => answer.series);
  const series = new Set([...rows.map(({ labels }) => labels), ...(head?.fresh ?? [])]);
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
    ...rows.map((row) => ({ firstAt: row.first_at, lastAt: row.last_at, last: row.last })),
    ...(head === undefined ? [] : [head]),
  ];
  const described = descriptionsOf(stored.answers.flatMap((answer) => answer.described));
  const description = withHeads(described.get(name), [head?.description]) ?? NOTHING_SAID;
  const answer = {
    name,
    series: series.size,
    labelNames: [...counts.keys()].sort(),
    firstAt: sides.reduce((first, side) => Math.min(first, side.firstAt), Infinity),
    ...latestOf(sides, Date.now()),
    ...shown(name, description),
    ...(Object.keys(description.set).length > 0 && { set: description.set }),
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
  return { answer, description };
}
