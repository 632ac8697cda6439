// The shard's log and what it keeps in memory: journal → accumulators → pages. Synchronous, so that
// each method is one atomic transaction. It knows nothing of D1, RPC, sockets or the clock.

import type { Accumulator } from "../core/series/accumulator.ts";
import type { Batch } from "../core/series/batch.ts";
import * as LIMITS from "../core/limits.ts";
import { HOUR } from "../core/tiers.ts";
import { admit, type Admitted, type Append, type Appended } from "./admit.ts";
import { Blobs } from "./blobs.ts";
import { Counters } from "./counters.ts";
import type { Dictionary } from "./dictionary.ts";
import { type Asked, type Head, headOf, type Held } from "./head.ts";
import type { Remembered } from "./key-table.ts";
import type { JournalEntry } from "./journal.ts";
import { Journal } from "./journal-rows.ts";
import {
  emptyState,
  lengthOf,
  type LogState,
  type PageEntry,
  parseManifest,
  slotsOf,
  stateOf,
  type StoredPage,
} from "./manifest.ts";
import { emptyMemory, type Memory, recall, store as storeMemory, writeManifest } from "./memory.ts";
import { writePage } from "./pages.ts";
import {
  atDatabase,
  atWatermark,
  freeId,
  withLast,
  withoutNext,
  withPage,
  withReplaced,
} from "./sealed.ts";
import { sealedMinutes, withoutRepeats } from "./repeats.ts";
import type { Store } from "./store.ts";
import { addAll, addNew, numbersOf } from "./take.ts";

/** Called with each batch that was stored and the dictionary's numbers of its series. */
export type Watch = (batch: Batch, numbers: Uint32Array) => void;

export class Log {
  readonly #store: Store;
  readonly #blobs: Blobs;
  readonly #journal: Journal;
  /** Called when a method failed half-way: memory and rows may differ, the object must go. */
  readonly #broken: (error: unknown) => void;
  readonly #memory: Memory;
  #watch: Watch = () => {};
  #state: LogState;
  /** Rows of pages that D1 holds, but that the manifest still names: free with the next one. */
  #unnamed: number[] = [];
  readonly counters: Counters;

  /** Rebuilds memory from the rows: the manifest's pages, then the journal on top. */
  constructor(
    store: Store,
    now: number,
    database: string,
    samplesPerMinute: number,
    watch: Watch = () => {},
    broken: (error: unknown) => void = () => {},
  ) {
    this.#store = store;
    this.#broken = broken;
    this.counters = new Counters(() => store.rowsWritten, store.exists ? now : undefined);
    const stored = store.state();
    if (stored === undefined) {
      this.#blobs = new Blobs(store, new Set());
      this.#state = emptyState(now, database);
      this.#memory = emptyMemory(samplesPerMinute);
    } else {
      const manifest = parseManifest(stored.manifest);
      this.#blobs = new Blobs(store, new Set(slotsOf(manifest)));
      this.#state = stateOf(manifest);
      this.#memory = recall(this.#blobs, manifest, stored.seen, samplesPerMinute);
      this.counters.load(manifest.counters);
    }
    this.#journal = new Journal(store, this.#state.through);
    for (const { at, counters, watermark, entries } of this.#journal.replay(this.dictionary.keys)) {
      // A row that is older than the manifest names no page of it.
      if (this.#isSealed(watermark)) this.#dropTo(watermark, at);
      this.#waits(at);
      for (const { once, batch } of entries) this.#replay(batch, once, at);
      this.counters.load(counters);
    }
    this.#watch = watch;
  }

  get dictionary(): Dictionary {
    return this.#memory.dictionary;
  }

  /** The open minutes: `Accumulator.row` must not be called on it. */
  get open(): Accumulator {
    return this.#memory.open;
  }

  /** Sealed pages that D1 may not hold, oldest first. */
  get sealed(): readonly PageEntry[] {
    return this.#state.sealed;
  }

  get sealedBytes(): number {
    return this.sealed.reduce((sum, page) => sum + page.bytes, 0);
  }

  /** Minutes that start here or later (Unix ms) are in no sealed page and not in D1. */
  get sealedTo(): number {
    return this.#state.sealedTo;
  }

  /** Minutes before this (Unix ms) were sealed by the last regular flush. */
  get cut(): number {
    return this.#state.cut;
  }

  /** The database that this shard writes to, and those that it wrote to before. */
  get databases(): Pick<LogState, "database" | "settled"> {
    const { database, settled } = this.#state;
    return { database, settled };
  }

  /** The last page that D1 is known to hold, and when it was flushed. */
  get flushed(): { watermark: number; at: number | null } {
    const { watermark, flushedAt: at } = this.#state;
    return { watermark, at };
  }

  /** The watermark that a write without pages sets. */
  get freeId(): number | undefined {
    return freeId(this.#state);
  }

  /** Such a watermark where nothing is sealed: above the page that would have come next, which never will. */
  skipPage(now: number): number {
    return this.#whole(() => {
      const { openId } = this.#state;
      this.#state = withoutNext(this.#state, now);
      this.#writeManifest(now);
      return openId + 1;
    });
  }

  /** Since when the oldest point that D1 may not hold has waited, Unix ms; null without any. */
  get since(): number | null {
    const since = Math.min(
      this.#state.openSince ?? Infinity,
      ...this.sealed.map((page) => page.since),
    );
    return since === Infinity ? null : since;
  }

  get unflushedBuckets(): number {
    return this.open.length + this.sealed.reduce((sum, page) => sum + page.buckets, 0);
  }

  /** Minutes of sealed pages that end before `at`, Unix ms. */
  sealedBefore(at: number): number {
    return this.sealed.reduce((sum, page) => sum + (page.to < at ? page.buckets : 0), 0);
  }

  /** Durable bytes that D1 does not hold. */
  get backlogBytes(): number {
    return this.#journal.bytes + this.#state.open.bytes + this.sealedBytes;
  }

  /**
   * Stores the requests of one group commit, in memory and in the journal; or, when that would be too
   * long, in a checkpoint alone, which costs no row more than the one that it stands for.
   */
  append(group: readonly Append[], now: number): Appended[] {
    return this.#whole(() => {
      const { results, stored } = admit(group, this.dictionary, this.#memory.idempotency);
      if (stored.length === 0) return results;
      this.#waits(now);
      const entries = stored.map((one) => this.#take(one, now));
      if (!this.#keepBounds(entries, now)) {
        const { watermark } = this.#state;
        this.#journal.write(entries, { at: now, counters: this.counters.values(now), watermark });
      }
      return results;
    });
  }

  /** What is remembered of a request by the digest of its key. */
  remembered(key: string): Remembered | undefined {
    return this.#memory.idempotency.find(key);
  }

  /** What is asked for that D1 may not hold; blocks may hold others besides. */
  head(asked: Asked): Head & { readonly series: ReadonlySet<number> } {
    const head = headOf(this.#held, asked);
    return { ...head, openId: this.#state.openId };
  }

  /** All blocks of sealed pages, or those with some keys. They may hold removed series. */
  blocks(pages: readonly PageEntry[], keys?: readonly number[]): Iterable<Uint8Array> {
    const slots = pages.flatMap((page) => page.slots);
    return keys === undefined ? this.#blobs.allBlocks(slots) : this.#blobs.blocks(slots, keys);
  }

  /** Writes a page that has no name yet: to be named by `replace`, or else lost with this object. */
  write(rows: Accumulator): StoredPage {
    return this.#whole(() => writePage(this.#blobs, rows, this.dictionary));
  }

  /** Puts pages in place of others that hold the same rows: see `withReplaced`. */
  replace(gone: readonly PageEntry[], pages: readonly StoredPage[], now: number): void {
    return this.#whole(() => {
      this.#blobs.free(gone.flatMap(({ slots }) => slots));
      this.#state = withReplaced(this.#state, gone, pages, now);
      this.#writeManifest(now);
    });
  }

  /** Makes open minutes that start before `cut` (Unix ms) a page, and folds the journal. */
  seal(cut: number, now: number): void {
    return this.#whole(() => this.#seal(cut, now));
  }

  /** Notes that a regular flush has sealed everything before `cut`; durable with the next write. */
  setCut(cut: number): void {
    this.#state = { ...this.#state, cut };
  }

  /**
   * Takes D1's watermark as it is, and drops the pages that D1 holds: see `atWatermark`. `ids` are
   * those of series by their numbers, as D1 has them.
   */
  drop(watermark: number, now: number, ids: ReadonlyMap<number, number> = new Map()): void {
    return this.#whole(() => {
      // While points go on coming, the next journal row says it, or the next manifest, within the hour.
      // Who restarts before them asks D1, as after a flush that was cut off.
      const isSaidLater = this.#isSealed(watermark) && this.open.length > 0;
      if (watermark < this.#state.watermark) this.dictionary.ids.fill(0);
      this.#dropTo(watermark, now);
      const isNew = this.dictionary.learn(ids);
      if (!isSaidLater || isNew) this.#writeManifest(now);
    });
  }

  /**
   * D1 has some new series of sealed pages, written with a watermark without pages. It is not durable
   * until `replace`, or the next manifest: who restarts before asks D1, since pages are sealed.
   */
  know(watermark: number, now: number, ids: ReadonlyMap<number, number>): void {
    return this.#whole(() => {
      this.#dropTo(watermark, now);
      this.dictionary.learn(ids);
    });
  }

  /** Writes to another database from now on, of which `watermark` was read. Nothing may be sealed. */
  moveTo(database: string, watermark: number, now: number): void {
    return this.#whole(() => {
      this.#state = atDatabase(this.#state, database, watermark, now);
      this.dictionary.ids.fill(0);
      this.#writeManifest(now);
    });
  }

  /** Puts a page behind all others, so that they can be flushed without it. */
  postpone(page: PageEntry, now: number): void {
    return this.#whole(() => {
      this.#state = withLast(this.#state, page, now);
      this.#writeManifest(now);
    });
  }

  /** Removes a metric: from now on, what is open of it, and what sealed pages hold of it, is void. */
  remove(metric: string, now: number): void {
    return this.#whole(() => {
      const gone = new Set(this.dictionary.metric(metric)?.series);
      if (gone.size === 0) return;
      const open = this.open.without((series) => gone.has(series));
      this.#memory.open = open;
      this.dictionary.remove(metric);
      if (open.length === 0) this.#state = { ...this.#state, openSince: null };
      this.#checkpoint(now);
    });
  }

  /** Forgets series, all of whose minutes D1 holds; those with open minutes stay. */
  forget(series: ReadonlySet<number>, now: number): void {
    return this.#whole(() => {
      if (this.sealed.length > 0) throw new Error("sealed pages still name the series");
      const open = this.open.numbers;
      const gone = (number: number): boolean => series.has(number) && !open.has(number);
      const { dictionary, renumber } = this.dictionary.compact((number) => !gone(number));
      this.#memory.open = this.open.renumbered((number) => renumber[number]!);
      this.#memory.dictionary = dictionary;
      this.#blobs.free(this.#state.series.map(({ slot }) => slot));
      this.#state = { ...this.#state, series: [] };
      this.#checkpoint(now);
    });
  }

  get #held(): Held {
    const { dictionary, open, sealed } = this;
    const blocksOf = (page: PageEntry, keys: readonly number[]): Iterable<Uint8Array> =>
      this.#blobs.blocks(page.slots, keys);
    return { dictionary, open, sealed, blocksOf };
  }

  /** Runs what changes memory and rows together. */
  #whole<T>(change: () => T): T {
    try {
      return change();
    } catch (error) {
      this.#broken(error);
      throw error;
    }
  }

  /** Whether a page with that number waits for D1. */
  #isSealed(page: number): boolean {
    return this.sealed.some(({ id }) => id === page);
  }

  #dropTo(watermark: number, now: number): void {
    const { state, covered } = atWatermark(this.#state, watermark, now);
    this.#state = state;
    this.#unnamed.push(...covered.flatMap((page) => page.slots));
  }

  /** A point that arrives at `at` waits for D1. A later clock that is behind is believed. */
  #waits(at: number): void {
    const { openSince } = this.#state;
    if (openSince === null || at < openSince) this.#state = { ...this.#state, openSince: at };
  }

  /** Takes into memory what the journal says. */
  #replay(batch: Batch, once: JournalEntry["once"], now: number): void {
    const numbers = numbersOf(this.#memory, batch, once, now);
    addAll(this.#memory, batch, numbers, now);
  }

  /** Takes what is to be stored into memory; returns what the journal is to say of it. */
  #take({ batch, entry, repeats }: Admitted, now: number): JournalEntry {
    const numbers = numbersOf(this.#memory, batch, entry.once, now);
    let kept = entry;
    if (repeats) {
      const sealed = sealedMinutes(batch, numbers, this.#held);
      kept = withoutRepeats(entry, batch, addNew(this.#memory, sealed, batch, numbers, now));
    } else addAll(this.#memory, batch, numbers, now);
    this.#watch(batch, numbers);
    const inRows = lengthOf(this.#state.series);
    return numbers.every((number) => number < inRows) ? { ...kept, numbers } : kept;
  }

  /**
   * Seals or folds what has grown too large for memory, or would be for a quick wake-up with `coming` in
   * the journal. True: all that is in memory is durable without it.
   */
  #keepBounds(coming: readonly JournalEntry[], now: number): boolean {
    const bytes = coming.reduce((sum, { batch }) => sum + batch.length, this.#journal.bytes);
    if (this.open.length > LIMITS.openBuckets) {
      // Closed hours first: a page that ends with the hour spares the next hour a second segment.
      this.#seal(Math.floor(now / HOUR) * HOUR, now);
      if (this.open.length > LIMITS.openBuckets / 2) this.#seal(Infinity, now);
    } else if (
      bytes > LIMITS.journalBytes ||
      this.#journal.rows + 1 >= LIMITS.journalRows ||
      this.#memory.idempotency.open.size >= LIMITS.openKeys
    )
      this.#checkpoint(now);
    else return false;
    return true;
  }

  #seal(cut: number, now: number): void {
    const { before, rest } = this.open.split(cut);
    if (before.length > 0) {
      const page = writePage(this.#blobs, before, this.dictionary);
      this.#memory.open = rest;
      this.#state = withPage(this.#state, page, rest.firstStart, now);
    }
    this.#checkpoint(now);
  }

  /** Makes memory durable without the journal, whose rows are free from then on. */
  #checkpoint(now: number): void {
    const stored = storeMemory(this.#blobs, this.#memory, this.#state);
    this.#state = { ...this.#state, ...stored, through: this.#journal.fold() };
    this.#writeManifest(now);
  }

  #writeManifest(now: number): void {
    writeManifest(this.#store, this.#state, this.#memory, this.counters.values(now));
    this.#blobs.free(this.#unnamed);
    this.#unnamed = [];
  }
}
