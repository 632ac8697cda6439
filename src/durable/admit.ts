// What of a group of requests a shard stores: what is stored already is recognised, series over a
// limit are rejected. It writes nothing: the caller stores the batches, and remembers the keys.

import { type Batch, countPoints, encodeBatch, isEnd, selectPoints } from "../core/series/batch.ts";
import type { Dictionary, SeriesRejection } from "./dictionary.ts";
import type { Attempt, Idempotency } from "./idempotency.ts";
import type { Remembered } from "./key-table.ts";
import type { JournalEntry } from "./journal.ts";

interface ReceivedBatch {
  readonly bytes: Uint8Array;
  readonly batch: Batch;
}

/** What a Worker asks a shard to store: all of it or nothing, except series over a limit. */
export interface Append {
  readonly batches: readonly ReceivedBatch[];
  /** The SHARDS of the Worker, by which it chose this shard. */
  readonly layout: number;
  /** Undefined when the client sent no Idempotency-Key. */
  readonly attempt: Attempt | undefined;
  /** Samples that their minutes keep already are repeats, and count once. */
  readonly repeats: boolean;
}

/** Series that were rejected, by their batch and their positions in it. */
export interface BatchRejection extends SeriesRejection {
  readonly batch: number;
  readonly series: readonly number[];
}

export interface Stored {
  readonly kind: "stored";
  /** Points of the request that are stored now, those of earlier attempts included; no end marks. */
  readonly accepted: number;
  /** The key was known, and there was nothing new to store. */
  readonly duplicate: boolean;
  readonly rejected: readonly BatchRejection[];
}

/** `other_body`: the key stands for another request. Nothing was stored. */
export type Appended = Stored | { readonly kind: "other_body" };

/** A batch that is to be stored, and its entry in the journal. */
export interface Admitted {
  readonly batch: Batch;
  readonly repeats: boolean;
  readonly entry: JournalEntry;
}

/** Adds the new series to the dictionary. */
export function admit(
  group: readonly Append[],
  dictionary: Dictionary,
  idempotency: Idempotency,
): { readonly results: Appended[]; readonly stored: readonly Admitted[] } {
  /** Of the same group: remembered by others only when all of it is stored. */
  const inGroup = new Map<string, Remembered>();
  const stored: Admitted[] = [];
  const results = group.map(({ batches, attempt, repeats }): Appended => {
    const before = attempt && (inGroup.get(attempt.key) ?? idempotency.find(attempt.key));
    if (before !== undefined && before.fingerprint !== attempt?.fingerprint)
      return { kind: "other_body" };
    const sifted = batches.map((received) => sift(received, dictionary, before, attempt?.arrival));
    const rejected = sifted.flatMap((sift, batch) => batchRejections(batch, sift.rejected));
    const rows = sum(sifted.map(({ kept }) => kept.batch.at.length));
    const fresh = sum(sifted.map(({ kept }) => countPoints(kept.batch)));
    const known = sum(sifted.map((sift) => sift.known));
    const keep = (once: JournalEntry["once"]): void => {
      for (const { kept } of sifted)
        if (kept.batch.at.length > 0 || kept.batch.statements !== undefined)
          stored.push({ batch: kept.batch, repeats, entry: { once, batch: kept.bytes } });
    };
    if (rows === 0) {
      // There may be something said of metrics all the same.
      keep(undefined);
      return {
        kind: "stored",
        accepted: before?.accepted ?? 0,
        duplicate: before !== undefined,
        rejected,
      };
    }
    const accepted = known + fresh;
    const once = attempt && {
      key: attempt.key,
      remembered: {
        fingerprint: attempt.fingerprint,
        accepted,
        from: Math.min(attempt.from, before?.from ?? Infinity),
        to: Math.max(attempt.to, before?.to ?? -Infinity),
        born: dictionary.births,
      },
    };
    if (once !== undefined) inGroup.set(once.key, once.remembered);
    keep(once);
    return { kind: "stored", accepted, duplicate: false, rejected };
  });
  return { results, stored };
}

interface Sifted {
  readonly kept: ReceivedBatch;
  /** Points that an earlier attempt stored. */
  readonly known: number;
  /** By position in the batch. */
  readonly rejected: ReadonlyMap<number, SeriesRejection>;
}

/** Takes a batch apart; its series that may be stored are in the dictionary then. */
function sift(
  received: ReceivedBatch,
  dictionary: Dictionary,
  before: Remembered | undefined,
  arrival: number | null | undefined,
): Sifted {
  const { batch } = received;
  const rejected = new Map<number, SeriesRejection>();
  /** Positions of series that were there when the request was last stored. */
  const old = new Set<number>();
  /** Positions of series that are not known, and of which there are only end marks. */
  const never = new Set<number>();
  let pointed: ReadonlySet<number> | undefined;
  batch.series.forEach((key, position) => {
    const number = dictionary.find(key);
    if (number === undefined) {
      pointed ??= withPoints(batch);
      const rejection = pointed.has(position) ? dictionary.refuse(key) : undefined;
      if (!pointed.has(position)) never.add(position);
      else if (rejection === undefined) dictionary.add(key);
      else rejected.set(position, rejection);
    } else if (before !== undefined && dictionary.born[number]! < before.born) old.add(position);
  });
  if (old.size === 0 && rejected.size === 0 && never.size === 0)
    return { kept: received, known: 0, rejected };
  let known = 0;
  const rest = selectPoints(batch, (row) => {
    const position = batch.index[row]!;
    if (rejected.has(position) || never.has(position)) return false;
    const at = batch.at[row]!;
    // A point without a time has another at each attempt, and none was ever refused for it.
    const inTime = before !== undefined && at >= before.from && at <= before.to;
    if (!old.has(position) || !(inTime || at === arrival)) return true;
    if (!isEnd(batch.value[row]!)) known++;
    return false;
  });
  return { kept: { bytes: encodeBatch(rest), batch: rest }, known, rejected };
}

/** Positions of the series that have points in a batch. */
function withPoints({ index, value }: Batch): ReadonlySet<number> {
  const positions = new Set<number>();
  for (let row = 0; row < index.length; row++) if (!isEnd(value[row]!)) positions.add(index[row]!);
  return positions;
}

/** One rejection is shared by all series that meet the same limit: answers stay small. */
function batchRejections(batch: number, rejected: Sifted["rejected"]): BatchRejection[] {
  const positions = Map.groupBy(rejected.keys(), (position) => rejected.get(position)!);
  return [...positions].map(([rejection, series]) => ({ ...rejection, batch, series }));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
