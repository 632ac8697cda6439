// What D1 knows of metrics and series: names, labels, when they were seen; what is said of them.

import { chunked } from "./chunked.ts";
import { compareNames, endOf, type NamePage } from "../core/series/names.ts";
import { batch, type Database, type Query, query, type RowCount } from "./database.ts";
import { SELECT_LAYOUTS, shardsOf } from "./layouts.ts";
import type { Description } from "../core/series/description.ts";
import type { MetricRow, SeriesRow } from "./rows.ts";

/** A metric, of all its series in a database together. */
export interface StoredMetric extends Pick<SeriesRow, "metric" | "first_at" | "last_at" | "last"> {
  readonly series: number;
  /** JSON: an array of label names. */
  readonly labels: string;
}

export type SeriesName = Pick<SeriesRow, "metric" | "labels">;

/** A part of the list of all; or, with `names`, these alone, at most as many as the limit is. */
export interface AskedPage extends NamePage {
  readonly names?: readonly string[];
}

export interface StoredPage {
  readonly metrics: readonly StoredMetric[];
  /** What is known of these besides, where anything is. */
  readonly described: readonly MetricRow[];
  /** Those of the series asked about that D1 does not hold. */
  readonly fresh: readonly SeriesName[];
  /** Values of SHARDS under which points may lie in shards. */
  readonly layouts: readonly number[];
  readonly counted: RowCount;
}

/**
 * A page of the list, and which of `maybeFresh` D1 does not hold: in one snapshot. Times
 * after `latest` are not believed where there are others. @throws D1Failed
 */
export async function readPage(
  db: Database,
  { after, prefix, search, limit, names }: AskedPage,
  maybeFresh: readonly SeriesName[],
  latest: number,
): Promise<StoredPage> {
  const end = endOf(prefix);
  /** The page begins with the first name of all that begin with the prefix. */
  const isWithin = compareNames(after, prefix) < 0;
  const within =
    names === undefined
      ? `WHERE metric ${isWithin ? ">=" : ">"} ?1 AND instr(lower(metric), ?2) > 0
         ${end === undefined ? "" : "AND metric < ?4"}`
      : "WHERE metric IN (SELECT value FROM json_each(?4))";
  const bound = names === undefined ? end : JSON.stringify(names);
  const page = [isWithin ? prefix : after, search, limit];
  const { rows, counted } = await batch(db, {
    // Every one of them has a series, so that the first of these are of the first of those.
    described: query<MetricRow>(
      `SELECT * FROM metric ${within} ORDER BY metric LIMIT ?3`,
      ...page,
      ...(bound === undefined ? [] : [bound]),
    ),
    metrics: query<StoredMetric>(
      `SELECT metric, count(*) AS series, min(first_at) AS first_at,
         coalesce(max(last_at) FILTER (WHERE last_at <= ?5), max(last_at)) AS last_at,
         (SELECT last FROM series AS s WHERE s.metric = series.metric
          ORDER BY last_at <= ?5 DESC, last_at DESC, last DESC LIMIT 1) AS last,
         (SELECT json_group_array(DISTINCT l.key)
          FROM series AS s CROSS JOIN json_each(s.labels) AS l
          WHERE s.metric = series.metric) AS labels
       FROM series ${within} GROUP BY metric ORDER BY metric LIMIT ?3`,
      ...page,
      bound ?? null,
      latest,
    ),
    layouts: SELECT_LAYOUTS,
    fresh: chunked(maybeFresh, bytesOf).map((chunk) =>
      query<SeriesName>(
        `SELECT f.value ->> 0 AS metric, f.value ->> 1 AS labels FROM json_each(?) AS f
         WHERE NOT EXISTS (SELECT 1 FROM series AS s
           WHERE s.metric = f.value ->> 0 AND s.labels = f.value ->> 1)`,
        JSON.stringify(chunk.map(({ metric, labels }) => [metric, labels])),
      ),
    ),
  });
  return { ...rows, layouts: shardsOf(rows.layouts), counted };
}

/** Bytes that a name may take as JSON. */
const bytesOf = ({ metric, labels }: SeriesName): number => 6 * (metric.length + labels.length) + 8;

/** All series of metrics, by their names alone. @throws D1Failed */
export async function readLabels(
  db: Database,
  metrics: readonly string[],
): Promise<{ readonly series: readonly SeriesName[]; readonly counted: RowCount }> {
  const { rows, counted } = await batch(db, {
    series: query<SeriesName>(
      `SELECT s.metric, s.labels FROM json_each(?) AS m CROSS JOIN series AS s
       WHERE s.metric = m.value`,
      JSON.stringify(metrics),
    ),
  });
  return { series: rows.series, counted };
}

export type SeenSeries = Pick<SeriesRow, "labels" | "first_at" | "last_at" | "last">;

/** What is known of a metric besides its series, in the words of the shards. */
export const descriptionOf = (row: MetricRow): Description => ({
  said: saidIn(row.type, row.unit, row.help),
  saidAt: row.said_at,
  set: saidIn(row.set_type, row.set_unit, row.set_help),
  setAt: row.set_at,
});

const saidIn = (
  type: MetricRow["type"],
  unit: string | null,
  help: string | null,
): Description["said"] => ({
  ...(type !== null && { type }),
  ...(unit !== null && { unit }),
  ...(help !== null && { help }),
});

export const describedBy = (metric: string): Query<MetricRow> =>
  query("SELECT * FROM metric WHERE metric = ?", metric);

/** What is known of metrics besides their series, by name, of at most `limit`. @throws D1Failed */
export async function readDescribed(
  db: Database,
  metric: string | undefined,
  limit: number,
): Promise<{ readonly described: readonly MetricRow[]; readonly counted: RowCount }> {
  const { rows, counted } = await batch(db, {
    described:
      metric === undefined
        ? query<MetricRow>("SELECT * FROM metric ORDER BY metric LIMIT ?", limit)
        : describedBy(metric),
  });
  return { described: rows.described, counted };
}

/** All series of a metric, and what is known of it besides. @throws D1Failed */
export async function readMetric(
  db: Database,
  metric: string,
): Promise<{
  readonly series: readonly SeenSeries[];
  readonly described: readonly MetricRow[];
  readonly counted: RowCount;
}> {
  const { rows, counted } = await batch(db, {
    described: describedBy(metric),
    series: query<SeenSeries>(
      "SELECT labels, first_at, last_at, last FROM series WHERE metric = ?",
      metric,
    ),
  });
  return { ...rows, counted };
}

/** Names of metrics that begin with `prefix`, in order, at most `limit`. @throws D1Failed */
export async function readNames(
  db: Database,
  prefix: string,
  limit: number,
): Promise<{ readonly names: readonly string[]; readonly counted: RowCount }> {
  const end = endOf(prefix);
  const before = end === undefined ? "" : "AND metric < ?3";
  const { rows, counted } = await batch(db, {
    // A skip scan: a seek or two a name, not a row a series.
    names: query<{ readonly name: string }>(
      `WITH RECURSIVE names (name) AS (
         SELECT min(metric) FROM series WHERE metric >= ?2 ${before}
         UNION ALL
         SELECT (SELECT min(metric) FROM series WHERE metric > names.name ${before}) FROM names
         WHERE name IS NOT NULL
       )
       SELECT name FROM names WHERE name IS NOT NULL LIMIT ?1`,
      limit,
      prefix,
      ...(end === undefined ? [] : [end]),
    ),
  });
  return { names: rows.names.map(({ name }) => name), counted };
}
