// A batch into the memory of a shard: when it comes, and when the journal is replayed. It writes nothing.

import type { Accumulator } from "../core/series/accumulator.ts";
import { type Batch, isEnd } from "../core/series/batch.ts";
import { latestBelieved } from "../core/series/last-seen.ts";
import type { JournalEntry } from "./journal.ts";
import type { Memory } from "./memory.ts";

/** The dictionary's numbers of the series; new ones are added. `now`: Unix ms of the commit. */
export function numbersOf(
  { dictionary, idempotency }: Memory,
  batch: Batch,
  once: JournalEntry["once"],
  now: number,
): Uint32Array {
  if (once !== undefined) idempotency.remember(once.key, once.remembered, now);
  const numbers = Uint32Array.from(
    batch.series,
    (key) => dictionary.find(key) ?? dictionary.add(key),
  );
  for (const number of numbers) dictionary.writtenAt[number] = now;
  return numbers;
}

/** Adds all points and end marks. */
export function addAll(
  { open, dictionary }: Memory,
  { index, at, value }: Batch,
  numbers: Uint32Array,
  now: number,
): void {
  const latest = latestBelieved(now);
  for (let i = 0; i < at.length; i++) {
    const series = numbers[index[i]!]!;
    open.add(series, at[i]!, value[i]!);
    if (!isEnd(value[i]!)) dictionary.see(series, at[i]!, value[i]!, latest);
  }
}

/**
 * Adds those that no minute keeps yet, neither the open ones nor those of `sealed`. Returns the rows of
 * the others, ascending.
 */
export function addNew(
  { open, dictionary }: Memory,
  sealed: Accumulator | undefined,
  { index, at, value }: Batch,
  numbers: Uint32Array,
  now: number,
): number[] {
  const latest = latestBelieved(now);
  const repeats: number[] = [];
  for (let i = 0; i < at.length; i++) {
    const series = numbers[index[i]!]!;
    if (
      sealed?.keeps(series, at[i]!, value[i]!) === true ||
      !open.addNew(series, at[i]!, value[i]!)
    )
      repeats.push(i);
    else if (!isEnd(value[i]!)) dictionary.see(series, at[i]!, value[i]!, latest);
  }
  return repeats;
}
