// Removes a metric from D1: at once for every reader, its segments later and bounded, by the cron.

import { GUARD } from "../d1/watermark.ts";
import type { FlushTarget } from "./flush/protocol.ts";

/**
 * False when D1 did not answer, or the watermark is not `watermark`: like a flush, a removal that
 * lands long after it was given up must not touch what was stored since.
 */
export async function removeMetric(
  target: FlushTarget,
  metric: string,
  watermark: number,
): Promise<boolean> {
  const db = target.db.withSession("first-primary");
  const bound = (sql: string): D1PreparedStatement =>
    db.prepare(sql).bind(metric, target.shard, watermark);
  const OF_METRIC = "(SELECT id FROM series WHERE metric = ?1)";
  const statements = [
    bound(`INSERT INTO tombstone (series_id) SELECT id FROM series WHERE metric = ?1 AND ${GUARD}`),
    bound(
      // Days with marks are few: a skip scan finds them without reading every mark.
      `WITH RECURSIVE days (day) AS (
         SELECT min(day) FROM dirty
         UNION ALL
         SELECT (SELECT min(day) FROM dirty WHERE day > days.day) FROM days WHERE day IS NOT NULL
       )
       DELETE FROM dirty
       WHERE ${GUARD} AND day IN (SELECT day FROM days) AND series_id IN ${OF_METRIC}`,
    ),
    bound(`DELETE FROM series WHERE metric = ?1 AND ${GUARD}`),
    bound(
      // A roll-up that has read the metric's segments must not write them back.
      `INSERT INTO progress (name, value) SELECT 'rollup', 1 WHERE ${GUARD} AND ?1 IS NOT NULL
       ON CONFLICT (name) DO UPDATE SET value = value + 1`,
    ),
  ];
  try {
    const results = await db.batch(statements);
    return results.at(-1)?.meta.changes === 1;
  } catch {
    return false;
  }
}
