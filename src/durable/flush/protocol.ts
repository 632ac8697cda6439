// Moves sealed pages from a shard into D1, exactly once. The protocol, and why it holds:
//
// The page id is the sequence number. D1 keeps the shard's watermark W, the last page that it holds.
// One D1 batch (a transaction) writes the content of pages W < page ≤ P and sets W to P, and each of
// its statements does nothing unless the watermark is still W. So a batch that runs twice, or lands
// long after the shard gave it up, changes nothing. When the answer is not a clear success, the
// shard is in doubt: it reads the watermark, drops the pages that it covers, and goes on.

import { Buckets } from "../../core/bucket.ts";
import { chunked } from "../../d1/chunked.ts";
import { labelsJsonOfKey, metricOfKey } from "../../core/series/labels.ts";
import * as LIMITS from "../../core/limits.ts";
import { decodeBlock } from "../../core/codec/page.ts";
import { encodeSegment } from "../../core/codec/segment.ts";
import { dayOf, HOUR, hourOf, MINUTE } from "../../core/tiers.ts";
import type { Log } from "../log.ts";
import type { PageEntry } from "../manifest.ts";

/** What a flush needs of the world; tests give it a D1 that fails. */
export interface FlushTarget {
  readonly db: D1Database;
  readonly shard: number;
  /** After this long without an answer the shard is in doubt, ms. */
  readonly timeoutMs: number;
}

/** Rows that D1 says it wrote and read. */
interface Rows {
  written: number;
  read: number;
}

export type FlushResult =
  | {
      readonly kind: "done";
      readonly rows: Rows;
      readonly watermark: number;
      readonly bookmark: string | null;
      /** Numbers of the series that D1 holds now. */
      readonly series: readonly number[];
    }
  | { readonly kind: "doubt"; readonly rows: Rows; readonly reason: string };

/**
 * Reads the watermark that D1 holds for the shard, 0 when none.
 * @throws when D1 does not answer.
 */
export async function readWatermark(
  target: FlushTarget,
): Promise<{ watermark: number; bookmark: string | null }> {
  const session = target.db.withSession("first-primary");
  const row = await withTimeout(
    session
      .prepare("SELECT page FROM flushed WHERE shard = ?")
      .bind(target.shard)
      .first<{ page: number }>(),
    target.timeoutMs,
  );
  return { watermark: row?.page ?? 0, bookmark: session.getBookmark() ?? null };
}

/** The leading pages that a flush takes at once: at least one, at most `most`, bounded in buckets. */
export function pagesToFlush(
  sealed: readonly PageEntry[],
  cut: number,
  most: number,
): readonly PageEntry[] {
  let buckets = 0;
  const end = sealed.findIndex((page, i) => {
    buckets += page.buckets;
    return page.from >= cut || i >= most || (i > 0 && buckets > LIMITS.bucketsPerFlush);
  });
  return end < 0 ? sealed : sealed.slice(0, end);
}

/**
 * One attempt to move `pages` to D1. `part` is the id of the last one. `retire` are series of which
 * D1 must keep when they were last seen, since the shard is about to forget them.
 */
export async function flushPages(
  log: Log,
  target: FlushTarget,
  pages: readonly PageEntry[],
  part: number,
  retire: ReadonlySet<number>,
): Promise<FlushResult> {
  const rows = { written: 0, read: 0 };
  const content = contentOf(log, pages, retire);
  const session = target.db.withSession("first-primary");
  const statements = flushStatements(content, target.shard, log.flushed.watermark, part).map(
    ({ sql, params }) => session.prepare(sql).bind(...params),
  );
  try {
    const results = await withTimeout(session.batch(statements), target.timeoutMs);
    for (const { meta } of results) {
      rows.written += meta.rows_written;
      rows.read += meta.rows_read;
    }
    if (results.at(-1)?.meta.changes === 1)
      return {
        kind: "done",
        rows,
        watermark: part,
        bookmark: session.getBookmark() ?? null,
        series: content.numbers,
      };
    return { kind: "doubt", rows, reason: "the watermark in D1 is not what the shard believed" };
  } catch (error) {
    return { kind: "doubt", rows, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** What a flush says of a series: [metric, labels, firstAt, lastAt, last, retired]. */
type SeriesRow = readonly [string, string, number, number, number, 0 | 1];
/** A segment: [metric, labels, hour, body]. */
type MinuteRow = readonly [string, string, number, string];
/** A UTC day of a series that is dirty from now on: [metric, labels, day]. */
type DirtyRow = readonly [string, string, number];

interface Content {
  readonly series: readonly SeriesRow[];
  readonly minutes: readonly MinuteRow[];
  readonly dirty: readonly DirtyRow[];
  /** Numbers of the series. */
  readonly numbers: readonly number[];
}

interface Statement {
  readonly sql: string;
  readonly params: readonly unknown[];
}

/** ?1 is the rows (or the new watermark), ?2 the shard, ?3 the watermark that must still hold. */
export const GUARD = "(SELECT coalesce(max(page), 0) FROM flushed WHERE shard = ?2) = ?3";

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

const SET_WATERMARK = `
  INSERT INTO flushed (shard, page) SELECT ?2, ?1 WHERE ${GUARD}
  ON CONFLICT (shard) DO UPDATE SET page = excluded.page`;

/** Bytes that a row of JSON may take: a UTF-16 code unit is at most six when it is escaped. */
const bytesOf = ([metric, labels, ...rest]: SeriesRow | MinuteRow | DirtyRow): number =>
  6 * (metric.length + labels.length) +
  rest.reduce<number>((sum, cell) => sum + (typeof cell === "string" ? cell.length + 4 : 26), 16);

function flushStatements(
  { series, minutes, dirty }: Content,
  shard: number,
  watermark: number,
  part: number,
): Statement[] {
  const json = (rows: readonly (SeriesRow | MinuteRow | DirtyRow)[]): string[] =>
    chunked(rows, bytesOf).map((chunk) => JSON.stringify(chunk));
  return [
    ...json(series).map((rows) => ({ sql: INSERT_SERIES, params: [rows, shard, watermark] })),
    ...json(minutes).map((rows) => ({
      sql: INSERT_MINUTES,
      params: [rows, shard, watermark, part],
    })),
    ...json(dirty).map((rows) => ({ sql: INSERT_DIRTY, params: [rows, shard, watermark] })),
    { sql: SET_WATERMARK, params: [part, shard, watermark] },
  ];
}

/** What D1 must hold of some pages, and of series that the shard is about to forget. */
function contentOf(log: Log, pages: readonly PageEntry[], retire: ReadonlySet<number>): Content {
  const { dictionary } = log;
  const numbers = new Set(retire);
  const minutes: MinuteRow[] = [];
  const dirty: DirtyRow[] = [];
  for (const metric of log.metrics(pages))
    for (const [number, segments] of segmentsOf(log.blocks(pages, metric))) {
      numbers.add(number);
      const key = dictionary.keys[number]!;
      const name = metricOfKey(key);
      const labels = labelsJsonOfKey(key);
      for (const [hour, buckets] of segments)
        minutes.push([name, labels, hour, encodeSegment(buckets, hour * HOUR, MINUTE)]);
      for (const day of new Set([...segments.keys()].map((hour) => dayOf(hour * HOUR))))
        dirty.push([name, labels, day]);
    }
  const series = [...numbers].map((number): SeriesRow => {
    const key = dictionary.keys[number]!;
    return [
      metricOfKey(key),
      labelsJsonOfKey(key),
      dictionary.firstAt[number]!,
      dictionary.lastAt[number]!,
      dictionary.last[number]!,
      retire.has(number) ? 1 : 0,
    ];
  });
  return { series, minutes, dirty, numbers: [...numbers] };
}

/** Merges blocks of one metric into sorted buckets by series and hour. */
function segmentsOf(blocks: readonly Uint8Array[]): Map<number, Map<number, Buckets>> {
  const buckets = new Buckets();
  const series: number[] = [];
  for (const block of blocks) decodeBlock(block, buckets, series);
  const order = series.map((_, row) => row);
  const { start } = buckets;
  order.sort((a, b) => series[a]! - series[b]! || start[a]! - start[b]!);
  const bySeries = new Map<number, Map<number, Buckets>>();
  for (const row of order) {
    const hour = hourOf(start[row]!);
    let segments = bySeries.get(series[row]!);
    if (segments === undefined) bySeries.set(series[row]!, (segments = new Map()));
    let segment = segments.get(hour);
    if (segment === undefined) segments.set(hour, (segment = new Buckets()));
    // The same minute may lie in several pages; the order makes them neighbours.
    const last = segment.length - 1;
    if (last >= 0 && segment.start[last] === start[row]) segment.merge(last, buckets, row);
    else segment.pushCopy(start[row]!, buckets, row);
  }
  return bySeries;
}

export async function withTimeout<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: number | null = null;
  // The flush awaits D1 in any case, so this timer does not keep the object from hibernating.
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`D1 did not answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
