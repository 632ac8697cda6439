// What the roll-up reads of closed hours that wait for it, from its watermark on, and writes of them.

import * as LIMITS from "../core/limits.ts";
import { dayOf, HOUR } from "../core/tiers.ts";
import { firstWithin } from "./chunked.ts";
import { batch, type Database, only, query, type RowCount } from "./database.ts";
import { valueOf } from "./progress.ts";
import type { HourRow, MinuteRow } from "./rows.ts";
import {
  type Claim,
  claim,
  type CoarseRow,
  putPacks,
  report,
  shareOf,
  TOKEN,
  type UnreadableHour,
} from "./rollup.ts";

/** Before it, hours are rolled up, in the order of (hour, pack). */
export interface RolledTo {
  readonly hour: number;
  readonly pack: number;
}

/** The next hours to be rolled up: all minutes of [from, to). */
export interface ClosedRange {
  readonly from: RolledTo;
  readonly to: RolledTo;
  /** There are more behind it. */
  readonly more: boolean;
}

/** Whether nothing waits. */
export const isEmpty = ({ from, to }: ClosedRange): boolean =>
  from.hour === to.hour && from.pack === to.pack;

interface Waiting extends Pick<MinuteRow, "hour" | "pack"> {
  readonly bytes: number;
  /** Of the hour pack of its day. */
  readonly hourBytes: number;
}

/** The hours before `closed` that wait, as many as a share of a round may take. @throws D1Failed */
export async function nextClosed(
  db: Database,
  closed: number,
  share: number,
): Promise<ClosedRange & { readonly counted: RowCount }> {
  const most = shareOf(LIMITS.pairsPerRollup, share);
  const { rows, counted } = await batch(db, {
    head: query<RolledTo>(
      `SELECT ${valueOf("rolledHour")} AS hour, ${valueOf("rolledPack")} AS pack`,
    ),
    waiting: query<Waiting>(
      `SELECT w.hour, w.pack, w.bytes, coalesce((SELECT octet_length(h.body) FROM hour AS h
         WHERE h.pack = w.pack AND h.day = w.hour / 24), 0) AS hourBytes
       FROM (SELECT hour, pack, sum(octet_length(body)) AS bytes FROM minute
         WHERE (hour, pack) >= (${valueOf("rolledHour")}, ${valueOf("rolledPack")})
           AND hour < ?1
         GROUP BY hour, pack ORDER BY hour, pack LIMIT ${most}) AS w
       ORDER BY w.hour, w.pack`,
      closed,
    ),
  });
  const from = only(rows.head);
  const seen = new Set<string>();
  const taken = firstWithin(LIMITS.rollupBytes * share, rows.waiting, (pair) => {
    const key = `${pair.pack}/${dayOf(pair.hour * HOUR)}`;
    const bytes = pair.bytes + (seen.has(key) ? 0 : pair.hourBytes);
    seen.add(key);
    return bytes;
  });
  const last = taken.at(-1);
  if (last !== undefined)
    if (taken.length < rows.waiting.length || taken.length === most)
      return { from, to: { hour: last.hour, pack: last.pack + 1 }, more: true, counted };
  return { from, to: afterAll(from, last?.hour, closed), more: false, counted };
}

/**
 * Where the watermark goes when nothing is left: behind the last hour that had minutes, or the end of
 * its day once that is over. So no clock can make it pass by hours that are yet to come.
 */
function afterAll(from: RolledTo, last: number | undefined, closed: number): RolledTo {
  const next =
    last !== undefined ? last + 1 : from.pack > 0 && from.hour < closed ? from.hour + 1 : from.hour;
  const day = Math.ceil(next / 24) * 24;
  const hour = day <= closed ? day : next;
  return hour > from.hour ? { hour, pack: 0 } : from;
}

export interface ClosedHours {
  readonly read: number;
  readonly from: RolledTo;
  readonly minutes: readonly Pick<MinuteRow, "hour" | "pack" | "body">[];
  readonly hours: readonly HourRow[];
  readonly counted: RowCount;
}

const RANGE = `(hour, pack) >= (?1, ?2)
  AND (hour, pack) < (?3, ?4)`;

/** The minutes of a range and the hour packs of their days, in one snapshot. @throws D1Failed */
export async function readClosed(db: Database, { from, to }: ClosedRange): Promise<ClosedHours> {
  const range = [from.hour, from.pack, to.hour, to.pack];
  const { rows, counted } = await batch(db, {
    head: query<RolledTo & { readonly read: number }>(
      `SELECT ${TOKEN} AS read, ${valueOf("rolledHour")} AS hour, ${valueOf("rolledPack")} AS pack`,
    ),
    minutes: query<ClosedHours["minutes"][number]>(
      `SELECT hour, pack, body FROM minute WHERE ${RANGE} ORDER BY hour, pack`,
      ...range,
    ),
    hours: query<HourRow>(
      `SELECT h.pack, h.day, h.body
       FROM (SELECT DISTINCT pack, hour / 24 AS day FROM minute WHERE ${RANGE}) AS k
         CROSS JOIN hour AS h
       WHERE h.pack = k.pack AND h.day = k.day`,
      ...range,
    ),
  });
  const { read, hour, pack } = only(rows.head);
  return { read, from: { hour, pack }, minutes: rows.minutes, hours: rows.hours, counted };
}

/** @throws D1Failed */
export async function writeClosed(
  db: Database,
  { from, to }: ClosedRange,
  right: Claim,
  parts: number,
  hours: readonly CoarseRow[],
  unreadable: readonly UnreadableHour[],
  now: number,
): Promise<{ readonly applied: boolean; readonly counted: RowCount }> {
  const count = `(SELECT count(*) FROM minute
    WHERE (hour, pack) >= (?3, ?4)
      AND (hour, pack) < (?5, ?6))`;
  const { changes, counted } = await batch(db, {
    claim: claim(
      right,
      { rolledHour: to.hour, rolledPack: to.pack },
      count,
      parts,
      from.hour,
      from.pack,
      to.hour,
      to.pack,
    ),
    hours: putPacks("hour", hours, right),
    ...report(unreadable, now, right),
  });
  return { applied: changes.claim > 0, counted };
}
