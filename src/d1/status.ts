// What an operator wants to know of a D1: its size, how far the roll-up is, what it could not read.

import * as LIMITS from "../core/limits.ts";
import { batch, type Database, only, query, type RowCount } from "./database.ts";
import type { SeriesRow, UnreadableRow } from "./rows.ts";

export interface DatabaseStatus {
  readonly sizeBytes: number;
  /** UTC days with marks. */
  readonly dirtyDays: number;
  /** The oldest UTC day with a mark that can be rolled up; null when there is none. */
  readonly oldestDirty: number | null;
  readonly unreadable: readonly (Pick<SeriesRow, "metric" | "labels"> &
    Pick<UnreadableRow, "day" | "message">)[];
  readonly unreadableCount: number;
}

/** @throws D1Failed */
export async function readStatus(
  db: Database,
): Promise<DatabaseStatus & { readonly counted: RowCount }> {
  const { rows, counted, sizeBytes } = await batch(db, {
    dirty: query<Pick<DatabaseStatus, "dirtyDays" | "oldestDirty">>(
      // Days with marks are few: a skip scan finds them without reading every mark.
      `WITH RECURSIVE days (day) AS (
         SELECT min(day) FROM dirty
         UNION ALL
         SELECT (SELECT min(day) FROM dirty WHERE day > days.day) FROM days WHERE day IS NOT NULL
       )
       SELECT count(day) AS dirtyDays,
         (SELECT d.day FROM dirty AS d WHERE NOT EXISTS (
            SELECT 1 FROM unreadable AS u WHERE u.day = d.day AND u.series_id = d.series_id)
          ORDER BY d.day LIMIT 1) AS oldestDirty
       FROM days`,
    ),
    unreadable: query<DatabaseStatus["unreadable"][number]>(
      `SELECT s.metric, s.labels, u.day, u.message
       FROM unreadable AS u CROSS JOIN series AS s
       WHERE s.id = u.series_id ORDER BY u.day, u.series_id LIMIT ${LIMITS.issuesListed}`,
    ),
    all: query<{ readonly n: number }>(
      `SELECT count(*) AS n FROM unreadable AS u CROSS JOIN series AS s WHERE s.id = u.series_id`,
    ),
  });
  const { dirtyDays, oldestDirty } = only(rows.dirty);
  const { n } = only(rows.all);
  return { sizeBytes, dirtyDays, oldestDirty, ...rows, unreadableCount: n, counted };
}
