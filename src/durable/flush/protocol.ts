// Moves sealed pages from a shard into D1, exactly once. The protocol, and why it holds:
//
// The page id is the sequence number. D1 keeps the shard's watermark W, the last page that it holds.
// One D1 batch (a transaction) writes the content of pages W < page ≤ P and sets W to P, and each of
// its statements does nothing unless the watermark is still W. So a batch that runs twice, or lands
// long after the shard gave it up, changes nothing. When the answer is not a clear success, the
// shard is in doubt: it reads the watermark, drops the pages that it covers, and goes on.

import { Buckets } from "../../core/bucket.ts";
import { D1Failed, type RowCount } from "../../d1/database.ts";
import {
  type DirtyDay,
  type FlushContent,
  type FlushedMinutes,
  type FlushedSeries,
  writeFlush,
} from "../../d1/flush.ts";
import { readWatermark } from "../../d1/watermark.ts";
import { labelsJsonOfKey, metricOfKey } from "../../core/series/labels.ts";
import * as LIMITS from "../../core/limits.ts";
import { CorruptBytes } from "../../core/codec/bytes.ts";
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

export type FlushResult =
  | {
      readonly kind: "done";
      readonly rows: RowCount;
      readonly watermark: number;
      /** Numbers of the series that D1 holds now. */
      readonly series: readonly number[];
    }
  | { readonly kind: "doubt"; readonly rows: RowCount; readonly reason: string };

/** Reads the watermark that D1 holds for the shard, 0 when none. @throws D1Failed */
export const watermarkOf = ({ db, shard, timeoutMs }: FlushTarget): Promise<number> =>
  readWatermark(db.withSession("first-primary"), shard, timeoutMs);

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
  const { numbers, ...content } = contentOf(log, pages, retire);
  const session = target.db.withSession("first-primary");
  const { shard, timeoutMs } = target;
  const { watermark } = log.flushed;
  try {
    const guard = { shard, watermark, part };
    const { landed, counted } = await writeFlush(session, guard, content, timeoutMs);
    if (landed) return { kind: "done", rows: counted, watermark: part, series: numbers };
    return {
      kind: "doubt",
      rows: counted,
      reason: "the watermark in D1 is not what the shard believed",
    };
  } catch (error) {
    if (!(error instanceof D1Failed)) throw error;
    return { kind: "doubt", rows: { written: 0, read: 0 }, reason: error.message };
  }
}

interface Content extends FlushContent {
  /** Numbers of the series. */
  readonly numbers: readonly number[];
}

/** What D1 must hold of some pages, and of series that the shard is about to forget. */
function contentOf(log: Log, pages: readonly PageEntry[], retire: ReadonlySet<number>): Content {
  const { dictionary } = log;
  const numbers = new Set(retire);
  const minutes: FlushedMinutes[] = [];
  const dirty: DirtyDay[] = [];
  for (const metric of log.metrics(pages))
    for (const [number, segments] of segmentsOf(log.blocks(pages, metric))) {
      numbers.add(number);
      const key = dictionary.keys[number];
      if (key === undefined)
        throw new CorruptBytes(`a block names series ${number}, which is none`);
      const name = metricOfKey(key);
      const labels = labelsJsonOfKey(key);
      for (const [hour, buckets] of segments)
        minutes.push([name, labels, hour, encodeSegment(buckets, hour * HOUR, MINUTE)]);
      for (const day of new Set([...segments.keys()].map((hour) => dayOf(hour * HOUR))))
        dirty.push([name, labels, day]);
    }
  const series = [...numbers].map((number): FlushedSeries => {
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

/** Why a page cannot be read; undefined when it can. */
export function unreadable(log: Log, page: PageEntry): string | undefined {
  try {
    for (const metric of log.metrics([page]))
      for (const block of log.blocks([page], metric)) {
        const series: number[] = [];
        decodeBlock(block, new Buckets(), series);
        const none = series.find((number) => log.dictionary.keys[number] === undefined);
        if (none !== undefined) return `a block names series ${none}, which is none`;
      }
    return undefined;
  } catch (error) {
    if (error instanceof CorruptBytes) return error.message;
    throw error;
  }
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
