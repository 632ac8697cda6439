// The Idempotency-Keys that a shard remembers, and what it had stored of their requests, in sets: one
// row for all keys between two checkpoints, so that a key costs no row of its own.

import * as LIMITS from "../core/limits.ts";
import { HOUR } from "../core/tiers.ts";
import { KeyTable, type Remembered, wantedKey } from "./key-table.ts";

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

/** Keys of some time. */
export interface KeySet {
  /** The row that stores it. */
  readonly slot: number;
  /** Unix ms of its first and last key. */
  readonly from: number;
  readonly to: number;
  readonly keys: KeyTable;
}

/** A set takes more keys in until it is so large or so old: few rows, few look-ups. */
const FULL = { keys: 8_192, ms: HOUR };

export class Idempotency {
  /** Stored sets, oldest first. */
  readonly closed: KeySet[] = [];
  /** Keys since the last checkpoint. */
  readonly open = new Map<string, Remembered>();
  #from = Infinity;
  #to = -Infinity;

  find(key: string): Remembered | undefined {
    const open = this.open.get(key);
    if (open !== undefined) return open;
    const wanted = wantedKey(key);
    for (let i = this.closed.length - 1; i >= 0; i--) {
      const found = this.closed[i]!.keys.find(wanted);
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
      keys: joins ? newest.keys.with(this.open) : KeyTable.of(this.open),
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
