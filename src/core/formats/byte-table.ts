// What was made of some bytes, found again by those bytes: the series of a sender, which names the same
// ones in each of its requests. Its memory is bounded: when it is full, it begins anew.

/** Places that are looked at: bounds what equal hashes can cost. */
const PROBES = 8;
/** A longer key is not kept. */
const KEY_BYTES = 32_768;

const four = new Uint8Array(4);

export class ByteTable<T> {
  /** The key that is being written. */
  readonly #key = new Uint8Array(KEY_BYTES);
  /** Beyond KEY_BYTES when it is too long. */
  #length = 0;
  #hash = 0;
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
  constructor(entries: number, bytes: number) {
    this.#starts = new Uint32Array(entries);
    this.#ends = new Uint32Array(entries);
    this.#hashes = new Int32Array(entries);
    this.#places = new Uint32Array(entries * 2);
    this.#bytes = bytes;
    this.#slab = new Uint8Array(Math.min(bytes, 65_536));
  }

  /** Begins a key. */
  begin(): void {
    this.#length = 0;
    // FNV-1a.
    this.#hash = 0x811c9dc5 | 0;
  }

  /** Adds bytes [from, to) to the key. What is added must say itself where it ends. */
  put(bytes: Uint8Array, from: number, to: number): void {
    if (this.#length + to - from > KEY_BYTES) {
      this.#length = Infinity;
      return;
    }
    const key = this.#key;
    let hash = this.#hash;
    let length = this.#length;
    for (let i = from; i < to; i++) {
      const byte = bytes[i]!;
      key[length++] = byte;
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
    this.#hash = hash;
    this.#length = length;
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
    if (this.#length > KEY_BYTES) return undefined;
    const hash = this.#hash;
    const mask = this.#places.length - 1;
    for (let i = 0; i < PROBES; i++) {
      const number = this.#places[(hash + i) & mask]!;
      if (number === 0) return undefined;
      if (this.#hashes[number - 1] === hash && this.#isKey(number - 1))
        return this.#values[number - 1];
    }
    return undefined;
  }

  /** Keeps `value` for the key that was written and not found; not where its hash is too frequent. */
  keep(value: T): void {
    if (this.#length > KEY_BYTES) return;
    const isFull =
      this.#values.length === this.#starts.length || this.#used + this.#length > this.#bytes;
    if (isFull) this.#clear();
    const mask = this.#places.length - 1;
    for (let i = 0; i < PROBES; i++) {
      const place = (this.#hash + i) & mask;
      if (this.#places[place] !== 0) continue;
      this.#places[place] = this.#values.push(value);
      this.#store(this.#values.length - 1);
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
  }
}
