// The shard's log and what it keeps in memory: journal → accumulators → pages. Synchronous, so that
// each method is one atomic transaction. It knows nothing of D1, RPC, sockets or the clock.

import type { Accumulator, SeriesMinutes } from "../core/series/accumulator.ts";
import { type Batch, encodeBatch, NO_POINTS, saying } from "../core/series/batch.ts";
import type { Statement } from "../core/series/description.ts";
import * as LIMITS from "../core/limits.ts";
import { HOUR } from "../core/tiers.ts";
import { admit, type Admitted, type Append, type Appended } from "./admit.ts";
import { Backlog } from "./backlog.ts";
import { Blobs } from "./blobs.ts";
import { Counters } from "./counters.ts";
import type { Described, Descriptions } from "./descriptions.ts";
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
  type Replacement,
  withLast,
  withoutNext,
  withPage,
  withReplaced,
} from "./sealed.ts";
import type { Store } from "./store.ts";
import { replay, take } from "./take.ts";

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
      if (entries.some(({ batch }) => batch.at.length > 0)) this.#waits(at);
      for (const { once, batch } of entries) replay(this.#memory, batch, once, at);
      this.counters.load(counters, at);
    }
    this.#watch = watch;
  }

  get dictionary(): Dictionary {
    return this.#memory.dictionary;
  }

  get descriptions(): Descriptions {
    return this.#memory.descriptions;
  }

  /** The open minutes: `Accumulator.row` must not be called on it. */
  get open(): Accumulator {
    return this.#memory.open;
  }

  /** Sealed pages that D1 may not hold, oldest first. */
  get sealed(): readonly PageEntry[] {
    return this.#state.sealed;
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
    return { watermark: this.#state.watermark, at: this.#state.flushedAt };
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

  get backlog(): Backlog {
    return new Backlog(this.#state, this.open.length, this.#journal.bytes);
  }

  /**
   * Stores the requests of one group commit, in memory and in the journal; or, when that would be too
   * long, in a checkpoint alone, which costs no row more than the one that it stands for.
   */
  append(group: readonly Append[], now: number): Appended[] {
    return this.#whole(() => {
      const { results, stored } = admit(group, this.dictionary, this.#memory.idempotency);
      if (stored.some(({ batch }) => batch.at.length > 0)) this.#waits(now);
      this.#write(this.#take(stored, now), now);
      return results;
    });
  }

  /** Takes what is set of a metric; false: the shard holds nothing of it. */
  describe(statement: Statement, now: number): boolean {
    return this.#whole(() => {
      if (this.dictionary.metric(statement.metric) === undefined) return false;
      if (!this.descriptions.take(statement, now)) return true;
      this.#write([{ once: undefined, batch: encodeBatch(saying(NO_POINTS, [statement])) }], now);
      return true;
    });
  }

  /** Of a request, by the digest of its key. */
  remembered(key: string): Remembered | undefined {
    return this.#memory.idempotency.find(key);
  }

  /** What is asked for that D1 may not hold; blocks may hold others besides. */
  head(asked: Asked): Head & { readonly series: ReadonlySet<number> } {
    return { ...headOf(this.#held, asked), openId: this.#state.openId };
  }

  /** All blocks of sealed pages, or those with some keys. They may hold removed series. */
  blocks(pages: readonly StoredPage[], keys?: readonly number[]): Iterable<Uint8Array> {
    const slots = pages.flatMap((page) => page.slots);
    return keys === undefined ? this.#blobs.allBlocks(slots) : this.#blobs.blocks(slots, keys);
  }

  /** The keys of all blocks of a page: see `Dictionary.keyOf`. */
  keysIn({ slots }: PageEntry): readonly number[] {
    return this.#blobs.keysIn(slots);
  }

  /** Writes a page that has no name yet: to be named or replaced by `replace`, or lost with this object. */
  write(rows: SeriesMinutes): StoredPage {
    return this.#whole(() => writePage(this.#blobs, rows, this.dictionary));
  }

  /** Puts pages in place of others that hold the same rows. */
  replace({ gone, unnamed, pages }: Replacement, now: number): void {
    return this.#whole(() => {
      this.#blobs.free([...gone, ...unnamed].flatMap(({ slots }) => slots));
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
   * those of series by their numbers, as D1 has them, and `described` is what it has got of metrics.
   */
  drop(
    watermark: number,
    now: number,
    ids: ReadonlyMap<number, number> = new Map(),
    described: readonly Described[] = [],
  ): void {
    return this.#whole(() => {
      // While points go on coming, the next journal row says it, or the next manifest, within the hour.
      // Who restarts before them asks D1, as after a flush that was cut off.
      const isSaidLater = this.#isSealed(watermark) && this.open.length > 0;
      if (watermark < this.#state.watermark) {
        this.dictionary.ids.fill(0);
        this.descriptions.doubt();
      }
      // Durable with the next checkpoint: who restarts before sends them again, which costs no row.
      this.descriptions.landed(described);
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
      this.descriptions.doubt();
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
      this.descriptions.remove(metric);
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
      this.descriptions.retain((metric) => dictionary.metric(metric) !== undefined);
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

  /** Makes durable what memory has taken. */
  #write(entries: readonly JournalEntry[], now: number): void {
    if (entries.length === 0 || this.#keepBounds(entries, now)) return;
    const { watermark } = this.#state;
    this.#journal.write(entries, { at: now, counters: this.counters.values(now), watermark });
  }

  /** Takes what is to be stored into memory; what the journal is to say of it. */
  #take(stored: readonly Admitted[], now: number): readonly JournalEntry[] {
    const inRows = lengthOf(this.#state.series);
    return take(this.#memory, this.#held, stored, now).map(({ entry, batch, numbers }) => {
      this.#watch(batch, numbers);
      return numbers.every((number) => number < inRows) ? { ...entry, numbers } : entry;
    });
  }

  /**
   * Seals or folds what has grown too large for memory, or would be for a quick wake-up with `coming` in
   * the journal. True: all that is in memory is durable without it.
   */
  #keepBounds(coming: readonly JournalEntry[], now: number): boolean {
    const bytes = coming.reduce((sum, { batch }) => sum + batch.length, this.#journal.bytes);
    const hour = Math.floor(now / HOUR) * HOUR;
    const { open } = this;
    if (open.length > LIMITS.openBuckets || open.countBefore(hour - HOUR) > LIMITS.openBackfill) {
      // Closed hours first: a page that ends with the hour spares the next hour a second segment.
      this.#seal(hour, now);
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
