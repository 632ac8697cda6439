// Samples that come again, in other pieces than before: they count once where this shard still has their
// minute, open or in a sealed page. What D1 has taken is not asked. It is decided once, when a batch
// comes: the journal gets the batch without its repeats, so that a replay adds what was added.

import { decodeBlock } from "../core/codec/page.ts";
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

/** Minutes of sealed pages in which samples of a batch may stand; undefined when there are none. */
export function sealedMinutes(
  { index, at }: Batch,
  numbers: Uint32Array,
  { dictionary, sealed, blocksOf }: Omit<Held, "open">,
): Accumulator | undefined {
  const last = sealed.reduce((last, { to }) => Math.max(last, to), -Infinity);
  const asked = new Set<number>();
  let from = Infinity;
  for (let row = 0; row < at.length; row++) {
    if (at[row]! >= last + MINUTE) continue;
    asked.add(numbers[index[row]!]!);
    from = Math.min(from, at[row]!);
  }
  if (asked.size === 0) return undefined;
  const keys = dictionary.keysOf(asked);
  // A minute that lies in several pages may have more samples than one of them keeps.
  const found = new Accumulator(LIMITS.samplesPerMinute);
  let left = LIMITS.repeatBytes;
  for (const page of sealed.toReversed()) {
    if (page.to + MINUTE <= from) continue;
    for (const block of blocksOf(page, keys)) {
      left -= block.length;
      if (left < 0) return found;
      const minutes = new Minutes(LIMITS.samplesPerMinute);
      const series: number[] = [];
      decodeBlock(block, minutes, series);
      found.merge({ minutes, series }, (row) => asked.has(series[row]!));
    }
  }
  return found;
}
