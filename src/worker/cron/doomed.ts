// Deletes what removed metrics left behind. Nobody sees it any more: its series are gone.

import { LIMITS } from "../../core/limits.ts";
import { rowsOf, type StepResult } from "./step.ts";

/** One bounded round: all segments of some removed series. */
export async function purgeDoomed(db: D1Database): Promise<StepResult> {
  const session = db.withSession("first-primary");
  const doomed = await session
    .prepare(`SELECT series_id FROM doomed ORDER BY series_id LIMIT ${LIMITS.seriesPerDoom}`)
    .all<{ series_id: number }>();
  const ids = doomed.results.map((row) => row.series_id);
  if (ids.length === 0) return { rows: rowsOf([doomed]), more: false };
  const json = JSON.stringify(ids);
  const purge = (table: string, span: string): D1PreparedStatement =>
    session
      .prepare(
        // Spans that exist are found by a skip scan; then each key is a seek.
        `WITH RECURSIVE spans (span) AS (
           SELECT min(${span}) FROM ${table}
           UNION ALL
           SELECT (SELECT min(${span}) FROM ${table} WHERE ${span} > spans.span) FROM spans
           WHERE span IS NOT NULL
         )
         DELETE FROM ${table} WHERE (${span}, series_id) IN (
           SELECT spans.span, id.value FROM spans CROSS JOIN json_each(?) AS id)`,
      )
      .bind(json);
  const results = await session.batch([
    purge("minute", "hour"),
    purge("hour", "day"),
    purge("day", "year"),
    session
      .prepare(`DELETE FROM doomed WHERE series_id IN (SELECT value FROM json_each(?))`)
      .bind(json),
  ]);
  return { rows: rowsOf([doomed, ...results]), more: ids.length === LIMITS.seriesPerDoom };
}
