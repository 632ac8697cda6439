// Rolls dirty days up: minute segments → the hour segment of the day and its slot in the year.
//
// One snapshot is read, merged here, and written in one batch that does nothing unless the
// watermarks of all shards and the roll-up's own version are still those of the snapshot. So a run
// that is late, doubled, or overlaps a flush or another run, changes nothing; the next run does it.

import type { Buckets } from "../../core/bucket.ts";
import { chunked } from "../../d1/chunked.ts";
import * as LIMITS from "../../core/limits.ts";
import { isGone } from "../../core/query/plan.ts";
import { encodeHours, replaceDays, rollUpDay } from "../../core/rollup.ts";
import { DAY, dayOf, yearOf } from "../../core/tiers.ts";
import { HOURS_OF_DAY, rowsOf, type StepResult } from "./step.ts";

/** A day is rolled up from this long after its end, ms: by then every shard has flushed it. */
const CLOSED_AFTER = 90 * 60_000;

const WATERMARKS = `(SELECT coalesce(group_concat(shard || ':' || page, ','), '')
  FROM (SELECT shard, page FROM flushed ORDER BY shard))`;
const VERSION = `coalesce((SELECT value FROM progress WHERE name = 'rollup'), 0)`;

/** The oldest dirty days that are closed. ?1 is the last closed day, ?2 how many. */
const PAIRS = `WITH pairs (day, series_id) AS (
  SELECT day, series_id FROM dirty WHERE day <= ?1 ORDER BY day, series_id LIMIT ?2)`;

/** One bounded round. */
export async function rollUp(db: D1Database, now: number): Promise<StepResult> {
  const lastClosed = dayOf(now - CLOSED_AFTER) - 1;
  const read = await readDirty(db.withSession("first-primary"), lastClosed);
  if (read.pairs.length === 0) return { rows: read.rows, more: false };
  const hours: Rolled[] = [];
  const late: [number, number][] = [];
  /** Day buckets by series, then year, then day. */
  const days = new Map<string, { series: number; year: number; days: Map<number, Buckets> }>();
  for (const { day, series_id: series } of read.pairs) {
    const gone = isGone(read.gone, day, series);
    const key = `${day}/${series}`;
    const year = yearOf(day * DAY);
    const yearKey = `${year}/${series}`;
    const kept = { hours: read.hours.get(key) ?? null, year: read.years.get(yearKey) ?? null };
    const minutes = read.minutes.get(key) ?? [];
    const rolled = rollUpDay({ day, minutes, late: gone ? kept : null });
    hours.push([day, series, encodeHours(rolled.hours, day)]);
    if (gone) late.push([day, series]);
    const ofYear = days.get(yearKey) ?? { series, year, days: new Map<number, Buckets>() };
    ofYear.days.set(day, rolled.day);
    days.set(yearKey, ofYear);
  }
  const years = [...days].map(([key, { series, year, days: replaced }]): Rolled => [
    year,
    series,
    replaceDays(year, read.years.get(key) ?? null, replaced),
  ]);
  const results = await write(db, read, { hours, years, late });
  const applied = (results.at(-1)?.meta.changes ?? 0) > 0;
  const rows = rowsOf(results);
  return {
    rows: { written: rows.written, read: rows.read + read.rows.read },
    // A guard that failed is no reason to stop: the next round reads again.
    more: !applied || read.pairs.length === LIMITS.pairsPerRollup,
  };
}

interface Dirty {
  readonly pairs: readonly { day: number; series_id: number }[];
  readonly gone: { day: number; series: number };
  readonly watermarks: string;
  readonly version: number;
  /** By `day/series`. */
  readonly minutes: ReadonlyMap<string, readonly { hour: number; body: string }[]>;
  readonly hours: ReadonlyMap<string, string>;
  /** By `year/series`. */
  readonly years: ReadonlyMap<string, string>;
  readonly rows: StepResult["rows"];
}

async function readDirty(db: D1DatabaseSession, lastClosed: number): Promise<Dirty> {
  const bound = (sql: string): D1PreparedStatement =>
    db.prepare(`${PAIRS} ${sql}`).bind(lastClosed, LIMITS.pairsPerRollup);
  const results = await db.batch<Record<string, unknown>>([
    bound(`SELECT day, series_id FROM pairs`),
    db.prepare(
      `SELECT ${WATERMARKS} AS watermarks, ${VERSION} AS version,
         coalesce((SELECT value FROM progress WHERE name = 'goneDay'), 0) AS goneDay,
         coalesce((SELECT value FROM progress WHERE name = 'goneSeries'), 0) AS goneSeries`,
    ),
    bound(
      `SELECT pairs.day, m.series_id, m.hour, m.body
       FROM pairs CROSS JOIN ${HOURS_OF_DAY} AS h
         CROSS JOIN minute AS m
       WHERE m.hour = pairs.day * 24 + h.value AND m.series_id = pairs.series_id`,
    ),
    bound(
      `SELECT t.day, t.series_id, t.body FROM pairs CROSS JOIN hour AS t
       WHERE t.day = pairs.day AND t.series_id = pairs.series_id`,
    ),
    bound(
      `SELECT DISTINCT t.year, t.series_id, t.body FROM pairs CROSS JOIN day AS t
       WHERE t.year = CAST(strftime('%Y', pairs.day * 86400, 'unixepoch') AS INTEGER)
         AND t.series_id = pairs.series_id`,
    ),
  ]);
  const rows = <T>(i: number): T[] => (results[i]?.results ?? []) as T[];
  const [head] = rows<{ watermarks: string; version: number; goneDay: number; goneSeries: number }>(
    1,
  );
  if (head === undefined) throw new Error("D1 answered a SELECT without FROM with no row");
  const minutes = new Map<string, { hour: number; body: string }[]>();
  for (const row of rows<{ day: number; series_id: number; hour: number; body: string }>(2)) {
    const key = `${row.day}/${row.series_id}`;
    const parts = minutes.get(key);
    if (parts === undefined) minutes.set(key, [row]);
    else parts.push(row);
  }
  return {
    pairs: rows(0),
    gone: { day: head.goneDay, series: head.goneSeries },
    watermarks: head.watermarks,
    version: head.version,
    minutes,
    hours: new Map(
      rows<{ day: number; series_id: number; body: string }>(3).map((r) => [
        `${r.day}/${r.series_id}`,
        r.body,
      ]),
    ),
    years: new Map(
      rows<{ year: number; series_id: number; body: string }>(4).map((r) => [
        `${r.year}/${r.series_id}`,
        r.body,
      ]),
    ),
    rows: rowsOf(results),
  };
}

/** [UTC day or year, series id, body] */
type Rolled = readonly [span: number, series: number, body: string];

interface RolledUp {
  readonly hours: readonly Rolled[];
  readonly years: readonly Rolled[];
  /** (day, series) pairs whose minutes are now in the coarse segments, and must go. */
  readonly late: readonly unknown[];
}

async function write(db: D1Database, read: Dirty, rolled: RolledUp): Promise<D1Result[]> {
  const guard = `${WATERMARKS} = ?2 AND ${VERSION} = ?3`;
  const bound = (sql: string, rows: unknown): D1PreparedStatement =>
    db.prepare(sql).bind(JSON.stringify(rows), read.watermarks, read.version);
  const upsert = (table: string, span: string, rows: readonly Rolled[]): D1PreparedStatement[] =>
    chunked(rows, ([, , body]) => body.length + 40).map((chunk) =>
      bound(
        `INSERT INTO ${table} (${span}, series_id, body)
         SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1) WHERE ${guard}
         ON CONFLICT (${span}, series_id) DO UPDATE SET body = excluded.body`,
        chunk,
      ),
    );
  const statements = [
    ...upsert("hour", "day", rolled.hours),
    ...upsert("day", "year", rolled.years),
  ];
  if (rolled.late.length > 0)
    statements.push(
      bound(
        `DELETE FROM minute WHERE ${guard} AND (hour, series_id) IN (
           SELECT (p.value ->> 0) * 24 + h.value, p.value ->> 1
           FROM json_each(?1) AS p CROSS JOIN ${HOURS_OF_DAY} AS h)`,
        rolled.late,
      ),
    );
  statements.push(
    bound(
      `DELETE FROM dirty WHERE ${guard} AND (day, series_id) IN (
         SELECT value ->> 0, value ->> 1 FROM json_each(?1))`,
      read.pairs.map(({ day, series_id }) => [day, series_id]),
    ),
    bound(
      `INSERT INTO progress (name, value) SELECT 'rollup', ?3 + 1 WHERE ${guard} AND ?1 IS NOT NULL
       ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
      [],
    ),
  );
  return await db.batch(statements);
}
