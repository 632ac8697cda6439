// Moves sealed pages from a shard into its database, exactly once. The protocol, and why it holds:
//
// The page id is the sequence number. The database keeps the shard's watermark W, the last page that it
// holds. One batch (a transaction) writes the content of pages W < page ≤ P and sets W to P, and each of
// its statements does nothing unless the watermark is still W. So a batch that runs twice, or lands
// long after the shard gave it up, changes nothing. When the answer is not a clear success, the
// shard is in doubt: it reads the watermark, drops the pages that it covers, and goes on.
//
// A removal does the same, and so do new series before pages are laid out anew: with a number between
// W and the first page, since D1 holds no more pages afterwards than before.

import { CorruptBytes } from "../../core/codec/bytes.ts";
import { encodePack, packOf, SERIES_PER_PACK, slotOf } from "../../core/codec/pack.ts";
import { decodeBlock } from "../../core/codec/page.ts";
import { encodeMinuteSegment } from "../../core/codec/segment.ts";
import * as LIMITS from "../../core/limits.ts";
import { Minutes } from "../../core/minutes.ts";
import { labelsJsonOfKey, metricOfKey } from "../../core/series/labels.ts";
import { HOUR, hourOf } from "../../core/tiers.ts";
import { D1Failed, type RowCount } from "../../d1/database.ts";
import type { Databases } from "../../d1/databases.ts";
import {
  type FlushedDescription,
  type FlushedPack,
  type FlushedSeries,
  readSetAt,
  writeFlush,
} from "../../d1/flush.ts";
import { newIds, readIds } from "../../d1/ids.ts";
import { removeElsewhere, removeMetric } from "../../d1/removal.ts";
import { readWatermark } from "../../d1/watermark.ts";
import type { Described } from "../descriptions.ts";
import type { Dictionary } from "../dictionary.ts";
import type { Log } from "../log.ts";
import type { PageEntry } from "../manifest.ts";
import { Turns } from "./turns.ts";

/** What a flush needs of the world; tests give it a D1 that fails. */
export interface FlushTarget {
  readonly db: D1Database;
  readonly shard: number;
  /** After this long without an answer the shard is in doubt, ms. */
  readonly timeoutMs: number;
  /** Lets others have a turn while content is made. */
  readonly pause: () => Promise<void>;
  /** Waits until nobody reads by what a database said before (d1/held-reads.ts). */
  readonly outlive: () => Promise<void>;
}

/** @throws when there is no such database. */
export function targetIn(
  databases: Databases,
  name: string,
  besides: Omit<FlushTarget, "db">,
): FlushTarget {
  const found = databases.find((one) => one.name === name);
  if (found === undefined)
    throw new Error(
      `shard ${besides.shard} has written to ${name}, which is not bound any more: bind it again`,
    );
  return { db: found.db, ...besides };
}

export type FlushResult =
  | {
      readonly kind: "done";
      readonly rows: RowCount;
      readonly watermark: number;
      /** Ids of series by their numbers, as the database has them now. */
      readonly ids: ReadonlyMap<number, number>;
      /** What it has got of metrics. */
      readonly described: readonly Described[];
    }
  | { readonly kind: "doubt"; readonly rows: RowCount; readonly reason: string };

/** Reads the watermark that D1 holds for the shard, 0 when none. @throws D1Failed */
export const watermarkOf = ({ db, shard, timeoutMs }: FlushTarget): Promise<number> =>
  readWatermark(db.withSession("first-primary"), shard, timeoutMs);

/** When something was last set of a metric, for all that D1 knows, Unix ms; 0: never. @throws D1Failed */
export const setAtOf = ({ db, timeoutMs }: FlushTarget, metric: string): Promise<number> =>
  readSetAt(db.withSession("first-primary"), metric, timeoutMs);

/** The leading pages that a flush takes at once: at least one, at most `most`, bounded in buckets. */
export function pagesToFlush(
  sealed: readonly PageEntry[],
  cut: number,
  most: number,
): readonly PageEntry[] {
  let buckets = 0;
  const end = sealed.findIndex((page, i) => {
    buckets += page.buckets;
    const isLater = page.from >= cut && page.laidOut !== true;
    return isLater || i >= most || (i > 0 && buckets > LIMITS.bucketsPerFlush);
  });
  return end < 0 ? sealed : sealed.slice(0, end);
}

export interface Flush {
  readonly pages: readonly PageEntry[];
  /** The id of the last one; without any, `freeId` of sealed.ts. */
  readonly part: number;
  /** Series of which D1 must keep when they were last seen: the shard is about to forget them. */
  readonly retire: ReadonlySet<number>;
  /** Series that D1 must have afterwards, besides those of the pages. */
  readonly series: Iterable<number>;
  /** What is known of metrics besides, and may be new to D1. */
  readonly described: readonly Described[];
}

/** One attempt to move pages to D1. */
export async function flushPages(
  log: Log,
  target: FlushTarget,
  { pages, part, retire, series, described }: Flush,
): Promise<FlushResult> {
  const { dictionary } = log;
  const segments = await segmentsOf(log, pages, new Turns(target.pause));
  const session = target.db.withSession("first-primary");
  const { shard, timeoutMs } = target;
  const { watermark } = log.flushed;
  const read = { written: 0, read: 0 };
  try {
    const ids = new Map<number, number>();
    const unsorted: number[] = [];
    for (const one of new Set([...segments.keys(), ...retire, ...series])) {
      const id = dictionary.ids[one]!;
      if (id === 0) unsorted.push(one);
      else ids.set(one, id);
    }
    const known = [...ids.values()];
    const unknown = inOrder(dictionary, unsorted);
    const names = unknown.map((one) => nameOf(dictionary, one));
    const stored =
      unknown.length === 0 ? undefined : await readIds(session, shard, names, timeoutMs);
    const born = unknown.filter((_, i) => stored!.ids[i] === 0);
    const given = newIds(born.length, stored ?? { nextId: 0, nextPack: 0 });
    unknown.forEach((one, i) => {
      if (stored!.ids[i] !== 0) ids.set(one, stored!.ids[i]!);
    });
    born.forEach((one, i) => ids.set(one, given.ids[i]!));
    read.read += stored?.counted.read ?? 0;
    const nextPack = stored?.nextPack ?? Number.MAX_SAFE_INTEGER;
    const { landed, movedBy, counted } = await writeFlush(
      session,
      { shard, watermark, part },
      {
        series: [...new Set([...born, ...retire])].map((one) =>
          rowOf(dictionary, one, ids.get(one)!),
        ),
        minutes: packsOf(segments, ids),
        described: described.map(describedRow),
        known,
        next: born.length === 0 ? undefined : given,
        nextPack,
      },
      timeoutMs,
    );
    const rows = { written: counted.written, read: counted.read + read.read };
    for (const [series, id] of ids)
      if (packOf(id) >= nextPack) ids.set(series, id + movedBy * SERIES_PER_PACK);
    return landed
      ? { kind: "done", rows, watermark: part, ids, described }
      : { kind: "doubt", rows, reason: MOVED };
  } catch (error) {
    if (!(error instanceof D1Failed)) throw error;
    return { kind: "doubt", rows: read, reason: error.message };
  }
}

const MOVED = "the watermark in D1 is not what the shard believed";

/** One attempt to remove a metric; `part` is `freeId` of sealed.ts. */
export async function removeOnce(
  { db, shard, timeoutMs }: FlushTarget,
  metric: string,
  watermark: number,
  part: number,
): Promise<FlushResult> {
  const session = db.withSession("first-primary");
  try {
    const turn = { shard, watermark, part };
    const { landed, counted } = await removeMetric(session, metric, turn, timeoutMs);
    return landed
      ? { kind: "done", rows: counted, watermark: part, ids: new Map(), described: [] }
      : { kind: "doubt", rows: counted, reason: MOVED };
  } catch (error) {
    if (!(error instanceof D1Failed)) throw error;
    return { kind: "doubt", rows: { written: 0, read: 0 }, reason: error.message };
  }
}

/** Removes a metric from databases that this shard does not write to; undefined: not from all. */
export async function removeFrom(
  databases: readonly D1Database[],
  metric: string,
  timeoutMs: number,
): Promise<RowCount | undefined> {
  try {
    const counts = await Promise.all(
      databases.map((db) => removeElsewhere(db.withSession("first-primary"), metric, timeoutMs)),
    );
    return counts.reduce(
      (sum, { read, written }) => ({ read: sum.read + read, written: sum.written + written }),
      { read: 0, written: 0 },
    );
  } catch (error) {
    if (!(error instanceof D1Failed)) throw error;
    return undefined;
  }
}

/** Series as they get ids: neighbours are read together, those of one metric before all. */
export const inOrder = ({ keys }: Dictionary, series: Iterable<number>): number[] =>
  [...series].sort((a, b) => (keys[a]! < keys[b]! ? -1 : keys[a]! > keys[b]! ? 1 : 0));

const nameOf = ({ keys }: Dictionary, series: number): [metric: string, labels: string] => [
  metricOfKey(keys[series]!),
  labelsJsonOfKey(keys[series]!),
];

const rowOf = (dictionary: Dictionary, series: number, id: number): FlushedSeries => [
  id,
  ...nameOf(dictionary, series),
  dictionary.firstAt[series]!,
  dictionary.lastAt[series]!,
  dictionary.last[series]!,
];

const describedRow = ([metric, { said, saidAt, set, setAt }]: Described): FlushedDescription => [
  metric,
  said.type ?? null,
  said.unit ?? null,
  said.help ?? null,
  saidAt,
  set.type ?? null,
  set.unit ?? null,
  set.help ?? null,
  setAt,
];

/** The segments of series by hour: what pages hold. @throws CorruptBytes */
async function segmentsOf(
  log: Log,
  pages: readonly PageEntry[],
  turns: Turns,
): Promise<Map<number, Map<number, string>>> {
  const { dictionary } = log;
  const minutes = new Minutes(log.open.minutes.limit);
  const numbers: number[] = [];
  for (const block of log.blocks(pages)) {
    const before = numbers.length;
    decodeBlock(block, minutes, numbers);
    if (turns.isOver(numbers.length - before)) await turns.next();
  }
  await turns.next();
  const segments = new Map<number, Map<number, string>>();
  for (const { series, hour, rows } of hoursOf(minutes, numbers)) {
    if (dictionary.keys[series] === undefined)
      throw new CorruptBytes(`a block names series ${series}, which is none`);
    if (dictionary.isRemoved(series)) continue;
    let hours = segments.get(series);
    if (hours === undefined) segments.set(series, (hours = new Map()));
    hours.set(hour, encodeMinuteSegment(minutes, hour * HOUR, rows));
    if (turns.isOver(rows.length)) await turns.next();
  }
  return segments;
}

/** Segments by hour and pack. */
function packsOf(
  segments: ReadonlyMap<number, ReadonlyMap<number, string>>,
  ids: ReadonlyMap<number, number>,
): FlushedPack[] {
  const packs = new Map<number, Map<number, Map<number, string>>>();
  for (const [series, hours] of segments) {
    const id = ids.get(series)!;
    for (const [hour, segment] of hours) {
      let ofHour = packs.get(hour);
      if (ofHour === undefined) packs.set(hour, (ofHour = new Map()));
      let pack = ofHour.get(packOf(id));
      if (pack === undefined) ofHour.set(packOf(id), (pack = new Map()));
      pack.set(slotOf(id), segment);
    }
  }
  return [...packs].flatMap(([hour, ofHour]) =>
    [...ofHour].map(([pack, of]): FlushedPack => [hour, pack, encodePack(of)]),
  );
}

/** Why a page cannot be read; undefined when it can. */
export function unreadable(log: Log, page: PageEntry): string | undefined {
  try {
    for (const block of log.blocks([page])) {
      const series: number[] = [];
      decodeBlock(block, new Minutes(log.open.minutes.limit), series);
      const none = series.find((number) => log.dictionary.keys[number] === undefined);
      if (none !== undefined) return `a block names series ${none}, which is none`;
    }
    return undefined;
  } catch (error) {
    if (error instanceof CorruptBytes) return error.message;
    throw error;
  }
}

interface HourRows {
  readonly series: number;
  readonly hour: number;
  /** By start. */
  readonly rows: readonly number[];
}

/** The rows of one series and hour after the other. The same minute may lie in several pages: merged. */
function* hoursOf(minutes: Minutes, series: ArrayLike<number>): Generator<HourRows> {
  const { start } = minutes;
  const order = Uint32Array.from(series, (_, row) => row);
  order.sort((a, b) => series[a]! - series[b]! || start[a]! - start[b]!);
  let current: { series: number; hour: number; rows: number[] } | undefined;
  for (const row of order) {
    const hour = hourOf(start[row]!);
    if (current?.series !== series[row] || current?.hour !== hour) {
      if (current !== undefined) yield current;
      current = { series: series[row]!, hour, rows: [] };
    }
    const last = current!.rows.at(-1);
    if (last !== undefined && start[last] === start[row]) minutes.merge(last, minutes, row);
    else current!.rows.push(row);
  }
  if (current !== undefined) yield current;
}
