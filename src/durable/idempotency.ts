// The idempotency keys that a shard remembers, in generations: one row for all keys between two
// checkpoints, so that a key costs no row of its own. It must not know what the keys were for.

import { ByteReader, ByteWriter, CorruptBytes } from "../core/codec/bytes.ts";
import * as LIMITS from "../core/limits.ts";
import { HOUR } from "../core/tiers.ts";

/** Keys of some time, with the points that each of their requests had accepted. */
export interface Generation {
  /** The row that stores it; −1 for the generation that still lives in the journal. */
  readonly slot: number;
  /** Unix ms of its first and last key. */
  readonly from: number;
  readonly to: number;
  readonly keys: Map<string, number>;
}

/** A generation takes more keys in until it is so large or so old: few rows, few look-ups. */
const FULL = { keys: 8_192, ms: HOUR };

export class Idempotency {
  /** Stored generations, oldest first. */
  readonly closed: Generation[] = [];
  /** Keys since the last checkpoint. */
  readonly open = new Map<string, number>();
  #from = Infinity;
  #to = -Infinity;

  /** Points that the request with this key had accepted; undefined when it is not known. */
  find(key: string): number | undefined {
    const open = this.open.get(key);
    if (open !== undefined) return open;
    for (let i = this.closed.length - 1; i >= 0; i--) {
      const accepted = this.closed[i]!.keys.get(key);
      if (accepted !== undefined) return accepted;
    }
    return undefined;
  }

  remember(key: string, accepted: number, at: number): void {
    this.open.set(key, accepted);
    this.#from = Math.min(this.#from, at);
    this.#to = Math.max(this.#to, at);
  }

  /**
   * Closes the open generation, into the newest stored one while that has room, else into the row
   * that `newSlot` gives. Returns the generation to store; undefined when there was no key.
   */
  close(newSlot: () => number): Generation | undefined {
    if (this.open.size === 0) return undefined;
    const newest = this.closed.at(-1);
    const joins =
      newest !== undefined &&
      newest.keys.size + this.open.size <= FULL.keys &&
      this.#to - newest.from <= FULL.ms;
    if (joins) this.closed.pop();
    const generation = {
      slot: joins ? newest.slot : newSlot(),
      from: joins ? newest.from : this.#from,
      to: this.#to,
      keys: joins ? new Map([...newest.keys, ...this.open]) : new Map(this.open),
    };
    this.closed.push(generation);
    this.open.clear();
    this.#from = Infinity;
    this.#to = -Infinity;
    return generation;
  }

  /** Forgets generations of before the last 100,000 keys or 24 h; returns the rows they had. */
  expire(now: number): number[] {
    let newer = this.closed.reduce((sum, { keys }) => sum + keys.size, this.open.size);
    const freed: number[] = [];
    for (const oldest of this.closed.slice()) {
      newer -= oldest.keys.size;
      if (newer < LIMITS.dedupKeys && oldest.to > now - LIMITS.dedupMs) break;
      freed.push(oldest.slot);
      this.closed.shift();
    }
    return freed;
  }
}

/* Bytes of a generation, version 1: 1 <u8>, n <varint>, then n × (key <text>, accepted <varint>). */
const VERSION = 1;

export function encodeKeys(keys: ReadonlyMap<string, number>): Uint8Array {
  const writer = new ByteWriter(16 + keys.size * 26);
  writer.u8(VERSION);
  writer.varint(keys.size);
  for (const [key, accepted] of keys) {
    writer.text(key);
    writer.varint(accepted);
  }
  return writer.finish();
}

/** Reads `encodeKeys` back. @throws CorruptBytes */
export function decodeKeys(bytes: Uint8Array): Map<string, number> {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  if (version !== VERSION) throw new CorruptBytes(`key set version ${version} is not known`);
  const keys = new Map<string, number>();
  for (let left = reader.varint(); left > 0; left--) keys.set(reader.text(), reader.varint());
  return keys;
}
