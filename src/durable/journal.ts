// The bytes of a journal row: the requests that one group commit stored. Pure.

import { ByteReader, ByteWriter, CorruptBytes } from "../core/codec/bytes.ts";
import { dayOf } from "../core/tiers.ts";
import type { CounterValues } from "./counters.ts";
import { readRemembered, type Remembered, writeRemembered } from "./idempotency.ts";

export interface JournalEntry {
  /** What is remembered of the request; undefined when it had no Idempotency-Key. */
  readonly once: { readonly key: string; readonly remembered: Remembered } | undefined;
  /** An encoded batch, as received. */
  readonly batch: Uint8Array;
}

/** A journal row: what one group commit stored, or a part of it. */
export interface JournalRow {
  /** Unix ms of the commit. */
  readonly at: number;
  /** What had been counted on its UTC day, this row included: they ride along, at no row of theirs. */
  readonly counters: CounterValues;
  readonly entries: readonly JournalEntry[];
}

/*
 * Version 1: 1 <u8>, at <f64> (Unix ms of the commit), counters 4 × <varint> (d1RowsWritten,
 * d1RowsRead, shardRowsWritten, shardRequests), n <varint>, then n entries: kind <u8>, and
 *   BATCH:    length <varint>, the batch
 *   ONCE:     key <text>, what is remembered of it (see idempotency.ts), then as BATCH
 */
const VERSION = 1;
const BATCH = 1;
const ONCE = 2;

/** Bytes that a row takes besides the batches of its entries: an upper bound. */
export const journalOverhead = (entries: number): number => 64 + entries * 80;

export function encodeJournal({ at, counters, entries }: JournalRow): Uint8Array {
  const size = entries.reduce((sum, { batch }) => sum + batch.length, 0);
  const writer = new ByteWriter(size + journalOverhead(entries.length));
  writer.u8(VERSION);
  writer.f64(at);
  writer.varint(counters.d1RowsWritten);
  writer.varint(counters.d1RowsRead);
  writer.varint(counters.shardRowsWritten);
  writer.varint(counters.shardRequests);
  writer.varint(entries.length);
  for (const { once, batch } of entries) {
    writer.u8(once === undefined ? BATCH : ONCE);
    if (once !== undefined) {
      writer.text(once.key);
      writeRemembered(writer, once.remembered);
    }
    writer.varint(batch.length);
    writer.bytes(batch);
  }
  return writer.finish();
}

/** Reads `encodeJournal` back. @throws CorruptBytes */
export function decodeJournal(bytes: Uint8Array): JournalRow {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  if (version !== VERSION) throw new CorruptBytes(`journal version ${version} is not known`);
  const at = reader.f64();
  const counters = {
    day: dayOf(at),
    d1RowsWritten: reader.varint(),
    d1RowsRead: reader.varint(),
    shardRowsWritten: reader.varint(),
    shardRequests: reader.varint(),
  };
  const entries: JournalEntry[] = [];
  for (let left = reader.varint(); left > 0; left--) {
    const kind = reader.u8();
    if (kind !== BATCH && kind !== ONCE)
      throw new CorruptBytes(`journal entry of kind ${kind} is not known`);
    const once =
      kind === ONCE ? { key: reader.text(), remembered: readRemembered(reader) } : undefined;
    entries.push({ once, batch: reader.bytes(reader.varint()) });
  }
  return { at, counters, entries };
}
