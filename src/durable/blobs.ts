// The shard's large immutable values, a row each: pages, dictionary, key sets. Hands out rows, reuses
// those that are free, and reads of a page only what is asked for. The manifest says what is where.

import { CorruptBytes } from "../core/codec/bytes.ts";
import { type Directory, directoryOf } from "../core/codec/page.ts";
import * as LIMITS from "../core/limits.ts";
import type { Store } from "./store.ts";

/** The beginning of a page's blob, which mostly has all of its directory. */
const BEGIN = 16 * 1024;

export class Blobs {
  readonly #store: Store;
  #next = 0;
  #free: number[] = [];
  /** Directories of page blobs; those that were read first go first. */
  readonly #directories = new Map<number, Directory>();

  /** `used` are the rows that the manifest names; all others are free. */
  constructor(store: Store, used: ReadonlySet<number>) {
    this.#store = store;
    for (const slot of used) this.#next = Math.max(this.#next, slot + 1);
    for (let slot = this.#next - 1; slot >= 0; slot--) if (!used.has(slot)) this.#free.push(slot);
  }

  /** A free row, for the caller to write. */
  reserve(): number {
    return this.#free.pop() ?? this.#next++;
  }

  write(body: Uint8Array, slot = this.reserve()): number {
    if (body.length > LIMITS.rowBytes)
      throw new Error(`a blob of ${body.length} bytes does not fit a row`);
    this.#store.writeBlob(slot, body);
    return slot;
  }

  read(slot: number): Uint8Array {
    return this.#store.blob(slot);
  }

  /** Gives rows back. The caller must write a manifest without them before it awaits anything. */
  free(slots: readonly number[]): void {
    for (const slot of slots) {
      this.#free.push(slot);
      this.#directories.delete(slot);
    }
  }

  /** The blocks of page blobs with some keys, ascending; neighbours are read together. */
  *blocks(slots: readonly number[], keys: readonly number[]): Generator<Uint8Array> {
    for (const slot of slots) {
      const directory = this.#directory(slot);
      for (const [first, end] of runsOf(directory.keys, keys))
        yield* this.#read(slot, directory, first, end);
    }
  }

  /** All blocks of page blobs, a blob at a time. */
  *allBlocks(slots: readonly number[]): Generator<Uint8Array> {
    for (const slot of slots) {
      const directory = this.#directory(slot);
      yield* this.#read(slot, directory, 0, directory.keys.length);
    }
  }

  /** The keys of all blocks of page blobs. */
  keysIn(slots: readonly number[]): readonly number[] {
    return slots.flatMap((slot) => [...this.#directory(slot).keys]);
  }

  *#read(slot: number, { offsets }: Directory, first: number, end: number): Generator<Uint8Array> {
    const [from, to] = [offsets[first]!, offsets[end]!];
    const bytes = this.#store.blobPart(slot, from, to);
    if (bytes.length !== to - from) throw new CorruptBytes("a page ends within a block");
    for (let i = first; i < end; i++)
      yield bytes.subarray(offsets[i]! - from, offsets[i + 1]! - from);
  }

  #directory(slot: number): Directory {
    let directory = this.#directories.get(slot);
    if (directory === undefined) {
      directory = this.#readDirectory(slot);
      this.#directories.set(slot, directory);
      const [oldest] = this.#directories.keys();
      if (this.#directories.size > LIMITS.directories && oldest !== undefined)
        this.#directories.delete(oldest);
    }
    return directory;
  }

  #readDirectory(slot: number): Directory {
    const begin = this.#store.blobPart(slot, 0, BEGIN);
    try {
      return directoryOf(begin);
    } catch (error) {
      if (!(error instanceof CorruptBytes) || begin.length < BEGIN) throw error;
      return directoryOf(this.read(slot));
    }
  }
}

/** Runs [first, end) of an ascending list whose keys are asked for, which ascend as well. */
function* runsOf(
  keys: Float64Array,
  asked: readonly number[],
): Generator<[first: number, end: number]> {
  let end = 0;
  let first = -1;
  for (const key of asked) {
    const at = lowerBound(keys, key, end);
    if (keys[at] !== key) continue;
    if (first >= 0 && at > end) {
      yield [first, end];
      first = at;
    } else if (first < 0) first = at;
    end = at;
    while (keys[end] === key) end++;
  }
  if (first >= 0) yield [first, end];
}

/** The first place, from `from` on, of a key that is not less. */
function lowerBound(keys: Float64Array, key: number, from: number): number {
  let [low, high] = [from, keys.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
