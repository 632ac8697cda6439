// Removes a metric from a database: at once for every reader; its segments go later and bounded.

import { batch, type Database, query, type RowCount } from "./database.ts";
import { GUARD, setWatermark, type Turn } from "./watermark.ts";

// ?1 is the metric; ?2 and ?3 are those of GUARD.

const BURY = `INSERT INTO tombstone (series_id) SELECT id FROM series WHERE metric = ?1 AND ${GUARD}`;

const REMOVE = `DELETE FROM series WHERE metric = ?1 AND ${GUARD}`;

// A roll-up that has read the metric's segments must not write them back.
const STOP_ROLLUP = `
  INSERT INTO progress (name, value) SELECT 'rollup', 1 WHERE ${GUARD} AND ?1 IS NOT NULL
  ON CONFLICT (name) DO UPDATE SET value = value + 1`;

/**
 * Like a flush it moves the watermark: neither a flush that was given up can land after it, nor it
 * after another. Not landed: nothing was done. @throws D1Failed: it may have landed, or may land yet.
 */
export async function removeMetric(
  db: Database,
  metric: string,
  turn: Turn,
  deadlineMs: number,
): Promise<{ readonly landed: boolean; readonly counted: RowCount }> {
  const on = (sql: string): ReturnType<typeof query> =>
    query(sql, metric, turn.shard, turn.watermark);
  const { changes, counted } = await batch(
    db,
    {
      buried: on(BURY),
      removed: on(REMOVE),
      stopped: on(STOP_ROLLUP),
      watermark: setWatermark(turn, undefined),
    },
    deadlineMs,
  );
  return { landed: changes.watermark === 1, counted };
}
