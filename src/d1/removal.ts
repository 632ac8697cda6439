// Removes a metric from a database: at once for every reader; its segments go later and bounded.

import { chunked } from "./chunked.ts";
import { batch, type Database, query, type RowCount } from "./database.ts";
import type { MetricRow, SeriesRow } from "./rows.ts";
import { GUARD, setWatermark, type Turn } from "./watermark.ts";

// ?1 is the metric; ?2 and ?3 are those of GUARD.

const BURY = `INSERT INTO tombstone (series_id) SELECT id FROM series WHERE metric = ?1 AND ${GUARD}`;

const REMOVE = `DELETE FROM series WHERE metric = ?1 AND ${GUARD}`;

const FORGET = `DELETE FROM metric WHERE metric = ?1 AND ${GUARD}`;

// A roll-up that has read the metric's segments must not write them back.
const stopRollup = (when: string): string => `
  INSERT INTO progress (name, value) SELECT 'rollup', 1 + abs(random() % 4294967296)
  WHERE ${when} AND ?1 IS NOT NULL
  ON CONFLICT (name) DO UPDATE SET value = value + excluded.value`;

/**
 * From the database that the shard writes to. Like a flush it moves the watermark: neither a flush
 * that was given up can land after it, nor it after another. Not landed: nothing was done.
 * @throws D1Failed: it may have landed, or may land yet.
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
      described: on(FORGET),
      stopped: on(stopRollup(GUARD)),
      watermark: setWatermark(turn, undefined),
    },
    deadlineMs,
  );
  return { landed: changes.watermark === 1, counted };
}

// ?1 is ids as JSON.

const BURY_THESE = `
  INSERT INTO tombstone (series_id)
  SELECT id FROM series WHERE id IN (SELECT value FROM json_each(?1))`;

const REMOVE_THESE = "DELETE FROM series WHERE id IN (SELECT value FROM json_each(?1))";

/**
 * From a database that the shard does not write to, as it did before there were more, or as a shard did
 * that had the metric before. Nothing of this shard is under way there; what another shard may write
 * meanwhile gets ids that no series had, so that a removal that lands late takes nothing of it.
 * A database that does not have the metric is only read. @throws D1Failed
 */
export async function removeElsewhere(
  db: Database,
  metric: string,
  deadlineMs: number,
): Promise<RowCount> {
  const { rows, counted } = await batch(
    db,
    {
      series: query<Pick<SeriesRow, "id">>("SELECT id FROM series WHERE metric = ?", metric),
      described: query<Pick<MetricRow, "metric">>(
        "SELECT metric FROM metric WHERE metric = ?",
        metric,
      ),
    },
    deadlineMs,
  );
  if (rows.series.length + rows.described.length === 0) return counted;
  const ids = rows.series.map(({ id }) => id);
  const each = (sql: string): ReturnType<typeof query>[] =>
    chunked(ids, () => ID_BYTES).map((chunk) => query(sql, JSON.stringify(chunk)));
  const removal = await batch(
    db,
    {
      buried: each(BURY_THESE),
      removed: each(REMOVE_THESE),
      described: query("DELETE FROM metric WHERE metric = ?", metric),
      stopped: query(stopRollup("true"), metric),
      counted: query(COUNT_REMOVAL),
    },
    deadlineMs,
  );
  return {
    read: counted.read + removal.counted.read,
    written: counted.written + removal.counted.written,
  };
}

// What a reader keeps of the series is no longer all there is.
const COUNT_REMOVAL = `
  INSERT INTO progress (name, value) VALUES ('removals', 1)
  ON CONFLICT (name) DO UPDATE SET value = value + 1`;

/** Of an id in JSON. */
const ID_BYTES = 20;
