// Moves sealed pages from a shard into D1, exactly once. The protocol, and why it holds:
//
// The page id is the sequence number. D1 keeps the shard's watermark W, the last page that it holds.
// One D1 batch (a transaction) writes the content of pages W < page ≤ P and sets W to P, and each of
// its statements does nothing unless the watermark is still W. So a batch that runs twice, or lands
// long after the shard gave it up, changes nothing. When the answer is not a clear success, the
// shard is in doubt: it reads the watermark, drops the pages that it covers, and goes on.

import { Buckets } from "../core/bucket.ts";
import { labelsJsonOfKey, metricOfKey } from "../core/labels.ts";
import { LIMITS } from "../core/limits.ts";
import { decodeBlock } from "../core/page.ts";
import { encodeSegment } from "../core/segment.ts";
import { dayOf, HOUR, hourOf, MINUTE } from "../core/tiers.ts";
import type { Log } from "./log.ts";
import type { PageEntry } from "./manifest.ts";

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

/** The leading pages that a flush takes at once: at least one, bounded in buckets. */
export function pagesToFlush(sealed: readonly PageEntry[], cut: number): readonly PageEntry[] {
  let buckets = 0;
  const end = sealed.findIndex((page, i) => {
    buckets += page.buckets;
    return page.from >= cut || (i > 0 && buckets > LIMITS.bucketsPerFlush);
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
  const series: number[] = [];
  const session = target.db.withSession("first-primary");
  const statements = flushStatements(
    seriesRows(log, pages, retire, series),
    target.shard,
    log.flushed.watermark,
    part,
  ).map(({ sql, params }) => session.prepare(sql).bind(...params));
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
        series,
      };
    return { kind: "doubt", rows, reason: "the watermark in D1 is not what the shard believed" };
  } catch (error) {
    return { kind: "doubt", rows, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** [metric, labels, firstAt, lastAt, last, retired, [[hour, body], …], [day, …]] */
type SeriesRow = [string, string, number, number, number, 0 | 1, [number, string][], number[]];

interface Statement {
  readonly sql: string;
  readonly params: readonly unknown[];
}

/** ?1 is the rows (or the new watermark), ?2 the shard, ?3 the watermark that must still hold. */
const GUARD = "(SELECT coalesce(max(page), 0) FROM flushed WHERE shard = ?2) = ?3";

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
  SELECT m.value ->> 0, s.id, ?2, ?4, m.value ->> 1
  FROM json_each(?1) AS r CROSS JOIN series AS s CROSS JOIN json_each(r.value -> 6) AS m
  WHERE ${GUARD} AND s.metric = r.value ->> 0 AND s.labels = r.value ->> 1`;

// INSERT OR IGNORE of a mark that is there writes no row.
const INSERT_STALE = `
  INSERT OR IGNORE INTO stale (day, series_id)
  SELECT d.value, s.id
  FROM json_each(?1) AS r CROSS JOIN series AS s CROSS JOIN json_each(r.value -> 7) AS d
  WHERE ${GUARD} AND s.metric = r.value ->> 0 AND s.labels = r.value ->> 1`;

const SET_WATERMARK = `
  INSERT INTO flushed (shard, page) SELECT ?2, ?1 WHERE ${GUARD}
  ON CONFLICT (shard) DO UPDATE SET page = excluded.page`;

function flushStatements(
  all: Iterable<SeriesRow>,
  shard: number,
  watermark: number,
  part: number,
): Statement[] {
  const statements: Statement[] = [];
  let rows: SeriesRow[] = [];
  let size = 0;
  const finish = (): void => {
    if (rows.length === 0) return;
    const json = JSON.stringify(rows);
    statements.push(
      { sql: INSERT_SERIES, params: [json, shard, watermark] },
      { sql: INSERT_MINUTES, params: [json, shard, watermark, part] },
      { sql: INSERT_STALE, params: [json, shard, watermark] },
    );
    rows = [];
    size = 0;
  };
  for (const row of all) {
    // A UTF-16 code unit is at most three bytes of UTF-8, and twice that when JSON escapes it.
    const bytes = row[6].reduce(
      (sum, [, body]) => sum + body.length + 16,
      128 + 6 * (row[0].length + row[1].length),
    );
    if (size + bytes > LIMITS.rowBytes) finish();
    rows.push(row);
    size += bytes;
  }
  finish();
  statements.push({ sql: SET_WATERMARK, params: [part, shard, watermark] });
  return statements;
}

function* seriesRows(
  log: Log,
  pages: readonly PageEntry[],
  retire: ReadonlySet<number>,
  /** Receives the numbers of the series that have a row. */
  numbers: number[],
): Generator<SeriesRow> {
  const { dictionary } = log;
  const row = (series: number, hours: [number, string][], days: number[]): SeriesRow => {
    numbers.push(series);
    const key = dictionary.keys[series]!;
    return [
      metricOfKey(key),
      labelsJsonOfKey(key),
      dictionary.firstAt[series]!,
      dictionary.lastAt[series]!,
      dictionary.last[series]!,
      retire.has(series) ? 1 : 0,
      hours,
      days,
    ];
  };
  const written = new Set<number>();
  for (const metric of log.metrics(pages)) {
    for (const [series, segments] of segmentsOf(log.blocks(pages, metric))) {
      written.add(series);
      const hours = [...segments].map(([hour, buckets]): [number, string] => [
        hour,
        encodeSegment(buckets, hour * HOUR, MINUTE),
      ]);
      yield row(series, hours, [
        ...new Set([...segments.keys()].map((hour) => dayOf(hour * HOUR))),
      ]);
    }
  }
  for (const series of retire) if (!written.has(series)) yield row(series, [], []);
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
