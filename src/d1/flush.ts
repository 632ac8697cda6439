// What a flush writes to a database, in one guarded transaction: why it counts once is said in
// durable/flush/protocol.ts.

import { chunked } from "./chunked.ts";
import { SERIES_PER_PACK } from "../core/codec/pack.ts";
import { batch, type Database, only, type Query, query, type RowCount } from "./database.ts";
import type { NextIds } from "./ids.ts";
import { valueOf } from "./progress.ts";
import type { MetricRow } from "./rows.ts";
import { GUARD, setWatermark, type Turn } from "./watermark.ts";

/** What a flush says of a series: [id, metric, labels, firstAt, lastAt, last]. */
export type FlushedSeries = readonly [number, string, string, number, number, number];
/**
 * What is known of a metric besides: [metric, type, unit, help, saidAt] of what senders say, and
 * [type, unit, help, setAt] of what was set.
 */
export type FlushedDescription = readonly [
  string,
  ...(readonly [string | null, string | null, string | null, number]),
  ...(readonly [string | null, string | null, string | null, number]),
];
/** A pack: [hour, pack, body]. */
export type FlushedPack = readonly [hour: number, pack: number, body: string];

export interface FlushContent {
  /** Those that the database does not have, and those that the shard is about to forget. */
  readonly series: readonly FlushedSeries[];
  readonly minutes: readonly FlushedPack[];
  readonly described: readonly FlushedDescription[];
  /** Ids that the database must have: the flush is refused if one of them is gone. */
  readonly known: readonly number[];
  /** Undefined when no id was given: then it stays as it is. */
  readonly next: NextIds | undefined;
  /**
   * The first pack that nobody had when ids were given. Another shard may have taken it since: then
   * all from it on, and their ids, are moved up.
   */
  readonly nextPack: number;
}

// ?1 is the rows as JSON; ?2 and ?3 are those of the guard.

/** Stops the batch with an error, so that nothing of it is done, when a premise does not hold. */
const refuse = (premise: string): string =>
  `INSERT INTO progress (name, value) SELECT 'refused', NULL WHERE ${GUARD} AND NOT (${premise})`;

/** A series that was removed, or lost with a database that was restored: its id is no longer its. */
const ALL_KNOWN = refuse(
  `(SELECT count(*) FROM json_each(?1) AS k CROSS JOIN series AS s WHERE s.id = k.value)
     = json_array_length(?1)`,
);

/** By how many packs those from `?n` on are moved up. */
const movedBy = (param: string): string => `(max(1, ${valueOf("nextPack")}) - ${param})`;
/** The id, and the pack, of what the shard took for such. */
const idOf = (id: string, param: string): string =>
  `iif(${id} >= ${param} * ${SERIES_PER_PACK}, ${id} + ${movedBy(param)} * ${SERIES_PER_PACK}, ${id})`;
const packOf = (pack: string, param: string): string =>
  `iif(${pack} >= ${param}, ${pack} + ${movedBy(param)}, ${pack})`;

// Ids do not change, so only a series that is there already is written again.
const INSERT_SERIES = `
  INSERT INTO series (id, metric, labels, first_at, last_at, last)
  SELECT ${idOf("(value ->> 0)", "?4")}, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
  FROM json_each(?1) WHERE ${GUARD}
  ON CONFLICT (id) DO UPDATE SET
    first_at = min(first_at, excluded.first_at),
    last = CASE WHEN excluded.last_at >= last_at THEN excluded.last ELSE last END,
    last_at = max(last_at, excluded.last_at)`;

const INSERT_MINUTES = `
  INSERT INTO minute (hour, pack, shard, part, body)
  SELECT value ->> 0, ${packOf("(value ->> 1)", "?5")}, ?2, ?4, value ->> 2
  FROM json_each(?1) WHERE ${GUARD}`;

// As `mergeDescriptions`, with what this shard says as the later. What is there already writes no row.
const INSERT_METRICS = `
  INSERT INTO metric (metric, type, unit, help, said_at, set_type, set_unit, set_help, set_at)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4,
    value ->> 5, value ->> 6, value ->> 7, value ->> 8
  FROM json_each(?1) WHERE ${GUARD}
  ON CONFLICT (metric) DO UPDATE SET
    type = coalesce(excluded.type, type),
    unit = coalesce(excluded.unit, unit),
    help = coalesce(excluded.help, help),
    said_at = max(said_at, excluded.said_at),
    set_type = iif(excluded.set_at > set_at, excluded.set_type, set_type),
    set_unit = iif(excluded.set_at > set_at, excluded.set_unit, set_unit),
    set_help = iif(excluded.set_at > set_at, excluded.set_help, set_help),
    set_at = max(set_at, excluded.set_at)
  WHERE excluded.set_at > set_at OR (type, unit, help) IS NOT (
    coalesce(excluded.type, type), coalesce(excluded.unit, unit), coalesce(excluded.help, help))`;

// INSERT OR IGNORE of a mark that is there writes no row.
const INSERT_DIRTY = `
  INSERT OR IGNORE INTO dirty (pack, hour)
  SELECT pack, hour FROM (
    SELECT ${packOf("(value ->> 1)", "?4")} AS pack, value ->> 0 AS hour FROM json_each(?1))
  WHERE ${GUARD} AND (hour, pack) < (${valueOf("rolledHour")}, ${valueOf("rolledPack")})`;

// By the watermark that was just set. Once more would only leave packs to nobody.
const SET_NEXT_PACK = `
  INSERT INTO progress (name, value) SELECT 'nextPack', ?1 + ${movedBy("?4")}
  WHERE (SELECT page FROM flushed WHERE shard = ?2) = ?3
  ON CONFLICT (name) DO UPDATE SET value = excluded.value`;

/** Bytes that a row of JSON may take: a UTF-16 code unit is at most six when it is escaped. */
const seriesBytes = ([, metric, labels]: FlushedSeries): number =>
  6 * (metric.length + labels.length) + 120;
/** Quotes around slots and segments are escaped within a text: 16 × 4 more. */
const packBytes = ([, , body]: FlushedPack): number => body.length + 16 * 4 + 40;
const NUMBER_BYTES = 20;
const descriptionBytes = (row: FlushedDescription): number =>
  row.reduce((sum: number, one) => sum + (typeof one === "string" ? 6 * one.length : 20), 20);

/** When something was last set of a metric by hand, Unix ms; 0: never. @throws D1Failed */
export async function readSetAt(db: Database, metric: string, deadlineMs: number): Promise<number> {
  const { rows } = await batch(
    db,
    { set: query<Pick<MetricRow, "set_at">>("SELECT set_at FROM metric WHERE metric = ?", metric) },
    deadlineMs,
  );
  return rows.set[0]?.set_at ?? 0;
}

export interface Written {
  readonly landed: boolean;
  /** By how many packs those from `nextPack` on were moved up. */
  readonly movedBy: number;
  readonly counted: RowCount;
}

/**
 * Writes the content of pages up to `turn.part` if `turn.watermark` still holds. Not landed: it does
 * not, and nothing was written. @throws D1Failed: it may have landed, or may land yet.
 */
export async function writeFlush(
  db: Database,
  turn: Turn,
  { series, minutes, described, known, next, nextPack }: FlushContent,
  deadlineMs: number,
): Promise<Written> {
  const { shard, watermark, part } = turn;
  const each = <T>(
    sql: string,
    rows: readonly T[],
    bytesOf: (row: T) => number,
    ...more: readonly number[]
  ): Query<never>[] =>
    chunked(rows, bytesOf).map((chunk) =>
      query(sql, JSON.stringify(chunk), shard, watermark, ...more),
    );
  const takesPacks = next !== undefined && next.nextPack > nextPack;
  const { rows, changes, counted } = await batch(
    db,
    {
      known: each(ALL_KNOWN, known, () => NUMBER_BYTES),
      moved: query<Pick<Written, "movedBy">>(`SELECT ${movedBy("?1")} AS movedBy`, nextPack),
      series: each(INSERT_SERIES, series, seriesBytes, nextPack),
      described: each(INSERT_METRICS, described, descriptionBytes),
      minutes: each(INSERT_MINUTES, minutes, packBytes, part, nextPack),
      dirty: each(
        INSERT_DIRTY,
        minutes.map(([hour, pack]) => [hour, pack] as const),
        () => 2 * NUMBER_BYTES,
        nextPack,
      ),
      watermark: setWatermark(turn, next && idOf(String(next.nextId), String(nextPack))),
      nextPack: takesPacks ? [query(SET_NEXT_PACK, next.nextPack, shard, part, nextPack)] : [],
    },
    deadlineMs,
  );
  return { landed: changes.watermark === 1, ...only(rows.moved), counted };
}
