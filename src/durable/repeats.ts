// Samples that come again, in other pieces than before: they count once where this shard still has their
// minute, open or in a sealed page. What D1 has taken is not asked. It is decided once, when a batch
// comes: the journal gets the batch without its repeats, so that a replay adds what was added. Sealed
// pages are read once for all that is stored together.

import { decodeBlock, seriesOfBlock } from "../core/codec/page.ts";
import * as LIMITS from "../core/limits.ts";
import { Minutes } from "../core/minutes.ts";
import { Accumulator } from "../core/series/accumulator.ts";
import { type Batch, encodeBatch, withoutRows } from "../core/series/batch.ts";
import { MINUTE } from "../core/tiers.ts";
import type { Held } from "./head.ts";
import type { JournalEntry } from "./journal.ts";

/** The entry of a batch without some rows, which were repeats. */
export const withoutRepeats = (
  entry: JournalEntry,
  batch: Batch,
  repeats: readonly number[],
): JournalEntry =>
  repeats.length === 0 ? entry : { ...entry, batch: encodeBatch(withoutRows(batch, repeats)) };

/** A batch and the dictionary's numbers of its series. */
export interface Numbered {
  readonly batch: Batch;
  readonly numbers: Uint32Array;
}

/**
 * Minutes of sealed pages in which samples of batches may stand; undefined when there are none. It holds
 * no minute that none of them asks for, whatever is sealed.
 */
export function sealedMinutes(
  batches: Iterable<Numbered>,
  { dictionary, sealed, blocksOf }: Omit<Held, "open">,
): Accumulator | undefined {
  if (sealed.length === 0) return undefined;
  const begin = sealed.reduce((begin, { from }) => Math.min(begin, from), Infinity);
  const end = sealed.reduce((end, { to }) => Math.max(end, to + MINUTE), -Infinity);
  // A minute that lies in several pages may have more samples than one of them keeps.
  const found = new Accumulator(LIMITS.samplesPerMinute);
  let from = Infinity;
  for (const { batch, numbers } of batches)
    for (let row = 0; row < batch.at.length; row++) {
      const at = batch.at[row]!;
      if (at < begin || at >= end) continue;
      const start = Math.floor(at / MINUTE) * MINUTE;
      found.row(numbers[batch.index[row]!]!, start);
      from = Math.min(from, start);
    }
  if (found.length === 0) return undefined;
  const asked = found.numbers;
  const keys = dictionary.keysOf(asked);
  let left = LIMITS.repeatBytes;
  for (const page of sealed.toReversed()) {
    if (page.to < from) continue;
    for (const block of blocksOf(page, keys)) {
      // Of a metric with many series, most blocks are of others.
      if (!seriesOfBlock(block).some((series) => asked.has(series))) continue;
      left -= block.length;
      if (left < 0) return found;
      const minutes = new Minutes(LIMITS.samplesPerMinute);
      const series: number[] = [];
      decodeBlock(block, minutes, series);
      for (let row = 0; row < series.length; row++) {
        const into = found.find(series[row]!, minutes.start[row]!);
        if (into !== undefined) found.minutes.merge(into, minutes, row);
      }
    }
  }
  return found;
}
