// Removes a metric from D1: at once for every reader, its segments later and bounded, by the cron.

import { withTimeout } from "./flush.ts";

/** Series of the metric that D1 held; null when D1 did not answer. */
export async function removeMetric(
  d1: D1Database,
  metric: string,
  timeoutMs: number,
): Promise<number | null> {
  const db = d1.withSession("first-primary");
  const OF_METRIC = "(SELECT id FROM series WHERE metric = ?1)";
  try {
    const results = await withTimeout(
      db.batch([
        db
          .prepare(`INSERT INTO doomed (series_id) SELECT id FROM series WHERE metric = ?1`)
          .bind(metric),
        db
          .prepare(
            // Days with marks are few: a skip scan finds them without reading every mark.
            `WITH RECURSIVE days (day) AS (
               SELECT min(day) FROM stale
               UNION ALL
               SELECT (SELECT min(day) FROM stale WHERE day > days.day) FROM days WHERE day IS NOT NULL
             )
             DELETE FROM stale WHERE day IN (SELECT day FROM days) AND series_id IN ${OF_METRIC}`,
          )
          .bind(metric),
        // A roll-up that has read the metric's segments must not write them back.
        db.prepare(
          `INSERT INTO progress (name, value) VALUES ('rollup', 1)
           ON CONFLICT (name) DO UPDATE SET value = value + 1`,
        ),
        db.prepare(`DELETE FROM series WHERE metric = ?1`).bind(metric),
      ]),
      timeoutMs,
    );
    return results.at(-1)?.meta.changes ?? 0;
  } catch {
    return null;
  }
}
