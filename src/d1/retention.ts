// What retention reads and deletes in D1. What may be deleted is said in core/retention.ts.

import * as LIMITS from "../core/limits.ts";
import { batch, type Database, only, query, type RowCount } from "./database.ts";
import { HOURS_OF_DAY } from "./hours.ts";
import { setProgress, valueOf } from "./progress.ts";
import type { SeriesRow } from "./rows.ts";

/** How far minutes are deleted: all before `goneDay`, and on it those of series before `goneSeries`. */
export interface MinuteProgress {
  readonly goneDay: number;
  readonly goneSeries: number;
  /** The oldest UTC day, not before `goneDay`, that has minutes; null when none has. */
  readonly oldest: number | null;
  readonly askedAt: number;
}

/** @throws D1Failed */
export async function readMinuteProgress(
  db: Database,
): Promise<MinuteProgress & { readonly counted: RowCount }> {
  const { rows, counted } = await batch(db, {
    head: query<MinuteProgress>(
      `SELECT ${valueOf("goneDay")} AS goneDay, ${valueOf("goneSeries")} AS goneSeries,
         (SELECT min(hour) / 24 FROM minute WHERE hour >= ${valueOf("goneDay")} * 24) AS oldest,
         ${valueOf("clockAt")} AS askedAt`,
    ),
  });
  return { ...only(rows.head), counted };
}

/** Remembers when a run first asked for more than a day. @throws D1Failed */
export const rememberAsked = async (db: Database, now: number): Promise<RowCount> =>
  (await batch(db, { asked: setProgress({ clockAt: now }) })).counted;

/** The first series of the next round, when this one begins with `from`. @throws D1Failed */
export async function nextSeries(
  db: Database,
  from: number,
): Promise<{ readonly next: number | undefined; readonly counted: RowCount }> {
  const { rows, counted } = await batch(db, {
    series: query<Pick<SeriesRow, "id">>(
      `SELECT id FROM series WHERE id >= ? ORDER BY id LIMIT 1 OFFSET ${LIMITS.seriesPerPurge}`,
      from,
    ),
  });
  return { next: rows.series[0]?.id, counted };
}

/** Minutes of a UTC day, of the series from `from` to before `next`, or of all the rest. */
export interface DayPart {
  readonly day: number;
  readonly from: number;
  readonly next: number | undefined;
}

/**
 * Deletes minutes and moves the progress, in one batch, unless the progress is no longer `at`, or one
 * of the series is dirty and may yet be rolled up. Of those that cannot be read the minutes stay.
 * @throws D1Failed
 */
export async function deleteMinutes(
  db: Database,
  { day, from, next }: DayPart,
  at: Pick<MinuteProgress, "goneDay" | "goneSeries">,
): Promise<{ readonly done: boolean; readonly counted: RowCount }> {
  const guard = `${valueOf("goneDay")} = ?4 AND ${valueOf("goneSeries")} = ?5 AND NOT EXISTS (
    SELECT 1 FROM dirty AS d WHERE d.day = ?1 AND d.series_id >= ?2 AND d.series_id < ?3
      AND NOT EXISTS (
        SELECT 1 FROM unreadable AS u WHERE u.day = d.day AND u.series_id = d.series_id))`;
  const part = [day, from, next ?? Number.MAX_SAFE_INTEGER, at.goneDay, at.goneSeries];
  const moved = next === undefined ? [day + 1, 0] : [day, next];
  const { changes, counted } = await batch(db, {
    kept: query(
      `UPDATE unreadable SET kept = 1
       WHERE ${guard} AND day = ?1 AND series_id >= ?2 AND series_id < ?3 AND kept = 0`,
      ...part,
    ),
    minutes: query(
      `DELETE FROM minute WHERE ${guard}
         AND hour IN (SELECT ?1 * 24 + value FROM ${HOURS_OF_DAY})
         AND series_id >= ?2 AND series_id < ?3
         AND series_id NOT IN (SELECT series_id FROM dirty WHERE day = ?1)`,
      ...part,
    ),
    progress: query(
      `INSERT INTO progress (name, value)
       SELECT key, value FROM json_each(?6) WHERE ${guard}
       ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
      ...part,
      JSON.stringify({ goneDay: moved[0], goneSeries: moved[1] }),
    ),
  });
  return { done: changes.progress > 0, counted };
}

/** The tiers whose segments are keyed by series first, with the span of each. */
const SPAN = { hour: "day", day: "year" } as const;
export type CoarseTier = keyof typeof SPAN;

/** How far a coarse tier is deleted: once a span, all series are gone through, some a round. */
export interface CoarseProgress {
  /** Spans before this one were deleted, of all series. */
  readonly kept: number;
  /** The pass under way goes on with this series; 0 when none is. */
  readonly series: number;
  /** The first series of the round after the next; null when the next is the last. */
  readonly next: number | null;
  readonly askedAt: number;
}

/** @throws D1Failed */
export async function readCoarseProgress(
  db: Database,
  tier: CoarseTier,
): Promise<CoarseProgress & { readonly counted: RowCount }> {
  const { rows, counted } = await batch(db, {
    head: query<CoarseProgress>(
      `WITH head (kept, series) AS (
         SELECT ${valueOf(`${tier}Kept`)}, ${valueOf(`${tier}Series`)})
       SELECT kept, series, (SELECT id FROM series WHERE id >= head.series
         ORDER BY id LIMIT 1 OFFSET ${LIMITS.seriesPerPurge}) AS next, ${valueOf("clockAt")} AS askedAt
       FROM head`,
    ),
  });
  return { ...only(rows.head), counted };
}

/**
 * Deletes segments of spans before `kept`, of the series of one round, and moves the progress.
 * Deleting twice deletes nothing more, so overlapping runs need no guard. @throws D1Failed
 */
export async function deleteCoarse(
  db: Database,
  tier: CoarseTier,
  kept: number,
  { series, next }: CoarseProgress,
): Promise<RowCount> {
  const { counted } = await batch(db, {
    segments: query(
      `DELETE FROM ${tier} WHERE ${SPAN[tier]} < ?1 AND series_id IN (
         SELECT id FROM series WHERE id >= ?2 AND id < ?3)`,
      kept,
      series,
      next ?? Number.MAX_SAFE_INTEGER,
    ),
    progress: setProgress(
      next === null ? { [`${tier}Kept`]: kept, [`${tier}Series`]: 0 } : { [`${tier}Series`]: next },
    ),
  });
  return counted;
}
