// A batch into the memory of a shard: when it comes, and when the journal is replayed. It writes nothing.

import type { Accumulator } from "../core/series/accumulator.ts";
import { type Batch, encodeBatch, isEnd, saying } from "../core/series/batch.ts";
import { latestBelieved } from "../core/series/last-seen.ts";
import type { Admitted } from "./admit.ts";
import type { Held } from "./head.ts";
import type { JournalEntry } from "./journal.ts";
import type { Memory } from "./memory.ts";
import { type Numbered, sealedMinutes, withoutRepeats } from "./repeats.ts";

/** What was taken of a batch, and what the journal is to say of it. */
interface Taken extends Numbered {
  readonly entry: JournalEntry;
}

/** Takes what is to be stored together, as far as it is new. `now`: Unix ms of the commit. */
export function take(
  memory: Memory,
  held: Held,
  admitted: readonly Admitted[],
  now: number,
): readonly Taken[] {
  const wanted = admitted.flatMap(({ batch: received, entry, repeats }) => {
    const batch = takeStatements(memory, received, now);
    if (batch.at.length === 0 && batch.statements === undefined) return [];
    const kept = batch === received ? entry : { ...entry, batch: encodeBatch(batch) };
    return [{ entry: kept, batch, numbers: numbersOf(memory, batch, entry.once, now), repeats }];
  });
  const sealed = sealedMinutes(
    wanted.filter(({ repeats }) => repeats),
    held,
  );
  return wanted.map(({ entry, batch, numbers, repeats }) => {
    if (!repeats) {
      addAll(memory, batch, numbers, now);
      return { entry, batch, numbers };
    }
    const again = addNew(memory, sealed, batch, numbers, now);
    return { entry: withoutRepeats(entry, batch, again), batch, numbers };
  });
}

/** Takes what the journal says: only what was new then is in it. */
export function replay(
  memory: Memory,
  batch: Batch,
  once: JournalEntry["once"],
  now: number,
): void {
  for (const statement of batch.statements ?? []) memory.descriptions.take(statement, now);
  addAll(memory, batch, numbersOf(memory, batch, once, now), now);
}

/** The dictionary's numbers of the series; new ones are added. */
function numbersOf(
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

/** Takes what a batch says of metrics; the batch without what changes nothing, or is of none here. */
function takeStatements({ dictionary, descriptions }: Memory, batch: Batch, now: number): Batch {
  if (batch.statements === undefined) return batch;
  const fitting = batch.statements.map((one) => descriptions.fitting(one));
  const taken = fitting.filter(
    (one) => dictionary.metric(one.metric) !== undefined && descriptions.take(one, now),
  );
  return saying(batch, taken);
}

/** Adds all points and end marks. */
function addAll(
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
function addNew(
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
