// The Idempotency-Keys that a shard remembers, and what it had stored of their requests, in sets: one
// row for all keys between two checkpoints, so that a key costs no row of its own.

import { ByteReader, ByteWriter, CorruptBytes } from "../core/codec/bytes.ts";
import * as LIMITS from "../core/limits.ts";
import { HOUR } from "../core/tiers.ts";

/** An attempt to store a request that came with a key, as the Worker saw it. */
export interface Attempt {
  /** Digest of the key. */
  readonly key: string;
  /** Digest of the body and of what says how to read it: 0 … 2^53 − 1. */
  readonly fingerprint: number;
  /** Points were refused unless their time was in [from, to], Unix ms. */
  readonly from: number;
  readonly to: number;
  /** The time of points that came with none, Unix ms; null when every point had one. */
  readonly arrival: number | null;
}

/**
 * What is remembered of a request: enough to tell which of its points are stored, whatever their
 * number. Those are the points in [from, to] of series that are older than `born`.
 */
export interface Remembered {
  readonly fingerprint: number;
  /** Points of the request that are stored: what a repeat is answered with. */
  readonly accepted: number;
  /** As in `Attempt`, of all attempts together. */
  readonly from: number;
  readonly to: number;
  /** The dictionary's births when it was last stored: series born since then were refused, or removed. */
  readonly born: number;
}

type Keys = Map<string, Remembered>;

/** Keys of some time. */
export interface KeySet {
  /** The row that stores it. */
  readonly slot: number;
  /** Unix ms of its first and last key. */
  readonly from: number;
  readonly to: number;
  readonly keys: Keys;
}

/** A set takes more keys in until it is so large or so old: few rows, few look-ups. */
const FULL = { keys: 8_192, ms: HOUR };

export class Idempotency {
  /** Stored sets, oldest first. */
  readonly closed: KeySet[] = [];
  /** Keys since the last checkpoint. */
  readonly open: Keys = new Map();
  #from = Infinity;
  #to = -Infinity;

  find(key: string): Remembered | undefined {
    const open = this.open.get(key);
    if (open !== undefined) return open;
    for (let i = this.closed.length - 1; i >= 0; i--) {
      const found = this.closed[i]!.keys.get(key);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** `at` is the time of the commit, Unix ms. */
  remember(key: string, remembered: Remembered, at: number): void {
    this.open.set(key, remembered);
    this.#from = Math.min(this.#from, at);
    this.#to = Math.max(this.#to, at);
  }

  /**
   * Closes the open set, into the newest stored one while that has room, else into the row that
   * `newSlot` gives. Returns the set to store; undefined when there was no key.
   */
  close(newSlot: () => number): KeySet | undefined {
    if (this.open.size === 0) return undefined;
    const newest = this.closed.at(-1);
    const joins =
      newest !== undefined &&
      newest.keys.size + this.open.size <= FULL.keys &&
      this.#to - newest.from <= FULL.ms;
    if (joins) this.closed.pop();
    const set = {
      slot: joins ? newest.slot : newSlot(),
      from: joins ? newest.from : this.#from,
      to: this.#to,
      keys: joins ? new Map([...newest.keys, ...this.open]) : new Map(this.open),
    };
    this.closed.push(set);
    this.open.clear();
    this.#from = Infinity;
    this.#to = -Infinity;
    return set;
  }

  /**
   * Forgets sets of before the last 100,000 keys or 24 h; returns the rows they had. The hours count up
   * to the older of the two newest sets: a clock that is wrong once forgets nothing, since it makes
   * no set, or only one.
   */
  expire(): number[] {
    const latest = Math.min(...[-1, -2].map((i) => this.closed.at(i)?.to ?? -Infinity));
    let newer = this.closed.reduce((sum, { keys }) => sum + keys.size, this.open.size);
    const freed: number[] = [];
    for (const oldest of this.closed.slice()) {
      newer -= oldest.keys.size;
      if (newer < LIMITS.dedupKeys && oldest.to > latest - LIMITS.dedupMs) break;
      freed.push(oldest.slot);
      this.closed.shift();
    }
    return freed;
  }
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

/* Bytes of a key set, version 1: 1 <u8>, n <varint>, then n × (key <text>, what is remembered). */
const VERSION = 1;

export function encodeKeys(keys: ReadonlyMap<string, Remembered>): Uint8Array {
  const writer = new ByteWriter(16 + keys.size * 60);
  writer.u8(VERSION);
  writer.varint(keys.size);
  for (const [key, remembered] of keys) {
    writer.text(key);
    writeRemembered(writer, remembered);
  }
  return writer.finish();
}

/** Reads `encodeKeys` back. @throws CorruptBytes */
export function decodeKeys(bytes: Uint8Array): Map<string, Remembered> {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  if (version !== VERSION) throw new CorruptBytes(`key set version ${version} is not known`);
  const keys = new Map<string, Remembered>();
  for (let left = reader.varint(); left > 0; left--)
    keys.set(reader.text(), readRemembered(reader));
  return keys;
}
