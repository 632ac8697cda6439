// What the roll-up reads of dirty hours, and writes of them.

import * as LIMITS from "../core/limits.ts";
import { dayOf, HOUR, yearOf } from "../core/tiers.ts";
import { firstWithin } from "./chunked.ts";
import { batch, type Database, only, type Query, query, type RowCount } from "./database.ts";
import { valueOf } from "./progress.ts";
import type { DayRow, DirtyRow, HourRow, MinuteRow, UnreadableRow } from "./rows.ts";
import {
  type Claim,
  claim,
  CLAIMED,
  type CoarseRow,
  forRows,
  putPacks,
  report,
  shareOf,
  TOKEN,
  type UnreadableHour,
} from "./rollup.ts";

interface DirtyBytes extends DirtyRow {
  readonly bytes: number;
  /** Of the hour pack of its day, and of the day pack of its year where its day is made. */
  readonly hourBytes: number;
  readonly yearBytes: number;
}

/** Whether the day bucket of an hour's day is made. */
const isMade = (hour: string, pack: string): string =>
  `(${hour} / 24, ${pack}) < (${valueOf("rolledDay")}, ${valueOf("rolledDayPack")})`;

const YEAR_OF_HOUR = "CAST(strftime('%Y', k.hour * 3600, 'unixepoch') AS INTEGER)";

export interface DirtyHours {
  readonly hours: readonly DirtyRow[];
  /** There are more behind them. */
  readonly more: boolean;
  readonly counted: RowCount;
}

/**
 * Dirty hours, as many as a share of a round may take, those of a pack one after the other; without those that
 * could not be read less than a while ago. @throws D1Failed
 */
export async function nextDirty(db: Database, now: number, share: number): Promise<DirtyHours> {
  const most = shareOf(LIMITS.pairsPerRollup, share);
  const { rows, counted } = await batch(db, {
    dirty: query<DirtyBytes>(
      `SELECT k.pack, k.hour,
         coalesce((SELECT sum(octet_length(body)) FROM minute AS m
           WHERE m.hour = k.hour AND m.pack = k.pack), 0) AS bytes,
         coalesce((SELECT octet_length(body) FROM hour AS h
           WHERE h.pack = k.pack AND h.day = k.hour / 24), 0) AS hourBytes,
         coalesce((SELECT octet_length(body) FROM day AS y
           WHERE y.pack = k.pack AND y.year = ${YEAR_OF_HOUR}
             AND ${isMade("k.hour", "k.pack")}), 0) AS yearBytes
       FROM (SELECT pack, hour FROM dirty AS d WHERE NOT EXISTS (
           SELECT 1 FROM unreadable AS u WHERE u.pack = d.pack AND u.hour = d.hour
             AND u.tried_at > ?1 - ?2 AND u.tried_at <= ?1)
         ORDER BY pack, hour LIMIT ${most}) AS k
       ORDER BY k.pack, k.hour`,
      now,
      LIMITS.unreadableRetryMs,
    ),
  });
  const seen = new Set<string>();
  const once = (key: string, bytes: number): number => {
    if (seen.has(key)) return 0;
    seen.add(key);
    return bytes;
  };
  const hours = firstWithin(LIMITS.rollupBytes * share, rows.dirty, (of) => {
    const { pack, hour } = of;
    const day = once(`${pack}/${dayOf(hour * HOUR)}`, of.hourBytes);
    return of.bytes + day + once(`${pack}/${yearOf(hour * HOUR)}`, of.yearBytes);
  });
  const more = hours.length < rows.dirty.length || hours.length === most;
  return { hours, more, counted };
}

export interface DirtySnapshot {
  readonly read: number;
  readonly goneDay: number;
  readonly gonePack: number;
  readonly rolledDay: number;
  readonly rolledDayPack: number;
  /** `kept` as in `unreadable`; null when the pair is not there. */
  readonly pairs: readonly (DirtyRow & { readonly kept: UnreadableRow["kept"] | null })[];
  readonly minutes: readonly Pick<MinuteRow, "hour" | "pack" | "body">[];
  readonly hours: readonly HourRow[];
  /** Of days that are made. */
  readonly years: readonly DayRow[];
  readonly counted: RowCount;
}

const KEYS = "(SELECT value ->> 0 AS pack, value ->> 1 AS hour FROM json_each(?1)) AS k";
const keysOf = (hours: readonly DirtyRow[]): string =>
  JSON.stringify(hours.map(({ pack, hour }) => [pack, hour]));

/** What there is of dirty hours, in one snapshot. @throws D1Failed */
export async function readDirty(db: Database, dirty: readonly DirtyRow[]): Promise<DirtySnapshot> {
  const keys = keysOf(dirty);
  const of = <Row>(sql: string): Query<Row> => query(sql, keys);
  const { rows, counted } = await batch(db, {
    head: query<Omit<DirtySnapshot, "pairs" | "minutes" | "hours" | "years" | "counted">>(
      `SELECT ${TOKEN} AS read, ${valueOf("goneDay")} AS goneDay, ${valueOf("gonePack")} AS gonePack,
         ${valueOf("rolledDay")} AS rolledDay, ${valueOf("rolledDayPack")} AS rolledDayPack`,
    ),
    // A mark that another run has cleared meanwhile is no mark any more.
    pairs: of<DirtySnapshot["pairs"][number]>(
      `SELECT d.pack, d.hour, u.kept FROM ${KEYS} CROSS JOIN dirty AS d
         LEFT JOIN unreadable AS u ON u.pack = d.pack AND u.hour = d.hour
       WHERE d.pack = k.pack AND d.hour = k.hour ORDER BY d.pack, d.hour`,
    ),
    minutes: of<DirtySnapshot["minutes"][number]>(
      `SELECT m.hour, m.pack, m.body FROM ${KEYS} CROSS JOIN minute AS m
       WHERE m.hour = k.hour AND m.pack = k.pack`,
    ),
    hours: of<HourRow>(
      `SELECT h.pack, h.day, h.body
       FROM (SELECT DISTINCT k.pack, k.hour / 24 AS day FROM ${KEYS}) AS d CROSS JOIN hour AS h
       WHERE h.pack = d.pack AND h.day = d.day`,
    ),
    years: of<DayRow>(
      `SELECT y.pack, y.year, y.body
       FROM (SELECT DISTINCT k.pack, ${YEAR_OF_HOUR} AS year FROM ${KEYS}
         WHERE ${isMade("k.hour", "k.pack")}) AS d CROSS JOIN day AS y
       WHERE y.pack = d.pack AND y.year = d.year`,
    ),
  });
  return { ...only(rows.head), ...rows, counted };
}

export interface RolledDirty {
  readonly hours: readonly CoarseRow[];
  readonly years: readonly CoarseRow[];
  /** [pack, hour] pairs whose minutes are now in the coarse packs and past their retention: they go. */
  readonly late: readonly (readonly [number, number])[];
  /** [pack, hour] pairs that are dirty no more. */
  readonly done: readonly (readonly [number, number])[];
  readonly unreadable: readonly UnreadableHour[];
}

/** `dirty` is what was read, and `parts` how many minute packs there were of it. @throws D1Failed */
export async function writeDirty(
  db: Database,
  dirty: readonly DirtyRow[],
  right: Claim,
  parts: number,
  rolled: RolledDirty,
  now: number,
): Promise<{ readonly applied: boolean; readonly counted: RowCount }> {
  const remove = (table: "dirty" | "unreadable" | "minute", pairs: RolledDirty["done"]) =>
    forRows(
      `DELETE FROM ${table} WHERE ${CLAIMED} AND (pack, hour) IN (
         SELECT value ->> 0, value ->> 1 FROM json_each(?1))`,
      pairs,
      right,
    );
  const count = `(SELECT count(*) FROM json_each(?3) AS k CROSS JOIN minute AS m
    WHERE m.hour = k.value ->> 1 AND m.pack = k.value ->> 0)`;
  const { changes, counted } = await batch(db, {
    claim: claim(right, {}, count, parts, keysOf(dirty)),
    hours: putPacks("hour", rolled.hours, right),
    years: putPacks("day", rolled.years, right),
    late: remove("minute", rolled.late),
    clean: remove("dirty", rolled.done),
    readable: remove("unreadable", rolled.done),
    ...report(rolled.unreadable, now, right),
  });
  return { applied: changes.claim > 0, counted };
}
