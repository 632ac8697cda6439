// What the roll-up reads of UTC days that are over and whose hours are rolled up, and writes of them.

import * as LIMITS from "../core/limits.ts";
import { DAY, yearOf } from "../core/tiers.ts";
import { firstWithin } from "./chunked.ts";
import { batch, type Database, only, type Query, query, type RowCount } from "./database.ts";
import { firstPack, HOURS_OF_DAY } from "./hours.ts";
import { valueOf } from "./progress.ts";
import type { DayRow, HourRow } from "./rows.ts";
import {
  type Claim,
  claim,
  CLAIMED,
  type CoarseRow,
  forRows,
  putPacks,
  REPORTED,
  shareOf,
  TOKEN,
} from "./rollup.ts";

/** Before it, days are made, in the order of (day, pack). */
export interface MadeTo {
  readonly day: number;
  readonly pack: number;
}

export interface NextDays {
  readonly from: MadeTo;
  readonly to: MadeTo;
  readonly days: readonly Pick<HourRow, "day" | "pack">[];
  readonly more: boolean;
  readonly counted: RowCount;
}

/** Null: the scan has come to its end. */
interface WaitingDay extends Pick<HourRow, "pack"> {
  readonly day: HourRow["day"] | null;
  readonly bytes: number;
  readonly yearBytes: number;
}

const yearOfDay = (day: string): string =>
  `CAST(strftime('%Y', ${day} * 86400, 'unixepoch') AS INTEGER)`;

/** UTC days before this one are over, and all their hours rolled up. */
const OVER = `${valueOf("rolledHour")} / 24`;

/**
 * The days that wait to be made, as many as a share of a round may take. Their minutes are there, and are keyed
 * by hour: a skip scan goes from pack to pack, and behind the last one to the next day. @throws D1Failed
 */
export async function nextDays(db: Database, share: number): Promise<NextDays> {
  // The scan names what it begins behind, and a day before its packs: one of these must be left.
  const most = 2 + shareOf(LIMITS.daysPerRollup, share);
  const { rows, counted } = await batch(db, {
    head: query<MadeTo & { readonly over: number }>(
      `SELECT ${valueOf("rolledDay")} AS day, ${valueOf("rolledDayPack")} AS pack, ${OVER} AS over`,
    ),
    waiting: query<WaitingDay>(
      `WITH RECURSIVE next (day, pack) AS (
         SELECT ${valueOf("rolledDay")}, ${valueOf("rolledDayPack")} - 1
         WHERE ${valueOf("rolledDay")} < ${OVER}
         UNION ALL
         SELECT CASE WHEN ${firstPack("next.day", "> next.pack")} IS NOT NULL THEN next.day
             ELSE (SELECT min(hour) / 24 FROM minute
               WHERE hour >= (next.day + 1) * 24 AND hour < (${OVER}) * 24) END,
           coalesce(${firstPack("next.day", "> next.pack")}, -1)
         FROM next WHERE next.day IS NOT NULL LIMIT ${most}
       )
       SELECT next.day, next.pack, coalesce(octet_length(h.body), 0) AS bytes,
         coalesce((SELECT octet_length(y.body) FROM day AS y
           WHERE y.pack = next.pack AND y.year = ${yearOfDay("next.day")}), 0) AS yearBytes
       FROM next LEFT JOIN hour AS h ON h.pack = next.pack AND h.day = next.day`,
    ),
  });
  const { over, ...from } = only(rows.head);
  // The scan begins before the first, and names each day before its packs.
  const waiting = rows.waiting.flatMap(({ day, ...row }) =>
    day !== null && row.pack >= (day === from.day ? from.pack : 0) ? [{ day, ...row }] : [],
  );
  const ended = rows.waiting.length === 0 || rows.waiting.at(-1)?.day === null;
  const seen = new Set<string>();
  const days = firstWithin(
    LIMITS.rollupBytes * share,
    waiting,
    ({ day, pack, bytes, yearBytes }) => {
      const key = `${pack}/${yearOf(day * DAY)}`;
      const known = seen.has(key);
      seen.add(key);
      return bytes + (known ? 0 : yearBytes);
    },
  );
  const last = days.at(-1);
  const more = days.length < waiting.length || !ended;
  const to =
    more && last !== undefined
      ? { day: last.day, pack: last.pack + 1 }
      : { day: Math.max(over, from.day), pack: over > from.day ? 0 : from.pack };
  return { from, to, days, more, counted };
}

export interface DaysSnapshot {
  readonly read: number;
  readonly from: MadeTo;
  readonly hours: readonly HourRow[];
  readonly years: readonly DayRow[];
  readonly counted: RowCount;
}

const KEYS = "(SELECT value ->> 0 AS day, value ->> 1 AS pack FROM json_each(?1)) AS k";

/** The hour packs of days, and the day packs of their years, in one snapshot. @throws D1Failed */
export async function readDays(db: Database, days: NextDays["days"]): Promise<DaysSnapshot> {
  const keys = JSON.stringify(days.map(({ day, pack }) => [day, pack]));
  const { rows, counted } = await batch(db, {
    head: query<MadeTo & { readonly read: number }>(
      `SELECT ${TOKEN} AS read, ${valueOf("rolledDay")} AS day, ${valueOf("rolledDayPack")} AS pack`,
    ),
    hours: query<HourRow>(
      `SELECT h.pack, h.day, h.body FROM ${KEYS} CROSS JOIN hour AS h
       WHERE h.pack = k.pack AND h.day = k.day`,
      keys,
    ),
    years: query<DayRow>(
      `SELECT y.pack, y.year, y.body
       FROM (SELECT DISTINCT k.pack, ${yearOfDay("k.day")} AS year FROM ${KEYS}) AS d
         CROSS JOIN day AS y
       WHERE y.pack = d.pack AND y.year = d.year`,
      keys,
    ),
  });
  const { read, day, pack } = only(rows.head);
  return { read, from: { day, pack }, hours: rows.hours, years: rows.years, counted };
}

/** A (pack, UTC day) that cannot be made. */
export type UnreadableDay = readonly [pack: number, day: number, slots: number, message: string];

/**
 * Of days that cannot be made all hours become dirty: so they are read by their minutes, and rolled up
 * again. @throws D1Failed
 */
export async function writeDays(
  db: Database,
  to: MadeTo,
  right: Claim,
  years: readonly CoarseRow[],
  unreadable: readonly UnreadableDay[],
  now: number,
): Promise<{ readonly applied: boolean; readonly counted: RowCount }> {
  const hours = `FROM json_each(?1) AS r CROSS JOIN ${HOURS_OF_DAY} AS h
    WHERE ${CLAIMED} AND EXISTS (SELECT 1 FROM minute AS m
      WHERE m.hour = (r.value ->> 1) * 24 + h.value AND m.pack = r.value ->> 0)`;
  const each = (sql: string, ...more: readonly number[]): Query<never>[] =>
    forRows(sql, unreadable, right, ...more);
  const { changes, counted } = await batch(db, {
    claim: claim(right, { rolledDay: to.day, rolledDayPack: to.pack }),
    years: putPacks("day", years, right),
    dirty: each(
      `INSERT OR IGNORE INTO dirty (pack, hour)
       SELECT r.value ->> 0, (r.value ->> 1) * 24 + h.value ${hours}`,
    ),
    unreadable: each(
      `INSERT INTO unreadable (pack, hour, slots, message, tried_at)
       SELECT r.value ->> 0, (r.value ->> 1) * 24 + h.value, r.value ->> 2, r.value ->> 3, ?3
       ${hours} ${REPORTED}`,
      now,
    ),
  });
  return { applied: changes.claim > 0, counted };
}
