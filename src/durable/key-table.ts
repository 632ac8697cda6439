// Idempotency-Keys and what is remembered of them, as they are stored: they are found in the bytes of
// their row, which take a fifth of the memory of as many objects, and no time to read when a shard wakes.

import { ByteReader, ByteWriter, CorruptBytes } from "../core/codec/bytes.ts";

/**
 * What is remembered of a request: enough to tell which of its points are stored, whatever their
 * number. Those are the points in [from, to] of series that are older than `born`.
 */
export interface Remembered {
  /** Digest of the body and of what says how to read it: 0 … 2^53 − 1. */
  readonly fingerprint: number;
  /** Points of the request that are stored: what a repeat is answered with. */
  readonly accepted: number;
  /** Unix ms, as in `Attempt`, of all attempts together. */
  readonly from: number;
  readonly to: number;
  /** The dictionary's births when it was last stored: series born since then were refused, or removed. */
  readonly born: number;
}

/** fingerprint, accepted, from, to, born: each a <varint>. Also in the journal. */
export function writeRemembered(writer: ByteWriter, remembered: Remembered): void {
  writer.varint(remembered.fingerprint);
  writer.varint(remembered.accepted);
  writer.varint(remembered.from);
  writer.varint(remembered.to);
  writer.varint(remembered.born);
}

export const readRemembered = (reader: ByteReader): Remembered => ({
  fingerprint: reader.varint(),
  accepted: reader.varint(),
  from: reader.varint(),
  to: reader.varint(),
  born: reader.varint(),
});

/* Bytes, version 1: 1 <u8>, n <varint>, then n × (key <text>, what is remembered). Of a key that stands
 * twice, the later counts. */
const VERSION = 1;
/** Varints of what is remembered. */
const REMEMBERED = 5;

const encoder = new TextEncoder();

/** A key that is looked for in several tables. */
export interface WantedKey {
  readonly bytes: Uint8Array;
  readonly hash: number;
}

export function wantedKey(key: string): WantedKey {
  const bytes = encoder.encode(key);
  return { bytes, hash: hashOf(bytes, 0, bytes.length) };
}

export class KeyTable {
  /** As they are stored. */
  readonly bytes: Uint8Array;
  /** Entries: keys, those that stand twice counted twice. */
  readonly size: number;
  /** Where the entries begin. */
  readonly #first: number;
  /** Where an entry begins, at the place of its hash or behind it; 0 is free. */
  readonly #places: Uint32Array;

  /** `bytes` are kept, and must not change. @throws CorruptBytes */
  constructor(bytes: Uint8Array) {
    const reader = new ByteReader(bytes);
    const version = reader.u8();
    if (version !== VERSION) throw new CorruptBytes(`key set version ${version} is not known`);
    this.bytes = bytes;
    this.size = reader.varint();
    this.#first = reader.at;
    if (this.size > reader.left) throw new CorruptBytes("ends too early");
    this.#places = new Uint32Array(2 ** Math.ceil(Math.log2(2 * this.size + 2)));
    for (let i = 0; i < this.size; i++) {
      const entry = reader.at;
      const length = reader.varint();
      const from = reader.skip(length);
      for (let varints = REMEMBERED; varints > 0;) if (reader.u8() < 0x80) varints--;
      const hash = hashOf(bytes, from, from + length);
      this.#places[this.#placeOf(bytes, from, length, hash)] = entry;
    }
  }

  static of(keys: ReadonlyMap<string, Remembered>): KeyTable {
    return new KeyTable(encode(keys, new Uint8Array(), 0));
  }

  /** These and others, which count where a key is in both. */
  with(others: ReadonlyMap<string, Remembered>): KeyTable {
    return new KeyTable(encode(others, this.bytes.subarray(this.#first), this.size));
  }

  find({ bytes, hash }: WantedKey): Remembered | undefined {
    const entry = this.#places[this.#placeOf(bytes, 0, bytes.length, hash)]!;
    if (entry === 0) return undefined;
    const reader = new ByteReader(this.bytes);
    reader.at = entry;
    reader.skip(reader.varint());
    return readRemembered(reader);
  }

  /** Where the key in so many bytes of `source` is, or would be: half of all places are free. */
  #placeOf(source: Uint8Array, from: number, length: number, hash: number): number {
    const mask = this.#places.length - 1;
    let place = hash & mask;
    for (;;) {
      const entry = this.#places[place]!;
      if (entry === 0 || this.#isAt(entry, source, from, length)) return place;
      place = (place + 1) & mask;
    }
  }

  #isAt(entry: number, source: Uint8Array, from: number, length: number): boolean {
    const { bytes } = this;
    // Most keys are shorter than 128 bytes: their length is one.
    let at = entry + 1;
    if (length >= 0x80 || bytes[entry]! >= 0x80) {
      const reader = new ByteReader(bytes);
      reader.at = entry;
      if (reader.varint() !== length) return false;
      at = reader.at;
    } else if (bytes[entry] !== length) return false;
    for (let i = 0; i < length; i++) if (bytes[at + i] !== source[from + i]) return false;
    return true;
  }
}

/** `before` are the bytes of so many entries. */
function encode(
  keys: ReadonlyMap<string, Remembered>,
  before: Uint8Array,
  entries: number,
): Uint8Array {
  const writer = new ByteWriter(16 + before.length + keys.size * 60);
  writer.u8(VERSION);
  writer.varint(entries + keys.size);
  writer.bytes(before);
  for (const [key, remembered] of keys) {
    writer.text(key);
    writeRemembered(writer, remembered);
  }
  return writer.finish();
}

/** FNV-1a of bytes [from, to). */
function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash ^ (hash >>> 15);
}
