// What of a group of requests a shard stores: repeats are recognised, series over a limit refused.

import { type Batch, encodeBatch, selectSeries } from "../core/series/batch.ts";
import type { Dictionary, SeriesRejection } from "./dictionary.ts";
import type { JournalEntry } from "./journal.ts";
import type { Idempotency } from "./idempotency.ts";

/** What a Worker asks a shard to store: all of it or nothing, except series over a limit. */
export interface Append {
  readonly batches: readonly { readonly bytes: Uint8Array; readonly batch: Batch }[];
  /** Digest of the client's Idempotency-Key; "" when it sent none. */
  readonly key: string;
}

/** Series that were refused, by their batch and their numbers in the batch's dictionary. */
export interface RejectedSeries extends SeriesRejection {
  readonly batch: number;
  readonly series: readonly number[];
}

export interface Appended {
  readonly accepted: number;
  /** The key was known: nothing was stored, and `accepted` is what was stored then. */
  readonly duplicate: boolean;
  readonly refused: readonly RejectedSeries[];
}

/** A batch that is to be stored, and its entry in the journal. */
export interface Admitted {
  readonly batch: Batch;
  readonly entry: JournalEntry;
}

/** Adds the new series to the dictionary; the caller stores the batches and remembers the keys. */
export function admit(
  group: readonly Append[],
  dictionary: Dictionary,
  keys: Idempotency,
): { readonly results: Appended[]; readonly stored: readonly Admitted[] } {
  const inGroup = new Map<string, number>();
  const stored: { batch: Batch; entry: JournalEntry }[] = [];
  const results = group.map(({ batches, key }): Appended => {
    const before = key === "" ? undefined : (inGroup.get(key) ?? keys.find(key));
    const refused: RejectedSeries[] = [];
    const kept = batches.map(({ bytes, batch }, i) => {
      const rejections = intern(batch, dictionary, before === undefined);
      if (rejections.size === 0) return { bytes, batch };
      // One rejection is shared by all series that meet the same limit: answers stay small.
      for (const rejection of new Set(rejections.values())) {
        const series = [...rejections.keys()].filter(
          (number) => rejections.get(number) === rejection,
        );
        refused.push({ ...rejection, batch: i, series });
      }
      const rest = selectSeries(batch, (series) => !rejections.has(series));
      return { bytes: encodeBatch(rest), batch: rest };
    });
    if (before !== undefined) return { accepted: before, duplicate: true, refused };
    const accepted = kept.reduce((sum, { batch }) => sum + batch.at.length, 0);
    for (const { bytes, batch } of kept)
      stored.push({ batch, entry: { key, accepted, batch: bytes } });
    if (key !== "") inGroup.set(key, accepted);
    return { accepted, duplicate: false, refused };
  });
  return { results, stored };
}

/** Adds unknown series if `add`; returns those that must be refused, by number in the batch. */
function intern(batch: Batch, dictionary: Dictionary, add: boolean): Map<number, SeriesRejection> {
  const refused = new Map<number, SeriesRejection>();
  batch.series.forEach((key, i) => {
    if (dictionary.find(key) !== undefined) return;
    const rejection = dictionary.refuse(key);
    if (rejection !== undefined) refused.set(i, rejection);
    else if (add) dictionary.add(key);
  });
  return refused;
}
