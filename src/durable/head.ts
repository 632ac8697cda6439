// The head of metrics: their minutes that D1 may not hold, for a read to merge. Pure.

import type { Accumulator } from "../core/series/accumulator.ts";
import * as LIMITS from "../core/limits.ts";
import { encodeBlock, seriesOfBlock } from "../core/codec/page.ts";
import { looseOf, type LooseMinutes } from "../core/series/loose-minutes.ts";
import type { Labels } from "../core/series/labels.ts";
import type { Dictionary } from "./dictionary.ts";
import type { PageEntry } from "./manifest.ts";

/** The minutes of metrics that D1 may not hold, as blocks (see page.ts), to merge into a read. */
export interface Head {
  /** D1 holds this one when the shard's watermark there is at least `page`. */
  readonly sealed: readonly { readonly page: number; readonly block: Uint8Array }[];
  readonly open: readonly Uint8Array[];
  /** The open minutes in place of `open`, where they are few and whoever asks takes them so. */
  readonly loose?: LooseMinutes;
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
  /** Whether minutes may come loose: a Worker of before does not know them. */
  readonly takesLoose?: boolean;
}

/** What is asked for; blocks may hold others besides. */
export function headOf(
  { dictionary, open, sealed, blocksOf }: Held,
  { metrics, labels, from, to, takesLoose = false }: Asked,
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
  const rows = rowsOf(open, series, from, to);
  const loose = takesLoose ? looseOf(open, rows, LIMITS.looseSamples) : undefined;
  if (loose !== undefined) return { sealed: blocks, open: [], loose, cut: false, series };
  return { sealed: blocks, open: blocksOfRows(open, rows), cut: false, series };
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

/** Open minutes in [from, to) of series: rows by series, then by start. */
function rowsOf(
  open: Accumulator,
  wanted: ReadonlySet<number>,
  from: number,
  to: number,
): number[] {
  const { start } = open.minutes;
  const rows: number[] = [];
  for (const series of [...wanted].sort((a, b) => a - b))
    for (const row of open.rowsOf(series))
      if (start[row]! >= from && start[row]! < to) rows.push(row);
  return rows;
}

function blocksOfRows(open: Accumulator, rows: readonly number[]): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  for (let i = 0; i < rows.length; i += LIMITS.pageMinutes)
    blocks.push(encodeBlock(open, rows.slice(i, i + LIMITS.pageMinutes)));
  return blocks;
}
