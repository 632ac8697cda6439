// Lays sealed pages out anew before they go to D1. The shard seals all its series when they are many, a
// few minutes at a time; D1 wants a row for each pack and hour. So pages that are thin in time become
// pages of consecutive packs, each as large as one batch of D1 may be. Bit by bit: others get a turn in
// between, and memory holds one new page at a time.

import { Accumulator } from "../../core/series/accumulator.ts";
import { packOf, SERIES_PER_PACK } from "../../core/codec/pack.ts";
import { decodeBlock, runsOfBlock } from "../../core/codec/page.ts";
import * as LIMITS from "../../core/limits.ts";
import { BUCKET, Minutes } from "../../core/minutes.ts";
import { HOUR, hourOf } from "../../core/tiers.ts";
import type { Log } from "../log.ts";
import type { PageEntry, StoredPage } from "../manifest.ts";
import type { Turns } from "./turns.ts";

/** Rows of a range of packs that are looked for together, and of a new page at most, or a bit more. */
const ROWS = LIMITS.bucketsPerFlush / 4;
/** Hours that are looked for together where one pack has more rows than that. */
const WINDOW = 64 * HOUR;
/** Bytes of D1 that a segment takes besides its minutes, a bucket and a sample: more than most. */
const SEGMENT_BYTES = 40;
const BUCKET_BYTES = 16;
const SAMPLE_BYTES = 4;
/** Rows of a page whose blocks are made anew: few pages, whose directories all stay in memory. */
const REGROUPED_ROWS = 4 * ROWS;
/** Series of a block out of which a few are better not picked time and again. */
const MANY_SERIES = 4 * SERIES_PER_PACK;
/** Room for hours since 1970 in a key. */
const HOURS = 2 ** 23;

/** Pages, from the first on, that are to be laid out anew; none when they are few or small. */
export function pagesToLayOut(sealed: readonly PageEntry[], cut: number): readonly PageEntry[] {
  const thin: PageEntry[] = [];
  let buckets = 0;
  for (const page of sealed) {
    if (page.laidOut) continue;
    if (page.from >= cut || buckets > LIMITS.bucketsPerLayout) break;
    thin.push(page);
    buckets += page.buckets;
  }
  return thin.length > 1 && buckets > LIMITS.bucketsPerFlush ? thin : [];
}

/** Rows of each series in some pages, by its number; none of those that were removed. @throws CorruptBytes */
export async function rowsOf(
  log: Log,
  pages: readonly PageEntry[],
  turns: Turns,
): Promise<Uint32Array> {
  const counts = new Uint32Array(log.dictionary.length);
  for (const block of log.blocks(pages)) {
    const runs = runsOfBlock(block);
    // A number that is none of a series is past the end, where nothing is kept.
    for (const [series, rows] of runs) counts[series]! += rows;
    if (turns.isOver(runs.length)) await turns.next();
  }
  for (let series = 0; series < counts.length; series++)
    if (log.dictionary.isRemoved(series)) counts[series] = 0;
  return counts;
}

/**
 * Replaces `pages`, all of whose series D1 has; `counts` is what `rowsOf` says of them.
 * @throws CorruptBytes, with nothing replaced.
 */
export async function layOut(
  log: Log,
  pages: readonly PageEntry[],
  counts: Uint32Array,
  turns: Turns,
): Promise<void> {
  const { regrouped, others } = await byPack(log, pages, turns);
  const sources: readonly StoredPage[] = [...regrouped, ...others];
  const written: StoredPage[] = [];
  let page = new NewPage(log.open.minutes.limit);
  for (const { series, rows } of rangesOf(log, counts)) {
    const keys = log.dictionary.keysOf(series);
    for (const [from, to] of rows > 2 * ROWS
      ? windows(sources)
      : [[-Infinity, Infinity] as const]) {
      for (const one of sources) {
        if (one.from >= to || one.to < from) continue;
        for (const block of log.blocks([one], keys))
          if (turns.isOver(page.take(block, series, from, to))) await turns.next();
      }
      if (!page.isFull) continue;
      written.push(log.write(page.rows));
      page = new NewPage(log.open.minutes.limit);
      await turns.next();
    }
  }
  if (page.rows.length > 0) written.push(log.write(page.rows));
  log.replace({ gone: pages, unnamed: regrouped, pages: written }, Date.now());
}

/**
 * Pages with the same rows as those that hold blocks of whole metrics, of new series, and the others. Each
 * range of packs would decode all of a metric: now that its series have ids, there is a block for each pack.
 */
async function byPack(
  log: Log,
  pages: readonly PageEntry[],
  turns: Turns,
): Promise<{ readonly regrouped: readonly StoredPage[]; readonly others: readonly PageEntry[] }> {
  const many = pages.filter((page) => hasManySeriesABlock(log, page));
  const regrouped: StoredPage[] = [];
  for (const page of many) {
    let rows = { minutes: new Minutes(log.open.minutes.limit), series: [] as number[] };
    for (const block of log.blocks([page])) {
      decodeBlock(block, rows.minutes, rows.series);
      if (rows.series.length < REGROUPED_ROWS) continue;
      regrouped.push(log.write(rows));
      rows = { minutes: new Minutes(log.open.minutes.limit), series: [] };
      await turns.next();
    }
    if (rows.series.length > 0) regrouped.push(log.write(rows));
    await turns.next();
  }
  return { regrouped, others: pages.filter((page) => !many.includes(page)) };
}

/** Whether a page has blocks, not of a pack, but of a whole metric of many series. */
function hasManySeriesABlock(log: Log, page: PageEntry): boolean {
  const { metrics } = log.dictionary;
  const isMany = (key: number): boolean =>
    key < 0 && (metrics[-1 - key]?.series.length ?? 0) > MANY_SERIES;
  return log.keysIn(page).some(isMany);
}

/** A page in the making. */
class NewPage {
  readonly rows: Accumulator;
  readonly #segments = new Set<number>();
  readonly #minutes: Minutes;
  /** Of what was taken, in D1. */
  #bytes = 0;

  constructor(samplesPerMinute: number) {
    this.rows = new Accumulator(samplesPerMinute);
    this.#minutes = new Minutes(samplesPerMinute, 256);
  }

  get isFull(): boolean {
    const bytes = this.#segments.size * SEGMENT_BYTES + this.#bytes;
    return this.rows.length > ROWS || bytes > LIMITS.rowBytes;
  }

  /** Takes the rows of some series in [from, to) out of a block; says how many it has. */
  take(block: Uint8Array, series: ReadonlySet<number>, from: number, to: number): number {
    const minutes = this.#minutes;
    minutes.length = 0;
    const numbers: number[] = [];
    decodeBlock(block, minutes, numbers);
    for (let i = 0; i < minutes.length; i++) {
      const start = minutes.start[i]!;
      if (start < from || start >= to || !series.has(numbers[i]!)) continue;
      this.rows.minutes.merge(this.rows.row(numbers[i]!, start), minutes, i);
      const kept = minutes.kept[i]!;
      this.#bytes += kept === BUCKET ? BUCKET_BYTES : kept * SAMPLE_BYTES;
      this.#segments.add(numbers[i]! * HOURS + hourOf(start));
    }
    return minutes.length;
  }
}

interface Range {
  readonly series: ReadonlySet<number>;
  readonly rows: number;
}

/** The series of whole packs, in the order of packs. */
function rangesOf({ dictionary }: Log, counts: Uint32Array): Range[] {
  const { ids } = dictionary;
  const order = Uint32Array.from(counts.keys()).filter((series) => counts[series]! > 0);
  order.sort((a, b) => ids[a]! - ids[b]!);
  const ranges: Range[] = [];
  for (let i = 0; i < order.length;) {
    const series = new Set<number>();
    let rows = 0;
    while (i < order.length) {
      const [end, ofPack] = packFrom(order, i, counts, ids);
      if (rows > 0 && rows + ofPack > ROWS) break;
      for (; i < end; i++) series.add(order[i]!);
      rows += ofPack;
    }
    ranges.push({ series, rows });
  }
  return ranges;
}

/** The end of the pack that begins at `from` in the order of ids, and its rows. */
function packFrom(
  order: Uint32Array,
  from: number,
  counts: Uint32Array,
  ids: ArrayLike<number>,
): [end: number, rows: number] {
  const pack = packOf(ids[order[from]!]!);
  let rows = 0;
  let end = from;
  for (; end < order.length && packOf(ids[order[end]!]!) === pack; end++)
    rows += counts[order[end]!]!;
  return [end, rows];
}

/** Parts of the time of pages, [from, to), Unix ms. */
function windows(pages: readonly StoredPage[]): (readonly [from: number, to: number])[] {
  const first = pages.reduce((least, { from }) => Math.min(least, from), Infinity);
  const last = pages.reduce((most, { to }) => Math.max(most, to), -Infinity);
  const parts: (readonly [number, number])[] = [];
  for (let from = Math.floor(first / HOUR) * HOUR; from <= last; from += WINDOW)
    if (pages.some((page) => page.from < from + WINDOW && page.to >= from))
      parts.push([from, from + WINDOW]);
  return parts;
}
