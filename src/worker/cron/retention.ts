// Retention. Minutes of a (UTC day, series) go at once, in one batch with the progress, in the order
// of (day, series), so that everybody knows of each whether its minutes are gone. A dirty day keeps
// its minutes until it is rolled up. Hours and days go by their keys, oldest first.

import * as LIMITS from "../../core/limits.ts";
import { keptFrom, type Retention } from "../../core/query/plan.ts";
import { dayOf, yearOf } from "../../core/tiers.ts";
import { HOURS_OF_DAY, rowsOf, type StepResult } from "./step.ts";

const NOTHING: StepResult = { rows: { written: 0, read: 0 }, more: false };

const GONE_DAY = `coalesce((SELECT value FROM progress WHERE name = 'goneDay'), 0)`;
const GONE_SERIES = `coalesce((SELECT value FROM progress WHERE name = 'goneSeries'), 0)`;

/** One bounded round: some series of the oldest day that is past its retention. */
export async function purgeMinutes(
  db: D1Database,
  now: number,
  retention: Retention,
): Promise<StepResult> {
  const keptDay = dayOf(keptFrom("minute", now, retention));
  if (keptDay === 0) return NOTHING;
  const session = db.withSession("first-primary");
  const head = await session
    .prepare(
      `SELECT ${GONE_DAY} AS day, ${GONE_SERIES} AS series, (SELECT min(hour) / 24 FROM minute) AS oldest`,
    )
    .all<{ day: number; series: number; oldest: number | null }>();
  const [gone] = head.results;
  if (gone === undefined) throw new Error("D1 answered a SELECT without FROM with no row");
  if (gone.day >= keptDay) return { rows: rowsOf([head]), more: false };
  // Days without minutes are passed over at once.
  const day = Math.max(gone.day, Math.min(gone.oldest ?? keptDay, keptDay));
  const from = day === gone.day ? gone.series : 0;
  const chunk = await session
    .prepare(
      `SELECT id FROM series WHERE id >= ? ORDER BY id LIMIT 1 OFFSET ${LIMITS.seriesPerPurge}`,
    )
    .bind(from)
    .all<{ id: number }>();
  /** The first series that is left for the next round; undefined when the day ends with this one. */
  const next = day === keptDay ? undefined : chunk.results[0]?.id;
  const goneDay = next !== undefined || day === keptDay ? day : day + 1;
  const params = [day, from, next ?? Number.MAX_SAFE_INTEGER, gone.day, gone.series];
  // On the day up to which all is gone there is nothing to delete: only the progress moves.
  const guard = `${GONE_DAY} = ?4 AND ${GONE_SERIES} = ?5 AND (?1 = ${keptDay} OR NOT EXISTS (
    SELECT 1 FROM dirty WHERE day = ?1 AND series_id >= ?2 AND series_id < ?3))`;
  const results = await session.batch([
    session
      .prepare(
        `DELETE FROM minute WHERE ${guard} AND ?1 < ${keptDay}
           AND hour IN (SELECT ?1 * 24 + value FROM ${HOURS_OF_DAY})
           AND series_id >= ?2 AND series_id < ?3`,
      )
      .bind(...params),
    session
      .prepare(
        `INSERT INTO progress (name, value)
         SELECT key, value FROM json_each(?6) WHERE ${guard}
         ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
      )
      .bind(...params, JSON.stringify({ goneDay, goneSeries: next ?? 0 })),
  ]);
  return {
    rows: rowsOf([head, chunk, ...results]),
    more: (results.at(-1)?.meta.changes ?? 0) > 0 && goneDay < keptDay,
  };
}

/** One bounded round of hour segments past their retention. */
export const purgeHours = (
  db: D1Database,
  now: number,
  retention: Retention,
): Promise<StepResult> => purgeSegments(db, "hour", "day", dayOf(keptFrom("hour", now, retention)));

/** One bounded round of years, all of whose days are past their retention. */
export const purgeDays = (db: D1Database, now: number, retention: Retention): Promise<StepResult> =>
  purgeSegments(
    db,
    "day",
    "year",
    retention.day === 0 ? 0 : yearOf(keptFrom("day", now, retention)),
  );

/** Segments are keyed by series first: once a span, all series are gone through, some a round. */
async function purgeSegments(
  db: D1Database,
  table: "hour" | "day",
  span: "day" | "year",
  kept: number,
): Promise<StepResult> {
  if (kept === 0) return NOTHING;
  const session = db.withSession("first-primary");
  const head = await session
    .prepare(
      `WITH head (kept, series) AS (
         SELECT coalesce((SELECT value FROM progress WHERE name = '${table}Kept'), 0),
           coalesce((SELECT value FROM progress WHERE name = '${table}Series'), 0))
       SELECT kept, series, (SELECT id FROM series WHERE id >= head.series
         ORDER BY id LIMIT 1 OFFSET ${LIMITS.seriesPerPurge}) AS next FROM head`,
    )
    .all<{ kept: number; series: number; next: number | null }>();
  const [at] = head.results;
  if (at === undefined) throw new Error("D1 answered a SELECT without FROM with no row");
  if (at.kept >= kept) return { rows: rowsOf([head]), more: false };
  const progress =
    at.next === null
      ? { [`${table}Kept`]: kept, [`${table}Series`]: 0 }
      : { [`${table}Series`]: at.next };
  // Deleting twice deletes nothing more, so overlapping runs need no guard.
  const results = await session.batch([
    session
      .prepare(
        `DELETE FROM ${table} WHERE ${span} < ?1 AND series_id IN (
           SELECT id FROM series WHERE id >= ?2 AND id < ?3)`,
      )
      .bind(kept, at.series, at.next ?? Number.MAX_SAFE_INTEGER),
    session
      .prepare(
        `INSERT INTO progress (name, value) SELECT key, value FROM json_each(?) WHERE true
         ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
      )
      .bind(JSON.stringify(progress)),
  ]);
  return { rows: rowsOf([head, ...results]), more: at.next !== null };
}
