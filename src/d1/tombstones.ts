// What removed series left behind: found and deleted by the id of the series.

import * as LIMITS from "../core/limits.ts";
import { batch, type Database, type Query, query, type RowCount } from "./database.ts";
import type { TombstoneRow } from "./rows.ts";

/** Ids of some removed series whose segments are still there. @throws D1Failed */
export async function readTombstones(
  db: Database,
): Promise<{ readonly ids: readonly number[]; readonly counted: RowCount }> {
  const { rows, counted } = await batch(db, {
    tombstones: query<TombstoneRow>(
      `SELECT series_id FROM tombstone ORDER BY series_id LIMIT ${LIMITS.tombstonesPerRound}`,
    ),
  });
  return { ids: rows.tombstones.map((row) => row.series_id), counted };
}

/** Deletes all that is stored of removed series, then their tombstones. @throws D1Failed */
export async function deleteSegments(db: Database, ids: readonly number[]): Promise<RowCount> {
  const json = JSON.stringify(ids);
  const purge = (table: "hour" | "day" | "unreadable" | "tombstone"): Query<never> =>
    query(`DELETE FROM ${table} WHERE series_id IN (SELECT value FROM json_each(?))`, json);
  const { counted } = await batch(db, {
    minutes: query(
      // Minutes are keyed by hour first: a skip scan finds the hours, then each key is a seek.
      `WITH RECURSIVE hours (hour) AS (
         SELECT min(hour) FROM minute
         UNION ALL
         SELECT (SELECT min(hour) FROM minute WHERE hour > hours.hour) FROM hours
         WHERE hour IS NOT NULL
       )
       DELETE FROM minute WHERE (hour, series_id) IN (
         SELECT hours.hour, id.value FROM hours CROSS JOIN json_each(?) AS id)`,
      json,
    ),
    hours: purge("hour"),
    days: purge("day"),
    // Few, if any: a scan of them is cheap.
    unreadable: purge("unreadable"),
    tombstones: purge("tombstone"),
  });
  return counted;
}
