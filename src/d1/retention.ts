// What retention reads and deletes in D1. What may be deleted is said in core/retention.ts.

import * as LIMITS from "../core/limits.ts";
import { batch, type Database, only, query, type RowCount } from "./database.ts";
import { firstPack, HOURS_OF_DAY } from "./hours.ts";
import { setProgress, valueOf } from "./progress.ts";

/** How far minutes are deleted: all before `goneDay`, and on it those of packs before `gonePack`. */
export interface MinuteProgress {
  readonly goneDay: number;
  readonly gonePack: number;
  /** The oldest UTC day, not before `goneDay`, that has minutes; null when none has. */
  readonly oldest: number | null;
  /** Its packs before this one are deleted. */
  readonly from: number;
  /** The packs of one round end before this one; null when there are none behind them. */
  readonly next: number | null;
  readonly askedAt: number;
}

const OLDEST = `(SELECT min(hour) / 24 FROM minute WHERE hour >= ${valueOf("goneDay")} * 24)`;
const FROM = `CASE WHEN oldest.day = ${valueOf("goneDay")} THEN ${valueOf("gonePack")} ELSE 0 END`;

const NEXT = `first.pack + ${LIMITS.packsPerPurge}`;

/** @throws D1Failed */
export async function readMinuteProgress(
  db: Database,
): Promise<MinuteProgress & { readonly counted: RowCount }> {
  const { rows, counted } = await batch(db, {
    head: query<MinuteProgress>(
      `WITH oldest (day) AS (SELECT ${OLDEST}),
         first (pack) AS (SELECT ${firstPack("oldest.day", `>= ${FROM}`)} FROM oldest)
       SELECT ${valueOf("goneDay")} AS goneDay, ${valueOf("gonePack")} AS gonePack,
         oldest.day AS oldest, ${FROM} AS "from",
         CASE WHEN ${firstPack("oldest.day", `>= ${NEXT}`)} IS NOT NULL THEN ${NEXT} END AS next,
         ${valueOf("clockAt")} AS askedAt
       FROM oldest CROSS JOIN first`,
    ),
  });
  return { ...only(rows.head), counted };
}

/** Remembers when a run first asked for more than a day. @throws D1Failed */
export const rememberAsked = async (db: Database, now: number): Promise<RowCount> =>
  (await batch(db, { asked: setProgress({ clockAt: now }) })).counted;

/**
 * Minutes of a UTC day, of the packs from `from` to before `next`; null: of all the rest. It begins where the
 * progress is, not where minutes were seen: what the progress passes is looked at, also what has come since.
 */
export interface DayPart {
  readonly day: number;
  readonly from: number;
  readonly next: number | null;
}

/**
 * Deletes minutes and moves the progress, in one batch, unless the progress is no longer `at`, or passes days
 * that have minutes, or one of the packs is dirty or its day not made, so that it may yet be rolled up. Of hours
 * that cannot be read the minutes stay. `token` is a number that no other batch has: a roll-up that has read what
 * was there before does nothing. @throws D1Failed
 */
export async function deleteMinutes(
  db: Database,
  { day, from, next }: DayPart,
  at: Pick<MinuteProgress, "goneDay" | "gonePack">,
  token: number,
): Promise<{ readonly done: boolean; readonly counted: RowCount }> {
  // ?1 is the day, [?2, ?3) are the packs.
  const packs = `WITH RECURSIVE packs (pack) AS (
      SELECT ${firstPack("?1", ">= ?2")}
      UNION ALL
      SELECT ${firstPack("?1", "> packs.pack")} FROM packs WHERE packs.pack < ?3
    )`;
  const dirty = `SELECT d.pack, d.hour FROM packs CROSS JOIN dirty AS d
    WHERE packs.pack < ?3 AND d.pack = packs.pack AND d.hour >= ?1 * 24 AND d.hour < ?1 * 24 + 24`;
  const last = next ?? Number.MAX_SAFE_INTEGER;
  const part = [day, from, last];
  const { changes, counted } = await batch(db, {
    claim: query(
      `${packs} INSERT INTO progress (name, value) SELECT key, value FROM json_each(?6)
       WHERE ${valueOf("goneDay")} = ?4 AND ${valueOf("gonePack")} = ?5
         AND (?7, ?8) <= (${valueOf("rolledDay")}, ${valueOf("rolledDayPack")})
         AND NOT EXISTS (SELECT 1 FROM minute WHERE hour >= ?4 * 24 AND hour < ?1 * 24)
         AND NOT EXISTS (SELECT 1 FROM (${dirty}) AS d WHERE NOT EXISTS (
           SELECT 1 FROM unreadable AS u WHERE u.pack = d.pack AND u.hour = d.hour))
       ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
      ...part,
      at.goneDay,
      at.gonePack,
      JSON.stringify({
        goneDay: next === null ? day + 1 : day,
        gonePack: next ?? 0,
        rollup: token,
      }),
      ...(next === null ? [day + 1, 0] : [day, next]),
    ),
    kept: query(
      `${packs} UPDATE unreadable SET kept = 1
       WHERE ${valueOf("rollup")} = ?4 AND kept = 0 AND (pack, hour) IN (${dirty})`,
      ...part,
      token,
    ),
    minutes: query(
      `${packs} DELETE FROM minute WHERE ${valueOf("rollup")} = ?4 AND (hour, pack) IN (
         SELECT ?1 * 24 + h.value, packs.pack FROM ${HOURS_OF_DAY} AS h CROSS JOIN packs
         WHERE packs.pack < ?3 AND NOT EXISTS (SELECT 1 FROM dirty AS d
           WHERE d.pack = packs.pack AND d.hour = ?1 * 24 + h.value))`,
      ...part,
      token,
    ),
  });
  return { done: changes.claim > 0, counted };
}

/** The tiers whose packs are keyed by pack first, with the span of each. */
const SPAN = { hour: "day", day: "year" } as const;
export type CoarseTier = keyof typeof SPAN;

/** How far a coarse tier is deleted: once a span, all packs are gone through, some a round. */
export interface CoarseProgress {
  /** Spans before this one were deleted, of all packs. */
  readonly kept: number;
  /** The pass under way goes on with this pack; 0 when none is. */
  readonly pack: number;
  readonly askedAt: number;
  /** UTC days before this one are made. */
  readonly rolledDay: number;
  /** Minutes of UTC days before this one are deleted. */
  readonly goneDay: number;
}

/** @throws D1Failed */
export async function readCoarseProgress(
  db: Database,
  tier: CoarseTier,
): Promise<CoarseProgress & { readonly counted: RowCount }> {
  const { rows, counted } = await batch(db, {
    head: query<CoarseProgress>(
      `SELECT ${valueOf(`${tier}Kept`)} AS kept, ${valueOf(`${tier}Pack`)} AS pack,
         ${valueOf("clockAt")} AS askedAt, ${valueOf("rolledDay")} AS rolledDay,
         ${valueOf("goneDay")} AS goneDay`,
    ),
  });
  return { ...only(rows.head), counted };
}

/**
 * Deletes packs of spans before `past`, those of one round, and moves the progress, at the end of a pass to
 * `kept`. Deleting twice deletes nothing more, so overlapping runs need no guard. An hour pack of a day that is
 * dirty stays for the next pass, also when it has become so since it was found: what cannot be read yet will be
 * put into it. @throws D1Failed
 */
export async function deleteCoarse(
  db: Database,
  tier: CoarseTier,
  past: number,
  kept: number,
  from: number,
): Promise<{ readonly done: boolean; readonly counted: RowCount }> {
  const span = SPAN[tier];
  const dirty =
    tier === "day"
      ? ""
      : `AND NOT EXISTS (SELECT 1 FROM dirty AS d WHERE d.pack = t.pack
           AND d.hour >= t.day * 24 AND d.hour < t.day * 24 + 24)`;
  const found = await batch(db, {
    packs: query<{ readonly pack: number; readonly span: number | null }>(
      // A skip scan: the packs that there are, and of each what goes.
      `WITH RECURSIVE packs (pack) AS (
         SELECT min(pack) FROM ${tier} WHERE pack >= ?1
         UNION ALL
         SELECT (SELECT min(pack) FROM ${tier} WHERE pack > packs.pack) FROM packs
         WHERE packs.pack IS NOT NULL LIMIT ${LIMITS.rowsPerPurge}
       )
       SELECT packs.pack, t.${span} AS span FROM packs
         LEFT JOIN ${tier} AS t ON t.pack = packs.pack AND t.${span} < ?2 ${dirty}
       WHERE packs.pack IS NOT NULL LIMIT ${LIMITS.rowsPerPurge}`,
      from,
      past,
    ),
  });
  const { packs } = found.rows;
  const gone = packs.flatMap(({ pack, span }) => (span === null ? [] : [[pack, span]]));
  const last = packs.length < LIMITS.rowsPerPurge ? undefined : packs.at(-1)?.pack;
  const { counted } = await batch(db, {
    packs: query(
      `DELETE FROM ${tier} AS t WHERE (t.pack, t.${span}) IN (
         SELECT value ->> 0, value ->> 1 FROM json_each(?1)) ${dirty}`,
      JSON.stringify(gone),
    ),
    progress: setProgress(
      last === undefined
        ? { [`${tier}Kept`]: kept, [`${tier}Pack`]: 0 }
        : { [`${tier}Pack`]: last },
    ),
  });
  return {
    done: last === undefined,
    counted: {
      read: found.counted.read + counted.read,
      written: found.counted.written + counted.written,
    },
  };
}
