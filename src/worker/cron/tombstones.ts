// Deletes what removed metrics left behind. Nobody sees it any more: its series are gone.

import * as LIMITS from "../../core/limits.ts";
import { rowsOf, type StepResult } from "./step.ts";

/** One bounded round: all segments of some removed series. */
export async function purgeTombstones(db: D1Database): Promise<StepResult> {
  const session = db.withSession("first-primary");
  const tombstones = await session
    .prepare(
      `SELECT series_id FROM tombstone ORDER BY series_id LIMIT ${LIMITS.tombstonesPerRound}`,
    )
    .all<{ series_id: number }>();
  const ids = tombstones.results.map((row) => row.series_id);
  if (ids.length === 0) return { rows: rowsOf([tombstones]), more: false };
  const json = JSON.stringify(ids);
  const purge = (table: "hour" | "day"): D1PreparedStatement =>
    session
      .prepare(`DELETE FROM ${table} WHERE series_id IN (SELECT value FROM json_each(?))`)
      .bind(json);
  const results = await session.batch([
    session
      .prepare(
        // Minutes are keyed by hour first: a skip scan finds the hours, then each key is a seek.
        `WITH RECURSIVE hours (hour) AS (
           SELECT min(hour) FROM minute
           UNION ALL
           SELECT (SELECT min(hour) FROM minute WHERE hour > hours.hour) FROM hours
           WHERE hour IS NOT NULL
         )
         DELETE FROM minute WHERE (hour, series_id) IN (
           SELECT hours.hour, id.value FROM hours CROSS JOIN json_each(?) AS id)`,
      )
      .bind(json),
    purge("hour"),
    purge("day"),
    session
      .prepare(`DELETE FROM tombstone WHERE series_id IN (SELECT value FROM json_each(?))`)
      .bind(json),
  ]);
  return { rows: rowsOf([tombstones, ...results]), more: ids.length === LIMITS.tombstonesPerRound };
}
