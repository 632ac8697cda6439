// What a flush writes to D1, in one guarded transaction: why it counts once is said in
// durable/flush/protocol.ts.

import { chunked } from "./chunked.ts";
import { batch, type Database, type Query, query, type RowCount } from "./database.ts";
import { GUARD, setWatermark } from "./watermark.ts";

/** What a flush says of a series: [metric, labels, firstAt, lastAt, last, retired]. */
export type FlushedSeries = readonly [string, string, number, number, number, 0 | 1];
/** A segment: [metric, labels, hour, body]. */
export type FlushedMinutes = readonly [string, string, number, string];
/** A UTC day of a series that is dirty from now on: [metric, labels, day]. */
export type DirtyDay = readonly [string, string, number];

export interface FlushContent {
  readonly series: readonly FlushedSeries[];
  readonly minutes: readonly FlushedMinutes[];
  readonly dirty: readonly DirtyDay[];
}

// ?1 is the rows as JSON; ?2 and ?3 are those of the guard.

// Free when nothing changes: a series that is there, and is not retired, is not written.
const INSERT_SERIES = `
  INSERT INTO series (metric, labels, first_at, last_at, last)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?1)
  WHERE ${GUARD} AND (value ->> 5 = 1 OR NOT EXISTS (
    SELECT 1 FROM series WHERE metric = json_each.value ->> 0 AND labels = json_each.value ->> 1))
  ON CONFLICT (metric, labels) DO UPDATE SET
    first_at = min(first_at, excluded.first_at),
    last = CASE WHEN excluded.last_at >= last_at THEN excluded.last ELSE last END,
    last_at = max(last_at, excluded.last_at)`;

const INSERT_MINUTES = `
  INSERT INTO minute (hour, series_id, shard, part, body)
  SELECT r.value ->> 2, s.id, ?2, ?4, r.value ->> 3
  FROM json_each(?1) AS r CROSS JOIN series AS s
  WHERE ${GUARD} AND s.metric = r.value ->> 0 AND s.labels = r.value ->> 1`;

// INSERT OR IGNORE of a mark that is there writes no row.
const INSERT_DIRTY = `
  INSERT OR IGNORE INTO dirty (day, series_id)
  SELECT r.value ->> 2, s.id
  FROM json_each(?1) AS r CROSS JOIN series AS s
  WHERE ${GUARD} AND s.metric = r.value ->> 0 AND s.labels = r.value ->> 1`;

/** Bytes that a row of JSON may take: a UTF-16 code unit is at most six when it is escaped. */
const bytesOf = ([metric, labels, ...rest]: FlushedSeries | FlushedMinutes | DirtyDay): number =>
  6 * (metric.length + labels.length) +
  rest.reduce<number>((sum, cell) => sum + (typeof cell === "string" ? cell.length + 4 : 26), 16);

/**
 * Writes the content of pages up to `part` if `watermark` still holds. Not landed: it does not, and
 * nothing was written. @throws D1Failed: it may have landed, or may land yet.
 */
export async function writeFlush(
  db: Database,
  { shard, watermark, part }: { shard: number; watermark: number; part: number },
  content: FlushContent,
  deadlineMs: number,
): Promise<{ readonly landed: boolean; readonly counted: RowCount }> {
  const each = (
    sql: string,
    rows: readonly (FlushedSeries | FlushedMinutes | DirtyDay)[],
    ...more: readonly number[]
  ): Query<never>[] =>
    chunked(rows, bytesOf).map((chunk) =>
      query(sql, JSON.stringify(chunk), shard, watermark, ...more),
    );
  const { changes, counted } = await batch(
    db,
    {
      series: each(INSERT_SERIES, content.series),
      minutes: each(INSERT_MINUTES, content.minutes, part),
      dirty: each(INSERT_DIRTY, content.dirty),
      watermark: setWatermark(shard, watermark, part),
    },
    deadlineMs,
  );
  return { landed: changes.watermark === 1, counted };
}
