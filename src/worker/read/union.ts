// The pages of the list that databases gave, as one. A metric may be in several of them, and the same
// series too: it counts once. Pure.

import { later, type LastSeen } from "../../core/series/last-seen.ts";
import { type Description, mergeDescriptions, withHead } from "../../core/series/description.ts";
import { descriptionOf, type SeriesName, type StoredPage } from "../../d1/catalogue.ts";
import type { MetricRow } from "../../d1/rows.ts";

/** A metric, of all its series in all databases. */
export interface StoredMetric extends LastSeen {
  readonly series: number;
  readonly labelNames: ReadonlySet<string>;
  /** Unix ms. */
  readonly firstAt: number;
}

/** What is known of metrics besides their series, from all databases. */
export function descriptionsOf(rows: readonly MetricRow[]): Map<string, Description> {
  const all = new Map<string, Description>();
  for (const row of rows) {
    const before = all.get(row.metric);
    const one = descriptionOf(row);
    all.set(row.metric, before === undefined ? one : mergeDescriptions(before, one));
  }
  return all;
}

/** What several know of a metric; undefined: none does. */
export function merged(all: readonly (Description | undefined)[]): Description | undefined {
  const known = all.filter((one) => one !== undefined);
  return known.length === 0 ? undefined : known.reduce(mergeDescriptions);
}

/** What databases hold, with what shards say on top. */
export function withHeads(
  stored: Description | undefined,
  heads: readonly (Description | undefined)[],
): Description | undefined {
  const head = merged(heads);
  return stored === undefined || head === undefined ? (head ?? stored) : withHead(stored, head);
}

export interface StoredMetrics {
  readonly described: ReadonlyMap<string, Description>;
  readonly metrics: ReadonlyMap<string, StoredMetric>;
  /** Series asked about that no database holds. */
  readonly fresh: readonly SeriesName[];
  /** Values of SHARDS under which points may lie in shards. */
  readonly layouts: readonly number[];
}

/** Metrics that are in several pages: of them, the names of all series are to be read. */
export function sharedOf(pages: readonly StoredPage[]): readonly string[] {
  const times = new Map<string, number>();
  for (const { metric } of pages.flatMap(({ metrics }) => metrics))
    times.set(metric, (times.get(metric) ?? 0) + 1);
  return [...times].filter(([, n]) => n > 1).map(([metric]) => metric);
}

/** `shared`: the series of those in several pages, of each database. `now`: Unix ms. */
export function union(
  pages: readonly StoredPage[],
  shared: readonly { readonly series: readonly SeriesName[] }[],
  now: number,
): StoredMetrics {
  const metrics = new Map<string, StoredMetric>();
  for (const row of pages.flatMap((page) => page.metrics)) {
    const before = metrics.get(row.metric);
    const seen = { lastAt: row.last_at, last: row.last };
    const labelNames: readonly string[] = JSON.parse(row.labels);
    metrics.set(row.metric, {
      series: (before?.series ?? 0) + row.series,
      labelNames: new Set([...(before?.labelNames ?? []), ...labelNames]),
      firstAt: Math.min(before?.firstAt ?? Infinity, row.first_at),
      ...(before === undefined ? seen : later(before, seen, now)),
    });
  }
  const distinct = Map.groupBy(
    shared.flatMap(({ series }) => series),
    ({ metric }) => metric,
  );
  for (const [metric, series] of distinct) {
    const of = metrics.get(metric);
    const names = new Set(series.map(({ labels }) => labels));
    if (of !== undefined) metrics.set(metric, { ...of, series: names.size });
  }
  const described = descriptionsOf(pages.flatMap((page) => page.described));
  return {
    metrics,
    described,
    fresh: freshOf(pages),
    layouts: pages.flatMap(({ layouts }) => layouts),
  };
}

/** What is fresh to all of them. */
function freshOf(pages: readonly StoredPage[]): readonly SeriesName[] {
  const times = new Map<string, { readonly name: SeriesName; readonly n: number }>();
  for (const name of pages.flatMap(({ fresh }) => fresh)) {
    const key = name.metric + name.labels;
    times.set(key, { name, n: (times.get(key)?.n ?? 0) + 1 });
  }
  return [...times.values()].filter(({ n }) => n === pages.length).map(({ name }) => name);
}
