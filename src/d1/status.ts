// What an operator wants to know of a D1: its size, how far the roll-up is, what it could not read.

import { SERIES_PER_PACK } from "../core/codec/pack.ts";
import * as LIMITS from "../core/limits.ts";
import { HOUR, hourOf } from "../core/tiers.ts";
import { batch, type Database, only, query, type RowCount } from "./database.ts";
import { valueOf } from "./progress.ts";
import type { SeriesRow, UnreadableRow } from "./rows.ts";

/** An hour of a series that is not rolled up, since a segment of it cannot be read. */
export type UnreadableSeries = Pick<SeriesRow, "metric" | "labels"> &
  Pick<UnreadableRow, "hour" | "message">;

export interface DatabaseStatus {
  readonly sizeBytes: number;
  /** (pack, hour) pairs with a mark; those that cannot be read have one, too. */
  readonly dirtyHours: number;
  /** Start of the oldest hour with a mark that can be rolled up, Unix ms; null when there is none. */
  readonly oldestDirty: number | null;
  /**
   * Unix ms, at most now: what D1 holds of before is in hour buckets, but for what cannot be read. What
   * D1 does not hold yet, the shards say.
   */
  readonly rolledUpTo: number;
  /** Some of the series whose segments cannot be read, each with an hour. */
  readonly unreadable: readonly UnreadableSeries[];
  /** (pack, hour) pairs that cannot be read, each with at least one such series. */
  readonly unreadableHours: number;
}

/** The first that wait to be rolled up for the first time. */
const WAITING = `(SELECT min(hour) FROM minute
  WHERE (hour, pack) >= (${valueOf("rolledHour")}, ${valueOf("rolledPack")}))`;

/** `now` is Unix ms. @throws D1Failed */
export async function readStatus(
  db: Database,
  now: number,
): Promise<DatabaseStatus & { readonly counted: RowCount }> {
  const { rows, counted, sizeBytes } = await batch(db, {
    dirty: query<{
      readonly dirtyHours: number;
      readonly unreadableHours: number;
      readonly oldest: number | null;
      readonly waiting: number | null;
    }>(
      `SELECT (SELECT count(*) FROM dirty) AS dirtyHours,
         (SELECT count(*) FROM unreadable) AS unreadableHours,
         (SELECT min(d.hour) FROM dirty AS d WHERE NOT EXISTS (
            SELECT 1 FROM unreadable AS u WHERE u.pack = d.pack AND u.hour = d.hour)) AS oldest,
         ${WAITING} AS waiting`,
    ),
    unreadable: query<UnreadableSeries>(
      `SELECT s.metric, s.labels, u.hour, u.message FROM unreadable AS u CROSS JOIN series AS s
       WHERE s.id >= u.pack * ${SERIES_PER_PACK} AND s.id < (u.pack + 1) * ${SERIES_PER_PACK}
         AND u.slots >> (s.id % ${SERIES_PER_PACK}) & 1
       LIMIT ${LIMITS.issuesListed}`,
    ),
  });
  const { dirtyHours, unreadableHours, oldest, waiting } = only(rows.dirty);
  return {
    sizeBytes,
    dirtyHours,
    oldestDirty: oldest === null ? null : oldest * HOUR,
    rolledUpTo: Math.min(oldest ?? Infinity, waiting ?? Infinity, hourOf(now)) * HOUR,
    unreadable: rows.unreadable,
    unreadableHours,
    counted,
  };
}
