// Reads what D1 holds for a query, in one batch: series, watermarks, dirty marks and segments are
// of one snapshot. What it means is decided by core/plan.ts.

import * as LIMITS from "../../core/limits.ts";
import type { Matcher } from "../../core/query/matcher.ts";
import { type Gone, hoursOf, type Plan, spans } from "../../core/query/plan.ts";
import { dayOf } from "../../core/tiers.ts";
import { HOURS_OF_DAY } from "../../d1/hours.ts";
import { countRead } from "../shards.ts";

/** A minute segment (one part), or a segment of the plan's own tier. */
export interface SegmentRow {
  readonly series_id: number;
  /** Hour, UTC day or year: the table's own. */
  readonly span: number;
  readonly body: string;
}

/** How far D1 is: what must be known beside the segments of any snapshot. */
export interface Extent {
  /** Watermarks by shard. */
  readonly flushed: ReadonlyMap<number, number>;
  /** Values of SHARDS under which points may lie in shards. */
  readonly layouts: readonly number[];
  readonly gone: Gone;
}

export interface Snapshot extends Extent {
  /** Labels JSON by series id. */
  readonly series: ReadonlyMap<number, string>;
  readonly dirty: ReadonlySet<string>;
  /** Segments of the tier; for the minute tier that is all there is. */
  readonly segments: readonly SegmentRow[];
  /** Minute segments of dirty days, for the hour and day tiers. */
  readonly minutes: readonly SegmentRow[];
}

/** The key of a (UTC day, series) in `Snapshot.dirty`. */
export const dirtyKey = (day: number, series: number): string => `${day}/${series}`;

export interface SnapshotQuery {
  readonly metric: string;
  readonly matchers: readonly Matcher[];
  readonly plan: Plan;
  readonly shards: readonly number[];
}

/** @throws when D1 fails; Failed when the query would read too much. */
export async function readSnapshot(db: D1DatabaseSession, query: SnapshotQuery): Promise<Snapshot> {
  const { extent, rows } = await batch(db, query.shards, statementsOf(db, query));
  return {
    ...extent,
    series: new Map(rows<{ id: number; labels: string }>(3).map((r) => [r.id, r.labels])),
    segments: rows<SegmentRow>(4),
    dirty: new Set(
      rows<{ day: number; series_id: number }>(5).map((r) => dirtyKey(r.day, r.series_id)),
    ),
    minutes: rows<SegmentRow>(6),
  };
}

/** The minute segments of all series of metrics; `metric` is a position in `metrics`. */
export interface MinutesSnapshot extends Extent {
  readonly minutes: readonly (Pick<SegmentRow, "span" | "body"> & { readonly metric: number })[];
}

/** The minutes of a plan by minute, of many metrics at once. @throws when D1 fails. */
export async function readMinutes(
  db: D1DatabaseSession,
  query: Omit<SnapshotQuery, "metric" | "matchers"> & { readonly metrics: readonly string[] },
): Promise<MinutesSnapshot> {
  const { extent, rows } = await batch(db, query.shards, [
    db
      .prepare(
        `SELECT m.key AS metric, t.hour AS span, t.body
         FROM json_each(?) AS m CROSS JOIN series AS s CROSS JOIN json_each(?) AS h
           CROSS JOIN minute AS t
         WHERE s.metric = m.value AND t.hour = h.value AND t.series_id = s.id LIMIT ${LIMIT}`,
      )
      .bind(JSON.stringify(query.metrics), JSON.stringify(spans(query.plan))),
  ]);
  return { ...extent, minutes: rows(3) };
}

/** Runs statements in one snapshot with what every snapshot must know, which takes places 0 to 2. */
async function batch(
  db: D1DatabaseSession,
  shards: readonly number[],
  statements: readonly D1PreparedStatement[],
): Promise<{ readonly extent: Extent; readonly rows: <T>(i: number) => T[] }> {
  const results = await db.batch<Record<string, unknown>>([
    db
      .prepare(`SELECT shard, page FROM flushed WHERE shard IN (SELECT value FROM json_each(?))`)
      .bind(JSON.stringify(shards)),
    db.prepare(`SELECT name, value FROM progress`),
    db.prepare(`SELECT shards FROM layouts`),
    ...statements,
  ]);
  for (const { meta } of results) countRead(meta.rows_read);
  const rows = <T>(i: number): T[] => (results[i]?.results ?? []) as T[];
  const progress = new Map(rows<{ name: string; value: number }>(1).map((r) => [r.name, r.value]));
  const extent = {
    flushed: new Map(rows<{ shard: number; page: number }>(0).map((r) => [r.shard, r.page])),
    layouts: rows<{ shards: number }>(2).map((row) => row.shards),
    gone: { day: progress.get("goneDay") ?? 0, series: progress.get("goneSeries") ?? 0 },
  };
  return { extent, rows };
}

function statementsOf(db: D1DatabaseSession, query: SnapshotQuery): D1PreparedStatement[] {
  const { plan } = query;
  const { cte, params } = idsOf(query);
  const statements = [
    db
      .prepare(`${cte} SELECT id, labels FROM ids LIMIT ${LIMITS.seriesRowsPerQuery + 1}`)
      .bind(...params),
  ];
  if (plan.kept >= plan.to) return statements;
  const keys = spans(plan);
  if (plan.tier === "minute") {
    // Minutes are keyed by hour first, so each (hour, series) is a seek: no more than it allows.
    const series = Math.floor(LIMITS.seeksPerQuery / keys.length);
    statements.push(
      db
        .prepare(
          `${cte} SELECT t.series_id, t.hour AS span, t.body
           FROM ids CROSS JOIN json_each(?) AS h CROSS JOIN minute AS t
           WHERE t.hour = h.value AND t.series_id = ids.id
             AND (SELECT count(*) FROM ids) <= ${series} LIMIT ${LIMIT}`,
        )
        .bind(...params, JSON.stringify(keys)),
    );
    return statements;
  }
  const span = plan.tier === "hour" ? "day" : "year";
  const from = dayOf(plan.kept);
  const to = dayOf(plan.to - 1);
  // Days with marks are few: a skip scan finds them without reading the marks of other series.
  const marks = `${cte}, days (day) AS (
      SELECT min(day) FROM dirty WHERE day >= ?
      UNION ALL
      SELECT (SELECT min(day) FROM dirty WHERE day > days.day) FROM days WHERE day < ?
    ), marks AS (
      SELECT t.day, t.series_id FROM days CROSS JOIN ids CROSS JOIN dirty AS t
      WHERE days.day <= ? AND t.day = days.day AND t.series_id = ids.id
    )`;
  statements.push(
    db
      .prepare(
        `${cte} SELECT t.series_id, t.${span} AS span, t.body
         FROM ids CROSS JOIN ${plan.tier} AS t
         WHERE t.series_id = ids.id AND t.${span} BETWEEN ? AND ? LIMIT ${LIMIT}`,
      )
      .bind(...params, keys[0] ?? 0, keys.at(-1) ?? 0),
    db
      .prepare(`${marks} SELECT day, series_id FROM marks LIMIT ${LIMIT}`)
      .bind(...params, from, to, to),
    db
      .prepare(
        `${marks} SELECT t.series_id, t.hour AS span, t.body
         FROM marks CROSS JOIN ${HOURS_OF_DAY} AS h CROSS JOIN minute AS t
         WHERE t.hour = marks.day * 24 + h.value AND t.series_id = marks.series_id
           AND marks.day * 24 + h.value BETWEEN ? AND ? LIMIT ${LIMIT}`,
      )
      .bind(...params, from, to, to, hoursOf(plan, from)[0] ?? 0, hoursOf(plan, to).at(-1) ?? 0),
  );
  return statements;
}

/** One more than a query may read, so that too many is seen. */
const LIMIT = LIMITS.segmentsPerQuery + 1;

/** The series of the metric. Matchers that SQL can answer exactly narrow them; all are run again. */
function idsOf({ metric, matchers }: SnapshotQuery): { cte: string; params: string[] } {
  const conditions = ["metric = ?"];
  const params = [metric];
  for (const { label, op, value } of matchers)
    if ((op === "=" || op === "!=") && /^[\w.:/ -]+$/.test(label)) {
      conditions.push(`coalesce(labels ->> ?, '') ${op} ?`);
      params.push(`$."${label}"`, value);
    }
  const cte = `WITH RECURSIVE ids (id, labels) AS (
      SELECT id, labels FROM series WHERE ${conditions.join(" AND ")}
    )`;
  return { cte, params };
}
