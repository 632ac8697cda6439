// The shard's large immutable values, a row each: pages, dictionary, key sets. Hands out rows,
// reuses those that are free, and keeps what was read lately. The manifest says what is where.

import * as LIMITS from "../core/limits.ts";
import { blocksOf } from "../core/codec/page.ts";
import type { Store } from "./store.ts";

export class Blobs {
  readonly #store: Store;
  #next = 0;
  #free: number[] = [];
  /** Blocks of page blobs by key; the oldest entries go first. */
  readonly #cache = new Map<number, { bytes: number; blocks: Map<number, Uint8Array[]> }>();
  #cachedBytes = 0;

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
      this.#forget(slot);
    }
  }

  /** The blocks of page blobs with some keys. */
  blocks(slots: readonly number[], keys: readonly number[]): Uint8Array[] {
    return slots.flatMap((slot) => {
      const blocks = this.#blocksOf(slot);
      return keys.flatMap((key) => blocks.get(key) ?? []);
    });
  }

  /** All blocks of page blobs, a blob at a time. */
  *allBlocks(slots: readonly number[]): Generator<Uint8Array> {
    for (const slot of slots) for (const blocks of this.#blocksOf(slot).values()) yield* blocks;
  }

  #blocksOf(slot: number): Map<number, Uint8Array[]> {
    const cached = this.#cache.get(slot);
    if (cached !== undefined) return cached.blocks;
    const bytes = this.read(slot);
    const blocks = new Map<number, Uint8Array[]>();
    for (const { key, bytes: block } of blocksOf(bytes)) {
      const of = blocks.get(key);
      if (of === undefined) blocks.set(key, [block]);
      else of.push(block);
    }
    this.#cache.set(slot, { bytes: bytes.length, blocks });
    this.#cachedBytes += bytes.length;
    for (const oldest of this.#cache.keys()) {
      if (this.#cachedBytes <= LIMITS.blobCacheBytes || oldest === slot) break;
      this.#forget(oldest);
    }
    return blocks;
  }

  #forget(slot: number): void {
    this.#cachedBytes -= this.#cache.get(slot)?.bytes ?? 0;
    this.#cache.delete(slot);
  }
}
