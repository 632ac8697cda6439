// Removes a metric from a database: at once for every reader; its segments go later and bounded.

import { batch, D1Failed, type Database, query } from "./database.ts";
import { GUARD } from "./watermark.ts";

/** The shard that removes, and its watermark, which must be what D1 holds. */
export interface RemovalGuard {
  readonly shard: number;
  readonly watermark: number;
}

// ?1 is the metric; ?2 and ?3 are those of GUARD.

const BURY = `INSERT INTO tombstone (series_id) SELECT id FROM series WHERE metric = ?1 AND ${GUARD}`;

// Days with marks are few: a skip scan finds them without reading every mark.
const UNMARK = `
  WITH RECURSIVE days (day) AS (
    SELECT min(day) FROM dirty
    UNION ALL
    SELECT (SELECT min(day) FROM dirty WHERE day > days.day) FROM days WHERE day IS NOT NULL
  )
  DELETE FROM dirty
  WHERE ${GUARD} AND day IN (SELECT day FROM days)
    AND series_id IN (SELECT id FROM series WHERE metric = ?1)`;

const REMOVE = `DELETE FROM series WHERE metric = ?1 AND ${GUARD}`;

// A roll-up that has read the metric's segments must not write them back.
const STOP_ROLLUP = `
  INSERT INTO progress (name, value) SELECT 'rollup', 1 WHERE ${GUARD} AND ?1 IS NOT NULL
  ON CONFLICT (name) DO UPDATE SET value = value + 1`;

/**
 * False when D1 did not answer, or the watermark is another: like a flush, a removal that lands long
 * after it was given up must not touch what was stored since.
 */
export async function removeMetric(
  db: D1Database,
  metric: string,
  { shard, watermark }: RemovalGuard,
  deadlineMs: number,
): Promise<boolean> {
  const on = (sql: string): ReturnType<typeof query> => query(sql, metric, shard, watermark);
  const session: Database = db.withSession("first-primary");
  try {
    const { changes } = await batch(
      session,
      { buried: on(BURY), unmarked: on(UNMARK), removed: on(REMOVE), stopped: on(STOP_ROLLUP) },
      deadlineMs,
    );
    return changes.stopped === 1;
  } catch (error) {
    if (error instanceof D1Failed) return false;
    throw error;
  }
}
