// What metrics there are: the series of D1 and what the shards know beyond them.
// Shards are asked first: a series that reaches D1 in between is then found twice, never not at all,
// and the read of D1 sorts out the double ones.

import { distance } from "fastest-levenshtein";
import type { MetricAnswer, MetricsAnswer, MetricSummary } from "../../core/api.ts";
import { chunked } from "../../d1/chunked.ts";
import { parseLabelsJson } from "../../core/series/labels.ts";
import { compareNames, lower, type NamePage } from "../../core/series/names.ts";
import type { MetricHead, WantedMetrics } from "../../durable/metrics.ts";
import { configOf, type Env } from "../env.ts";
import { fail } from "../http/failure.ts";
import { d1Failed } from "./unavailable.ts";
import { callShard, countRead, firstShards, homesOf, layoutsInUse } from "../shards.ts";

/** What these shards know of the metrics asked for, merged by metric. */
async function metricHeads(
  env: Env,
  wanted: WantedMetrics,
  asked: readonly number[],
): Promise<Map<string, MetricHead>> {
  const heads = await Promise.all(
    asked.map((shard) => callShard(env, shard, async (stub) => await stub.metrics(wanted))),
  );
  const merged = new Map<string, MetricHead>();
  for (const head of heads.flat()) {
    const other = merged.get(head.name);
    merged.set(head.name, other === undefined ? head : mergeHeads(other, head));
  }
  return merged;
}

/** The same of all shards where such metrics may lie. */
async function allHeads(env: Env, wanted: WantedMetrics): Promise<Map<string, MetricHead>> {
  const layouts = await layoutsInUse(env).catch(d1Failed);
  const asked =
    typeof wanted === "string" ? homesOf(wanted, layouts) : firstShards(Math.max(...layouts));
  return metricHeads(env, wanted, asked);
}

const mergeHeads = (a: MetricHead, b: MetricHead): MetricHead => ({
  name: a.name,
  firstAt: Math.min(a.firstAt, b.firstAt),
  ...latest(a, b),
  fresh: [...new Set([...a.fresh, ...b.fresh])],
});

/** The later of two last values; among equal times the larger, as in a bucket. */
const latest = <T extends { lastAt: number; last: number }>(
  a: T,
  b: T,
): { lastAt: number; last: number } => {
  const { lastAt, last } =
    b.lastAt > a.lastAt || (b.lastAt === a.lastAt && b.last > a.last) ? b : a;
  return { lastAt, last };
};

interface StoredMetric {
  readonly metric: string;
  readonly series: number;
  readonly first_at: number;
  readonly last_at: number;
  readonly last: number;
  /** JSON: an array of label names. */
  readonly labels: string;
}

export interface MetricsQuery {
  /** Part of the name, any case. */
  readonly search: string;
  readonly limit: number;
  /** The list starts behind this name. */
  readonly after: string;
}

export async function listMetrics(env: Env, query: MetricsQuery): Promise<MetricsAnswer> {
  const { after, limit } = query;
  // One more tells whether the list goes on. A name of the page is among the first of its own shard.
  const page: NamePage = { after, search: lower(query.search), limit: limit + 1 };
  const { shards } = configOf(env);
  let heads = await metricHeads(env, page, firstShards(shards));
  let stored = await readPage(env, page, heads);
  // SHARDS was lowered and the cron has not moved everything yet: ask where it may be as well.
  const most = Math.max(shards, ...stored.layouts);
  if (most > shards) {
    heads = await metricHeads(env, page, firstShards(most));
    stored = await readPage(env, page, heads);
  }
  const { metrics: byName, fresh } = stored;
  const names = [...new Set([...byName.keys(), ...heads.keys()])].sort(compareNames);
  const metrics = names
    .slice(0, limit)
    .map((name) => summary(name, byName.get(name), heads.get(name), fresh.get(name) ?? []));
  const last = metrics.at(-1);
  return { metrics, ...(names.length > limit && last !== undefined && { cursor: last.name }) };
}

interface FreshSeries {
  readonly metric: string;
  /** Labels JSON. */
  readonly labels: string;
}

interface StoredPage {
  readonly metrics: ReadonlyMap<string, StoredMetric>;
  /** The series that only shards know, by metric. */
  readonly fresh: ReadonlyMap<string, readonly FreshSeries[]>;
  /** Values of SHARDS under which points may lie in shards. */
  readonly layouts: readonly number[];
}

/** What D1 holds of a page, and which series of `heads` it does not hold: in one snapshot. */
async function readPage(
  env: Env,
  { after, search, limit }: NamePage,
  heads: ReadonlyMap<string, MetricHead>,
): Promise<StoredPage> {
  const db = env.DB.withSession();
  // Names of the page are among the first that the shards together know.
  const first = [...heads.keys()].sort(compareNames).slice(0, limit);
  const maybeFresh = first.flatMap((name) =>
    (heads.get(name)?.fresh ?? []).map((labels): [string, string] => [name, labels]),
  );
  const results = await db
    .batch([
      db
        .prepare(
          `SELECT metric, count(*) AS series, min(first_at) AS first_at, max(last_at) AS last_at,
             (SELECT last FROM series AS s WHERE s.metric = series.metric
              ORDER BY last_at DESC, last DESC LIMIT 1) AS last,
             (SELECT json_group_array(DISTINCT l.key)
              FROM series AS s CROSS JOIN json_each(s.labels) AS l
              WHERE s.metric = series.metric) AS labels
           FROM series WHERE metric > ?1 AND instr(lower(metric), ?2) > 0
           GROUP BY metric ORDER BY metric LIMIT ?3`,
        )
        .bind(after, search, limit),
      db.prepare("SELECT shards FROM layouts"),
      ...chunked(maybeFresh, ([name, labels]) => 6 * (name.length + labels.length) + 8).map(
        (chunk) =>
          db
            .prepare(
              `SELECT f.value ->> 0 AS metric, f.value ->> 1 AS labels FROM json_each(?) AS f
               WHERE NOT EXISTS (SELECT 1 FROM series AS s
                 WHERE s.metric = f.value ->> 0 AND s.labels = f.value ->> 1)`,
            )
            .bind(JSON.stringify(chunk)),
      ),
    ])
    .catch(d1Failed);
  for (const { meta } of results) countRead(meta.rows_read);
  const rows = <T>(of: readonly D1Result[]): T[] => of.flatMap(({ results }) => results as T[]);
  const [metrics, layouts, ...freshRows] = results;
  return {
    metrics: new Map(rows<StoredMetric>([metrics!]).map((row) => [row.metric, row])),
    fresh: Map.groupBy(rows<FreshSeries>(freshRows), ({ metric }) => metric),
    layouts: rows<{ shards: number }>([layouts!]).map(({ shards }) => shards),
  };
}

function summary(
  name: string,
  stored: StoredMetric | undefined,
  head: MetricHead | undefined,
  fresh: readonly FreshSeries[],
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
    ...sides.map(({ lastAt, last }) => ({ lastAt, last })).reduce((a, b) => latest(a, b)),
  };
}

/** Label values listed of a label: the most frequent. */
const VALUES_LISTED = 100;

/** One metric with its labels; undefined when it is not known. */
export async function describeMetric(env: Env, name: string): Promise<MetricAnswer | undefined> {
  const head = (await allHeads(env, name)).get(name);
  const { results, meta } = await env.DB.withSession()
    .prepare("SELECT labels, first_at, last_at, last FROM series WHERE metric = ?")
    .bind(name)
    .all<{ labels: string; first_at: number; last_at: number; last: number }>()
    .catch(d1Failed);
  countRead(meta.rows_read);
  const series = new Set([...results.map(({ labels }) => labels), ...(head?.fresh ?? [])]);
  if (series.size === 0) return undefined;
  const counts = new Map<string, Map<string, number>>();
  for (const json of series)
    for (const [label, value] of parseLabelsJson(json)) {
      const values = counts.get(label) ?? new Map<string, number>();
      counts.set(label, values.set(value, (values.get(value) ?? 0) + 1));
    }
  const sides = [
    ...results.map((row) => ({ firstAt: row.first_at, lastAt: row.last_at, last: row.last })),
    ...(head === undefined ? [] : [head]),
  ];
  return {
    name,
    series: series.size,
    labelNames: [...counts.keys()].sort(),
    firstAt: sides.reduce((first, side) => Math.min(first, side.firstAt), Infinity),
    ...sides.map(({ lastAt, last }) => ({ lastAt, last })).reduce((a, b) => latest(a, b)),
    labels: [...counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([label, values]) => ({
        name: label,
        distinct: values.size,
        values: [...values]
          .map(([value, of]) => ({ value, series: of }))
          .sort((a, b) => b.series - a.series || (a.value < b.value ? -1 : 1))
          .slice(0, VALUES_LISTED),
      })),
  };
}

/** Names that an unknown one is compared with at most. */
const NAMES_COMPARED = 10_000;

/** @throws Failed: no such metric, with the three names that look most like it. */
export async function failUnknown(env: Env, name: string): Promise<never> {
  const heads = await allHeads(env, { after: "", search: "", limit: NAMES_COMPARED });
  const { results, meta } = await env.DB.withSession()
    .prepare("SELECT DISTINCT metric FROM series LIMIT ?")
    .bind(NAMES_COMPARED)
    .all<{ metric: string }>()
    .catch(d1Failed);
  countRead(meta.rows_read);
  const nearest = [...new Set([...heads.keys(), ...results.map(({ metric }) => metric)])]
    .map((other) => ({ other, far: distance(name.toLowerCase(), other.toLowerCase()) }))
    .sort((a, b) => a.far - b.far || (a.other < b.other ? -1 : 1))
    .slice(0, 3)
    .map(({ other }) => other);
  const quoted = nearest.map((other) => `"${other}"`).join(", ");
  const hint = nearest.length === 0 ? "The store has none yet" : `Nearest: ${quoted}`;
  return fail({ kind: "unknown_metric", message: `no metric "${name}". ${hint}`, nearest });
}
