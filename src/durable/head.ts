// The head of metrics: their minutes that D1 may not hold, for a read to merge. Pure.

import type { Accumulator } from "../core/series/accumulator.ts";
import * as LIMITS from "../core/limits.ts";
import { encodeBlock, seriesOfBlock } from "../core/codec/page.ts";
import type { Labels } from "../core/series/labels.ts";
import type { Dictionary } from "./dictionary.ts";
import type { PageEntry } from "./manifest.ts";

/** The minutes of metrics that D1 may not hold, as blocks (see page.ts), to merge into a read. */
export interface Head {
  /** D1 holds this one when the shard's watermark there is at least `page`. */
  readonly sealed: readonly { readonly page: number; readonly block: Uint8Array }[];
  readonly open: readonly Uint8Array[];
  /** There was more than one answer may hold. */
  readonly cut: boolean;
  /** When the shard's watermark in D1 is at least this, parts of `open` are in D1: ask again. */
  readonly openId: number;
}

/** What a shard holds. */
export interface Held {
  readonly dictionary: Dictionary;
  readonly open: Accumulator;
  readonly sealed: readonly PageEntry[];
  /** The blocks of a page with some keys, which ascend. */
  readonly blocksOf: (page: PageEntry, keys: readonly number[]) => Iterable<Uint8Array>;
}

/** Which series a reader of the head asks for, and of when. */
export interface Asked {
  readonly metrics: readonly string[];
  /** Label pairs that each of the series has. */
  readonly labels: Labels;
  /** [from, to), Unix ms. */
  readonly from: number;
  readonly to: number;
}

/** What is asked for; blocks may hold others besides. */
export function headOf(
  { dictionary, open, sealed, blocksOf }: Held,
  { metrics, labels, from, to }: Asked,
): Omit<Head, "openId"> & { readonly series: ReadonlySet<number> } {
  const series = new Set(dictionary.seriesWith(metrics, labels));
  if (series.size === 0) return { sealed: [], open: [], cut: false, series };
  const keys = dictionary.keysOf(series);
  const pages = sealed.filter((page) => page.from < to && page.to >= from);
  const blocks = headOfPages(pages, function* (page) {
    for (const block of blocksOf(page, keys))
      // Blocks are laid out by metric and pack: only labels leave many that have none of the series.
      if (labels.length === 0 || seriesOfBlock(block).some((one) => series.has(one))) yield block;
  });
  if (blocks === undefined) return { sealed: [], open: [], cut: true, series };
  return { sealed: blocks, open: headOfOpen(open, series, from, to), cut: false, series };
}

/** Blocks of sealed pages; undefined when they are more than one answer may hold. */
function headOfPages(
  pages: readonly PageEntry[],
  blocksOf: (page: PageEntry) => Iterable<Uint8Array>,
): Head["sealed"] | undefined {
  const sealed: { page: number; block: Uint8Array }[] = [];
  let bytes = 0;
  for (const page of pages)
    for (const block of blocksOf(page)) {
      bytes += block.length;
      if (bytes > LIMITS.headBytes) return undefined;
      sealed.push({ page: page.id, block });
    }
  return sealed;
}

/** Open minutes in [from, to) of series. */
function headOfOpen(
  all: Accumulator,
  wanted: ReadonlySet<number>,
  from: number,
  to: number,
): Uint8Array[] {
  const { start } = all.minutes;
  const rows: number[] = [];
  for (const series of [...wanted].sort((a, b) => a - b))
    for (const row of all.rowsOf(series))
      if (start[row]! >= from && start[row]! < to) rows.push(row);
  const open: Uint8Array[] = [];
  for (let i = 0; i < rows.length; i += LIMITS.pageMinutes)
    open.push(encodeBlock(all, rows.slice(i, i + LIMITS.pageMinutes)));
  return open;
}
