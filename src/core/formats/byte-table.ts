// What was made of some bytes, found again by those bytes: the series of a sender, which names the same
// ones in each of its requests, mostly in the same order. So a key is first compared, as it is written,
// with the one that followed last time; only one that is another is copied and hashed. Its memory is
// bounded: when it is full, it begins anew.

import * as LIMITS from "../limits.ts";

/** Places that are looked at: bounds what equal hashes can cost. */
const PROBES = 8;
/** A longer key is not kept. */
const KEY_BYTES = 32_768;

const four = new Uint8Array(4);

export class ByteTable<T> {
  /** The entry that the key which is being written begins like, as far as it is written; −1: none. */
  #expected = -1;
  /** The key that is being written, where nothing is expected. */
  readonly #key = new Uint8Array(KEY_BYTES);
  /** Beyond KEY_BYTES when it is too long. */
  #length = 0;
  /** Of a key that was looked for and is not the one expected. */
  #hash = 0;
  /** The entry that was found or kept last, and the one that followed each, + 1; 0: none. */
  #last = 0;
  readonly #following: Uint32Array;
  /** The bytes of all keys, one behind the other; #ends of entry i is where its own end. */
  #slab: Uint8Array;
  #used = 0;
  readonly #starts: Uint32Array;
  readonly #ends: Uint32Array;
  readonly #hashes: Int32Array;
  #values: T[] = [];
  /** Number of an entry + 1; 0 is free. */
  readonly #places: Uint32Array;
  readonly #bytes: number;

  /** For `entries` (a power of two) keys of at most `bytes` together, which are more than one needs. */
  constructor(entries: number = LIMITS.knownSeries, bytes: number = LIMITS.knownSeriesBytes) {
    this.#starts = new Uint32Array(entries);
    this.#ends = new Uint32Array(entries);
    this.#hashes = new Int32Array(entries);
    this.#following = new Uint32Array(entries + 1);
    this.#places = new Uint32Array(entries * 2);
    this.#bytes = bytes;
    this.#slab = new Uint8Array(Math.min(bytes, 65_536));
  }

  /** Begins a key. */
  begin(): void {
    this.#length = 0;
    this.#expected = this.#following[this.#last]! - 1;
  }

  /** Adds bytes [from, to) to the key. What is added must say itself where it ends. */
  put(bytes: Uint8Array, from: number, to: number): void {
    const expected = this.#expected;
    if (expected >= 0) {
      const slab = this.#slab;
      const start = this.#starts[expected]! + this.#length;
      const end = start + to - from;
      if (end <= this.#ends[expected]!) {
        let at = start;
        for (let i = from; at < end && slab[at] === bytes[i]; i++) at++;
        if (at === end) {
          this.#length += to - from;
          return;
        }
      }
      this.#isOther();
    }
    if (this.#length + to - from > KEY_BYTES) {
      this.#length = Infinity;
      return;
    }
    const key = this.#key;
    let length = this.#length;
    for (let i = from; i < to; i++) key[length++] = bytes[i]!;
    this.#length = length;
  }

  /** The key is not the expected one, whose beginning it shares. */
  #isOther(): void {
    const start = this.#starts[this.#expected]!;
    this.#key.set(this.#slab.subarray(start, start + this.#length));
    this.#expected = -1;
  }

  /** Adds an integer from 0 to 2^32 − 1, in four bytes. */
  putNumber(number: number): void {
    four[0] = number;
    four[1] = number >>> 8;
    four[2] = number >>> 16;
    four[3] = number >>> 24;
    this.put(four, 0, 4);
  }

  /** What was kept of the key that was written; undefined when nothing was. */
  find(): T | undefined {
    const expected = this.#expected;
    if (expected >= 0) {
      const end = this.#starts[expected]! + this.#length;
      if (this.#ends[expected] === end) {
        this.#last = expected + 1;
        return this.#values[expected];
      }
      this.#isOther();
    }
    if (this.#length > KEY_BYTES) return undefined;
    const hash = (this.#hash = fnv(this.#key, this.#length));
    const mask = this.#places.length - 1;
    for (let i = 0; i < PROBES; i++) {
      const number = this.#places[(hash + i) & mask]!;
      if (number === 0) return undefined;
      if (this.#hashes[number - 1] === hash && this.#isKey(number - 1)) {
        this.#follows(number);
        return this.#values[number - 1];
      }
    }
    return undefined;
  }

  /** Entry `number` − 1 follows the last one: it is expected behind that from now on. */
  #follows(number: number): void {
    this.#following[this.#last] = number;
    this.#last = number;
  }

  /** Keeps `value` for the key that was looked for and not found; not where its hash is too frequent. */
  keep(value: T): void {
    if (this.#length > KEY_BYTES) return;
    const isFull =
      this.#values.length === this.#starts.length || this.#used + this.#length > this.#bytes;
    if (isFull) this.#clear();
    const mask = this.#places.length - 1;
    for (let i = 0; i < PROBES; i++) {
      const place = (this.#hash + i) & mask;
      if (this.#places[place] !== 0) continue;
      const number = (this.#places[place] = this.#values.push(value));
      this.#store(number - 1);
      this.#follows(number);
      return;
    }
  }

  #store(entry: number): void {
    if (this.#used + this.#length > this.#slab.length) {
      const larger = new Uint8Array(
        Math.min(this.#bytes, Math.max(this.#slab.length * 2, this.#used + this.#length)),
      );
      larger.set(this.#slab);
      this.#slab = larger;
    }
    this.#slab.set(this.#key.subarray(0, this.#length), this.#used);
    this.#starts[entry] = this.#used;
    this.#ends[entry] = this.#used += this.#length;
    this.#hashes[entry] = this.#hash;
  }

  #isKey(entry: number): boolean {
    const start = this.#starts[entry]!;
    if (this.#ends[entry]! - start !== this.#length) return false;
    const slab = this.#slab;
    const key = this.#key;
    for (let i = 0; i < this.#length; i++) if (slab[start + i] !== key[i]) return false;
    return true;
  }

  #clear(): void {
    this.#values = [];
    this.#used = 0;
    this.#places.fill(0);
    this.#following.fill(0);
    this.#last = 0;
  }
}

/** FNV-1a. */
function fnv(bytes: Uint8Array, length: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash;
}
