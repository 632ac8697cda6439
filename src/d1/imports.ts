// What an import reads and writes in D1. Its minutes, series and descriptions come as a flush of a shard that
// nobody has (flush.ts): so two imports at once, or one that lands late, count once. Its hours and days come
// under the claim of the roll-up (rollup.ts).

import * as LIMITS from "../core/limits.ts";
import { DAY, yearOf } from "../core/tiers.ts";
import { chunked } from "./chunked.ts";
import { batch, type Database, only, query, type RowCount } from "./database.ts";
import type { SeriesName } from "./ids.ts";
import { D1_NOW, IMPORT_MS, type ProgressName, valueOf } from "./progress.ts";
import { type Claim, claim, type CoarseRow, putPacks, TOKEN } from "./rollup.ts";
import type { DayRow, HourRow, MetricRow, SeriesRow } from "./rows.ts";

/** The number of the shard as which imports write: no shard has it. */
export const IMPORTER = -1;

/** A series as the database has it; `id` 0: it does not. */
export type TargetSeries = Pick<SeriesRow, "id" | "first_at" | "last_at">;

/**
 * Says that an import writes, so that readers hold nothing of what this database says: once in a while, since
 * imports come in many requests. Gives how long it is to wait before it writes, ms: until nobody holds anything of
 * before. @throws D1Failed
 */
export async function announceImport(
  db: Database,
): Promise<{ readonly waitMs: number; readonly counted: RowCount }> {
  const { rows, counted } = await batch(db, {
    said: query(
      `INSERT INTO progress (name, value) VALUES ('importingTo', ${D1_NOW} + ${IMPORT_MS})
       ON CONFLICT (name) DO UPDATE SET value = excluded.value
       WHERE value NOT BETWEEN ${D1_NOW} + ${IMPORT_MS / 2} AND ${D1_NOW} + ${IMPORT_MS}`,
    ),
    since: query<{ readonly since: number }>(
      `SELECT ${D1_NOW} - (${valueOf("importingTo")} - ${IMPORT_MS}) AS since`,
    ),
  });
  const { since } = only(rows.since);
  return { waitMs: Math.max(0, LIMITS.outliveMs - since), counted };
}

export interface ImportTarget {
  /** Of IMPORTER, as for a flush. */
  readonly watermark: number;
  readonly nextId: number;
  /** The first pack that nobody has. */
  readonly nextPack: number;
  /** Minutes of UTC days before it are deleted. */
  readonly goneDay: number;
  /** The first hour, not of before `goneDay`, that has minutes of anybody; null: none has. */
  readonly firstMinute: number | null;
  /** By position in what was asked. */
  readonly series: readonly TargetSeries[];
  /** What is known of the metrics that were asked for. */
  readonly described: readonly MetricRow[];
  /** Those of the metrics that have a series. */
  readonly metrics: readonly string[];
  readonly counted: RowCount;
}

const FIRST_MINUTE = `(SELECT min(hour) FROM minute WHERE hour >= ${valueOf("goneDay")} * 24)`;

const bytesOf = ([metric, labels]: SeriesName): number => 6 * (metric.length + labels.length) + 8;

/** @throws D1Failed */
export async function readTarget(
  db: Database,
  names: readonly SeriesName[],
  metrics: readonly string[],
): Promise<ImportTarget> {
  const { rows, counted } = await batch(db, {
    head: query<
      Pick<ImportTarget, "watermark" | "nextId" | "nextPack" | "goneDay" | "firstMinute">
    >(
      `SELECT coalesce((SELECT page FROM flushed WHERE shard = ?1), 0) AS watermark,
         coalesce((SELECT next_id FROM flushed WHERE shard = ?1), 0) AS nextId,
         max(1, ${valueOf("nextPack")}) AS nextPack, ${valueOf("goneDay")} AS goneDay,
         ${FIRST_MINUTE} AS firstMinute`,
      IMPORTER,
    ),
    series: chunked(names, bytesOf).map((part) =>
      query<TargetSeries>(
        `SELECT coalesce(s.id, 0) AS id, coalesce(s.first_at, 0) AS first_at,
           coalesce(s.last_at, 0) AS last_at
         FROM json_each(?) AS r LEFT JOIN series AS s
           ON s.metric = r.value ->> 0 AND s.labels = r.value ->> 1
         ORDER BY r.key`,
        JSON.stringify(part),
      ),
    ),
    described: chunked(metrics, (name) => bytesOf([name, ""])).map((part) =>
      query<MetricRow>(
        "SELECT * FROM metric WHERE metric IN (SELECT value FROM json_each(?))",
        JSON.stringify(part),
      ),
    ),
    metrics: chunked(metrics, (name) => bytesOf([name, ""])).map((part) =>
      query<{ readonly metric: string }>(
        `SELECT value AS metric FROM json_each(?)
         WHERE EXISTS (SELECT 1 FROM series AS s WHERE s.metric = value)`,
        JSON.stringify(part),
      ),
    ),
  });
  return {
    ...only(rows.head),
    series: rows.series,
    described: rows.described,
    metrics: rows.metrics.map(({ metric }) => metric),
    counted,
  };
}

/** A UTC day of a pack. */
export interface PackDay {
  readonly pack: number;
  readonly day: number;
}

export interface CoarseSnapshot {
  /** The roll-up's token. */
  readonly read: number;
  readonly goneDay: number;
  readonly rolledHour: number;
  readonly rolledDay: number;
  /** The first hour, not before `goneDay`, that has minutes of anybody; null: none has. */
  readonly firstMinute: number | null;
  readonly hours: readonly HourRow[];
  readonly years: readonly DayRow[];
  readonly counted: RowCount;
}

/** The hour packs of days and the day packs of their years, in one snapshot. @throws D1Failed */
export async function readCoarse(db: Database, days: readonly PackDay[]): Promise<CoarseSnapshot> {
  const years = [
    ...new Map(
      days.map(({ pack, day }) => {
        const year = yearOf(day * DAY);
        return [`${pack}/${year}`, [pack, year]] as const;
      }),
    ).values(),
  ];
  const { rows, counted } = await batch(db, {
    head: query<
      Pick<CoarseSnapshot, "read" | "goneDay" | "rolledHour" | "rolledDay" | "firstMinute">
    >(
      `SELECT ${TOKEN} AS read, ${valueOf("goneDay")} AS goneDay,
         ${valueOf("rolledHour")} AS rolledHour, ${valueOf("rolledDay")} AS rolledDay,
         ${FIRST_MINUTE} AS firstMinute`,
    ),
    hours: query<HourRow>(
      `SELECT h.pack, h.day, h.body FROM json_each(?) AS k CROSS JOIN hour AS h
       WHERE h.pack = k.value ->> 0 AND h.day = k.value ->> 1`,
      JSON.stringify(days.map(({ pack, day }) => [pack, day])),
    ),
    years: query<DayRow>(
      `SELECT y.pack, y.year, y.body FROM json_each(?) AS k CROSS JOIN day AS y
       WHERE y.pack = k.value ->> 0 AND y.year = k.value ->> 1`,
      JSON.stringify(years),
    ),
  });
  return { ...only(rows.head), hours: rows.hours, years: rows.years, counted };
}

export interface FilledCoarse {
  readonly hours: readonly CoarseRow[];
  readonly years: readonly CoarseRow[];
  /** Minutes before this UTC day are deleted from now on, of which there are none; hours and days are made. */
  readonly goneDay: number;
}

/**
 * Writes coarse packs, and moves what says that days before `goneDay` have no minutes: to where there are
 * none, or nothing is done. @throws D1Failed
 */
export async function writeCoarse(
  db: Database,
  before: CoarseSnapshot,
  { hours, years, goneDay }: FilledCoarse,
  right: Claim,
): Promise<{ readonly applied: boolean; readonly counted: RowCount }> {
  const moved: Partial<Record<ProgressName, number>> = {
    ...(goneDay > before.goneDay && { goneDay, gonePack: 0 }),
    ...(goneDay * 24 > before.rolledHour && { rolledHour: goneDay * 24, rolledPack: 0 }),
    ...(goneDay > before.rolledDay && { rolledDay: goneDay, rolledDayPack: 0 }),
  };
  const { changes, counted } = await batch(db, {
    claim: claim(
      right,
      moved,
      "(SELECT count(*) FROM minute WHERE hour >= ?3 AND hour < ?4)",
      0,
      before.goneDay * 24,
      Math.max(before.goneDay, goneDay) * 24,
    ),
    hours: putPacks("hour", hours, right),
    years: putPacks("day", years, right),
  });
  return { applied: changes.claim > 0, counted };
}
