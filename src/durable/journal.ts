// The bytes of a journal row: the requests that one group commit stored. Pure.

import { ByteReader, ByteWriter, CorruptBytes } from "../core/codec/bytes.ts";
import { type Batch, decodeBatch, decodePoints, pointsOf } from "../core/series/batch.ts";
import { dayOf } from "../core/tiers.ts";
import type { Counted, Tally } from "./counters.ts";
import { readRemembered, type Remembered, writeRemembered } from "./key-table.ts";

/** What is remembered of a request; undefined when it had no Idempotency-Key. */
type Once = { readonly key: string; readonly remembered: Remembered } | undefined;

export interface JournalEntry {
  readonly once: Once;
  /** An encoded batch, as received. */
  readonly batch: Uint8Array;
  /**
   * The dictionary's numbers of its series, when rows of the dictionary hold them all: these stand for
   * its keys then, which are most of its bytes.
   */
  readonly numbers?: ArrayLike<number>;
}

/** What a row says besides its entries: it rides along, at no row of its own. */
export interface JournalHead {
  /** Unix ms of the commit. */
  readonly at: number;
  /** What had been counted on its UTC day, this row included. */
  readonly counters: Counted;
  /** The last page that D1 was known to hold. */
  readonly watermark: number;
}

/** A journal row: what one group commit stored, or a part of it. */
export interface JournalRow extends JournalHead {
  readonly entries: readonly { readonly once: Once; readonly batch: Batch }[];
}

/*
 * Version 2: 2 <u8>, at <f64> (Unix ms of the commit), counters 5 × <varint> (d1RowsWritten,
 * d1RowsRead, shardRowsWritten, shardRequests, pointsAccepted), pointsRefused and requestsRefused, each m
 * <varint> and m times a reason <text> and its number <varint>, watermark <varint>, n <varint>, then n
 * entries: kind <u8>, and
 *   BATCH:    length <varint>, the batch
 *   ONCE:     key <text>, what is remembered of it (see key-table.ts), then as BATCH
 *   NUMBERED (besides, a bit):  behind the key, m <varint>, then m numbers of series, differences
 *             <zigzag> to the one before (0); of the batch only what is behind its keys
 * Version 1 has the first four counters alone.
 */
const VERSION = 2;
const BATCH = 1;
const ONCE = 2;
const NUMBERED = 4;

/** Bytes that a row takes besides the batches of its entries, give or take a few reasons of refusals. */
export const journalOverhead = (entries: number): number => 128 + entries * 80;

export function encodeJournal(
  { at, counters, watermark }: JournalHead,
  entries: readonly JournalEntry[],
): Uint8Array {
  const size = entries.reduce((sum, { batch }) => sum + batch.length, 0);
  const writer = new ByteWriter(size + journalOverhead(entries.length));
  writer.u8(VERSION);
  writer.f64(at);
  writer.varint(counters.d1RowsWritten);
  writer.varint(counters.d1RowsRead);
  writer.varint(counters.shardRowsWritten);
  writer.varint(counters.shardRequests);
  writer.varint(counters.pointsAccepted);
  writeTally(writer, counters.pointsRefused);
  writeTally(writer, counters.requestsRefused);
  writer.varint(watermark);
  writer.varint(entries.length);
  for (const { once, batch, numbers } of entries) {
    writer.u8((once === undefined ? BATCH : ONCE) | (numbers === undefined ? 0 : NUMBERED));
    if (once !== undefined) {
      writer.text(once.key);
      writeRemembered(writer, once.remembered);
    }
    if (numbers !== undefined) writeNumbers(writer, numbers);
    const stored = numbers === undefined ? batch : pointsOf(batch);
    writer.varint(stored.length);
    writer.bytes(stored);
  }
  return writer.finish();
}

/** Reads `encodeJournal` back; `keys` are those of the dictionary. @throws CorruptBytes */
export function decodeJournal(bytes: Uint8Array, keys: readonly string[]): JournalRow {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  if (version !== VERSION && version !== 1)
    throw new CorruptBytes(`journal version ${version} is not known`);
  const at = reader.f64();
  const counters = {
    day: dayOf(at),
    d1RowsWritten: reader.varint(),
    d1RowsRead: reader.varint(),
    shardRowsWritten: reader.varint(),
    shardRequests: reader.varint(),
    pointsAccepted: version === 1 ? 0 : reader.varint(),
    pointsRefused: version === 1 ? {} : readTally(reader),
    requestsRefused: version === 1 ? {} : readTally(reader),
  };
  const watermark = reader.varint();
  const entries: JournalRow["entries"][number][] = [];
  for (let left = reader.varint(); left > 0; left--) {
    const kind = reader.u8();
    const plain = kind & ~NUMBERED;
    if (plain !== BATCH && plain !== ONCE)
      throw new CorruptBytes(`journal entry of kind ${kind} is not known`);
    const once =
      plain === ONCE ? { key: reader.text(), remembered: readRemembered(reader) } : undefined;
    const series = (kind & NUMBERED) === 0 ? undefined : readNumbered(reader, keys);
    const stored = reader.bytes(reader.varint());
    const batch =
      series === undefined ? decodeBatch(stored) : decodePoints(new ByteReader(stored), series);
    entries.push({ once, batch });
  }
  return { at, counters, watermark, entries };
}

function writeTally(writer: ByteWriter, tally: Tally): void {
  const reasons = Object.entries(tally);
  writer.varint(reasons.length);
  for (const [why, many] of reasons) {
    writer.text(why);
    writer.varint(many);
  }
}

function readTally(reader: ByteReader): Tally {
  const tally: Record<string, number> = {};
  for (let left = reader.varint(); left > 0; left--) {
    const why = reader.text();
    tally[why] = reader.varint();
  }
  return tally;
}

function writeNumbers(writer: ByteWriter, numbers: ArrayLike<number>): void {
  writer.varint(numbers.length);
  let previous = 0;
  for (let i = 0; i < numbers.length; i++) {
    writer.zigzag(numbers[i]! - previous);
    previous = numbers[i]!;
  }
}

/** The keys that stand behind numbers. @throws CorruptBytes */
function readNumbered(reader: ByteReader, keys: readonly string[]): string[] {
  const series: string[] = [];
  let number = 0;
  for (let left = reader.varint(); left > 0; left--) {
    number += reader.zigzag();
    const key = keys[number];
    if (key === undefined)
      throw new CorruptBytes(`a journal row names series ${number}, which is none`);
    series.push(key);
  }
  return series;
}
