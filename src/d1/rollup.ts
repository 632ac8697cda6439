// What the roll-up reads, in one snapshot, and writes, in one batch that does nothing unless the
// watermarks of all shards and the roll-up's own version are still those of the snapshot.

import * as LIMITS from "../core/limits.ts";
import { chunked } from "./chunked.ts";
import { batch, type Database, only, type Query, query, type RowCount } from "./database.ts";
import { HOURS_OF_DAY } from "./hours.ts";
import { valueOf } from "./progress.ts";
import type { DayRow, DirtyRow, HourRow, MinuteRow, UnreadableRow } from "./rows.ts";

const WATERMARKS = `(SELECT coalesce(group_concat(shard || ':' || page, ','), '')
  FROM (SELECT shard, page FROM flushed ORDER BY shard))`;
const VERSION = valueOf("rollup");

/**
 * The oldest dirty pairs up to a day, without those that could not be read less than a while ago.
 * ?1 is the last day, ?2 how many, ?3 now, ?4 the while.
 */
const PAIRS = `WITH pairs (day, series_id) AS (
  SELECT day, series_id FROM dirty WHERE day <= ?1 AND NOT EXISTS (
    SELECT 1 FROM unreadable AS u WHERE u.day = dirty.day AND u.series_id = dirty.series_id
      AND u.tried_at > ?3 - ?4 AND u.tried_at <= ?3)
  ORDER BY day, series_id LIMIT ?2)`;

/** `kept` as in `unreadable`; null when the pair is not there. */
type Pair = DirtyRow & { readonly kept: UnreadableRow["kept"] | null };

/** Of what a round was made; the batch that writes is conditional on it. */
export interface RollupBase {
  readonly watermarks: string;
  readonly version: number;
}

export interface DirtySnapshot extends RollupBase {
  readonly pairs: readonly Pair[];
  readonly goneDay: number;
  readonly goneSeries: number;
  readonly minutes: readonly (DirtyRow & Pick<MinuteRow, "hour" | "body">)[];
  readonly hours: readonly HourRow[];
  readonly years: readonly DayRow[];
  readonly counted: RowCount;
}

/** What D1 holds of the next dirty pairs up to a day. @throws D1Failed */
export async function readDirty(
  db: Database,
  lastDay: number,
  now: number,
): Promise<DirtySnapshot> {
  const of = <Row>(sql: string): Query<Row> =>
    query(`${PAIRS} ${sql}`, lastDay, LIMITS.pairsPerRollup, now, LIMITS.unreadableRetryMs);
  const { rows, counted } = await batch(db, {
    pairs: of<Pair>(
      `SELECT p.day, p.series_id, u.kept FROM pairs AS p
         LEFT JOIN unreadable AS u ON u.day = p.day AND u.series_id = p.series_id
       ORDER BY p.day, p.series_id`,
    ),
    head: query<RollupBase & Pick<DirtySnapshot, "goneDay" | "goneSeries">>(
      `SELECT ${WATERMARKS} AS watermarks, ${VERSION} AS version,
         ${valueOf("goneDay")} AS goneDay, ${valueOf("goneSeries")} AS goneSeries`,
    ),
    minutes: of<DirtySnapshot["minutes"][number]>(
      `SELECT pairs.day, m.series_id, m.hour, m.body
       FROM pairs CROSS JOIN ${HOURS_OF_DAY} AS h CROSS JOIN minute AS m
       WHERE m.hour = pairs.day * 24 + h.value AND m.series_id = pairs.series_id`,
    ),
    hours: of<HourRow>(
      `SELECT t.day, t.series_id, t.body FROM pairs CROSS JOIN hour AS t
       WHERE t.day = pairs.day AND t.series_id = pairs.series_id`,
    ),
    years: of<DayRow>(
      `SELECT DISTINCT t.year, t.series_id, t.body FROM pairs CROSS JOIN day AS t
       WHERE t.year = CAST(strftime('%Y', pairs.day * 86400, 'unixepoch') AS INTEGER)
         AND t.series_id = pairs.series_id`,
    ),
  });
  return { ...only(rows.head), ...rows, counted };
}

/** [UTC day or year, series id, body] */
export type Rolled = readonly [span: number, series: number, body: string];
/** [UTC day, series id] */
type Key = readonly [day: number, series: number];

export interface RolledUp {
  readonly hours: readonly Rolled[];
  readonly years: readonly Rolled[];
  /** Pairs whose minutes are now in the coarse segments and past their retention: they go. */
  readonly late: readonly Key[];
  /** Pairs that are dirty no more. */
  readonly done: readonly Key[];
  /** Pairs with a segment that could not be read, which one and why: they stay as they are. */
  readonly unreadable: readonly (readonly [...Key, message: string])[];
}

/** @throws D1Failed */
export async function writeRolledUp(
  db: Database,
  base: RollupBase,
  rolled: RolledUp,
  now: number,
): Promise<{ readonly applied: boolean; readonly counted: RowCount }> {
  // ?1 is the rows as JSON.
  const guard = `${WATERMARKS} = ?2 AND ${VERSION} = ?3`;
  const each = (
    sql: string,
    rows: readonly (readonly (string | number)[])[],
    ...more: readonly number[]
  ): Query<never>[] =>
    chunked(rows, bytesOf).map((chunk) =>
      query(sql, JSON.stringify(chunk), base.watermarks, base.version, ...more),
    );
  const upsert = (table: "hour" | "day", span: "day" | "year", rows: readonly Rolled[]) =>
    each(
      `INSERT INTO ${table} (${span}, series_id, body)
       SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1) WHERE ${guard}
       ON CONFLICT (${span}, series_id) DO UPDATE SET body = excluded.body`,
      rows,
    );
  const remove = (table: "dirty" | "unreadable") =>
    each(
      `DELETE FROM ${table} WHERE ${guard} AND (day, series_id) IN (
         SELECT value ->> 0, value ->> 1 FROM json_each(?1))`,
      rolled.done,
    );
  const { changes, counted } = await batch(db, {
    hours: upsert("hour", "day", rolled.hours),
    years: upsert("day", "year", rolled.years),
    late: each(
      `DELETE FROM minute WHERE ${guard} AND (hour, series_id) IN (
         SELECT (p.value ->> 0) * 24 + h.value, p.value ->> 1
         FROM json_each(?1) AS p CROSS JOIN ${HOURS_OF_DAY} AS h)`,
      rolled.late,
    ),
    clean: remove("dirty"),
    readable: remove("unreadable"),
    unreadable: each(
      `INSERT INTO unreadable (day, series_id, message, tried_at)
       SELECT value ->> 0, value ->> 1, value ->> 2, ?4 FROM json_each(?1) WHERE ${guard}
       ON CONFLICT (day, series_id) DO UPDATE
         SET message = excluded.message, tried_at = excluded.tried_at`,
      rolled.unreadable,
      now,
    ),
    version: query(
      `INSERT INTO progress (name, value) SELECT 'rollup', ?2 + 1 WHERE ${WATERMARKS} = ?1
         AND ${VERSION} = ?2
       ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
      base.watermarks,
      base.version,
    ),
  });
  return { applied: changes.version === 1, counted };
}

/** Bytes that a row takes as JSON: keys are short numbers, bodies base64, messages short. */
const bytesOf = (row: readonly (string | number)[]): number =>
  row.reduce<number>((sum, cell) => sum + (typeof cell === "string" ? cell.length + 16 : 20), 8);
