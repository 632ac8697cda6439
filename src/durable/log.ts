// The shard's log and what it keeps in memory: journal → accumulators → pages. Synchronous, so that
// each method is one atomic transaction. It knows nothing of D1, RPC, sockets or the clock.

import { Accumulator } from "../core/series/accumulator.ts";
import { type Batch, decodeBatch } from "../core/series/batch.ts";
import * as LIMITS from "../core/limits.ts";
import { HOUR, MINUTE } from "../core/tiers.ts";
import { admit, type Append, type Appended } from "./admit.ts";
import { Blobs } from "./blobs.ts";
import { Counters } from "./counters.ts";
import { decodeSeries, Dictionary, encodeSeries } from "./dictionary.ts";
import { decodeJournal, encodeJournal, type JournalEntry, journalOverhead } from "./journal.ts";
import { decodeKeys, encodeKeys, Idempotency } from "./idempotency.ts";
import {
  decodeSeen,
  encodeSeen,
  type Manifest,
  type PageEntry,
  parseManifest,
  slotsOf,
} from "./manifest.ts";
import { readPage, writePage } from "./pages.ts";
import type { Store } from "./store.ts";
import { type Head, headOfOpen, headOfPages } from "./head.ts";

/** Called with each batch that was stored and the dictionary's numbers of its series. */
export type Watch = (batch: Batch, numbers: Uint32Array) => void;

export class Log {
  readonly #store: Store;
  readonly #blobs: Blobs;
  #watch: Watch;
  /** Called when a method failed half-way: memory and rows may differ, the object must go. */
  readonly #broken: (error: unknown) => void;
  /** Buckets of no sealed page. */
  #open = new Accumulator();
  /** The open buckets as the last checkpoint stored them. */
  #openSlots: readonly number[] = [];
  #openBytes = 0;
  #openId: number;
  #dictionary = new Dictionary();
  #seriesRows: Manifest["series"] = [];
  readonly #keys = new Idempotency();
  #sealed: readonly PageEntry[] = [];
  #sealedTo = 0;
  #seq = 0;
  #through = 0;
  #journalBytes = 0;
  #watermark = 0;
  #bookmark: string | null = null;
  #cut = 0;
  #flushedAt: number | null = null;
  #since: number | null = null;
  #sealedAt = 0;
  readonly counters: Counters;

  /** Rebuilds memory from the rows: the manifest's pages, then the journal on top. */
  constructor(
    store: Store,
    now: number,
    watch: Watch = () => {},
    broken: (error: unknown) => void = () => {},
  ) {
    this.#store = store;
    this.#broken = broken;
    this.counters = new Counters(() => store.rowsWritten);
    this.#watch = () => {};
    // Ids follow the clock, so that a shard that lost its storage does not use one twice.
    this.#openId = now;
    const state = store.state();
    const manifest = state && parseManifest(state.manifest);
    this.#blobs = new Blobs(store, new Set(manifest && slotsOf(manifest)));
    if (state !== undefined && manifest !== undefined) this.#load(manifest, state.seen);
    for (const { seq, body } of store.journalAfter(this.#through)) {
      this.#seq = seq;
      this.#journalBytes += body.length;
      const { at, entries } = decodeJournal(body);
      this.#since ??= at;
      for (const { key, accepted, batch } of entries) {
        this.#accumulate(decodeBatch(batch));
        if (key !== "") this.#keys.remember(key, accepted, at);
      }
    }
    this.#watch = watch;
  }

  get dictionary(): Dictionary {
    return this.#dictionary;
  }

  /** Sealed pages that D1 may not hold, oldest first. */
  get sealed(): readonly PageEntry[] {
    return this.#sealed;
  }

  get sealedBytes(): number {
    return this.#sealed.reduce((sum, page) => sum + page.bytes, 0);
  }

  /** Buckets that start here or later (Unix ms) are in no sealed page and not in D1. */
  get sealedTo(): number {
    return this.#sealedTo;
  }

  /** Buckets before this (Unix ms) were sealed by the last regular flush. */
  get cut(): number {
    return this.#cut;
  }

  /** The last page that D1 is known to hold, and when it was flushed. */
  get flushed(): { watermark: number; bookmark: string | null; at: number | null } {
    return { watermark: this.#watermark, bookmark: this.#bookmark, at: this.#flushedAt };
  }

  /** Arrival of the oldest point that D1 may not hold, Unix ms; null when it holds all. */
  get since(): number | null {
    return this.#since;
  }

  get unflushedBuckets(): number {
    return this.#open.length + this.#sealed.reduce((sum, page) => sum + page.buckets, 0);
  }

  /** Durable bytes that D1 does not hold. */
  get backlogBytes(): number {
    return this.#journalBytes + this.#openBytes + this.sealedBytes;
  }

  /** Numbers of the series that have open buckets. */
  get openSeries(): Set<number> {
    return new Set(this.#open.series.subarray(0, this.#open.length));
  }

  /**
   * Stores the requests of one group commit: journal first, then memory.
   */
  append(group: readonly Append[], now: number): Appended[] {
    return this.#whole(() => {
      const { results, stored } = admit(group, this.#dictionary, this.#keys);
      if (stored.length === 0) return results;
      this.#since ??= now;
      this.#writeJournal(
        stored.map(({ entry }) => entry),
        now,
      );
      for (const { batch, entry } of stored) {
        this.#accumulate(batch);
        if (entry.key !== "") this.#keys.remember(entry.key, entry.accepted, now);
      }
      this.#keepBounds(now);
      return results;
    });
  }

  /** The buckets of metrics in [from, to) that D1 may not hold; blocks may hold others besides. */
  head(metrics: readonly string[], from: number, to: number): Head {
    const numbers = metrics.flatMap((metric) => this.#dictionary.metricNumber(metric) ?? []);
    const pages = this.#sealed.filter((page) => page.from < to && page.to >= from);
    const openId = this.#openId;
    if (numbers.length === 0) return { sealed: [], open: [], openId, cut: false };
    const sealed = headOfPages(pages, (page) => this.#blobs.blocks(page.slots, numbers));
    if (sealed === undefined) return { sealed: [], open: [], openId, cut: true };
    const { metricOf } = this.#dictionary;
    const asked = new Set(numbers);
    const open = headOfOpen(this.#open, (series) => asked.has(metricOf[series]!), from, to);
    return { sealed, open, openId, cut: false };
  }

  /** The open buckets: `Accumulator.row` must not be called on it. */
  get open(): Accumulator {
    return this.#open;
  }

  /** The blocks of a metric (by number) in sealed pages. */
  blocks(pages: readonly PageEntry[], metric: number): Uint8Array[] {
    return pages.flatMap((page) => this.#blobs.blocks(page.slots, [metric]));
  }

  /** Numbers of the metrics that sealed pages hold. */
  metrics(pages: readonly PageEntry[]): Set<number> {
    return this.#blobs.metrics(pages.flatMap((page) => page.slots));
  }

  /** Whether there are open buckets that start before `cut`, Unix ms. */
  openBefore(cut: number): boolean {
    const { start } = this.#open.buckets;
    for (let i = 0; i < this.#open.length; i++) if (start[i]! < cut) return true;
    return false;
  }

  /** Makes open buckets that start before `cut` (Unix ms) a page, and folds the journal. */
  seal(cut: number, now: number): void {
    return this.#whole(() => this.#seal(cut, now));
  }

  #seal(cut: number, now: number): void {
    const { before, rest } = this.#open.split(cut);
    if (before.length > 0) {
      const page = writePage(this.#blobs, before, this.#dictionary, this.#openId);
      this.#sealed = [...this.#sealed, page];
      this.#sealedTo = Math.max(this.#sealedTo, page.to + MINUTE);
      this.#openId = Math.max(this.#openId + 1, now);
      this.#open = rest;
      this.#sealedAt = now;
    }
    this.#checkpoint(now);
  }

  /** Notes that a regular flush has sealed everything before `cut`; durable with the next write. */
  setCut(cut: number): void {
    this.#cut = cut;
  }

  /** A page id for a flush without pages; durable, since D1 will hold it as the watermark. */
  reserveId(now: number): number {
    return this.#whole(() => {
      const id = this.#openId;
      this.#openId = Math.max(id + 1, now);
      this.#writeState(now);
      return id;
    });
  }

  /** Drops the pages that D1 holds, now that its watermark is known. */
  drop(watermark: number, bookmark: string | null, now: number): void {
    return this.#whole(() => {
      const covered = this.#sealed.filter((page) => page.id <= watermark);
      this.#sealed = this.#sealed.filter((page) => page.id > watermark);
      this.#blobs.free(covered.flatMap((page) => page.slots));
      this.#watermark = watermark;
      this.#openId = Math.max(this.#openId, watermark + 1);
      this.#bookmark = bookmark ?? this.#bookmark;
      if (covered.length > 0) this.#flushedAt = now;
      if (this.#sealed.length === 0) this.#since = this.#open.length > 0 ? this.#sealedAt : null;
      this.#writeState(now);
    });
  }

  /** Forgets series, all of whose buckets D1 holds; those with open buckets stay. */
  forget(series: ReadonlySet<number>, now: number): void {
    return this.#whole(() => {
      if (this.#sealed.length > 0) throw new Error("sealed pages still name the series");
      const open = this.openSeries;
      const gone = (number: number): boolean => series.has(number) && !open.has(number);
      const { dictionary, renumber } = this.#dictionary.compact((number) => !gone(number));
      const renumbered = new Accumulator();
      renumbered.merge(this.#open, (number) => renumber[number]!);
      this.#open = renumbered;
      this.#dictionary = dictionary;
      this.#blobs.free(this.#seriesRows.map(({ slot }) => slot));
      this.#seriesRows = [];
      this.#checkpoint(now);
    });
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

  #load(manifest: Manifest, seen: Uint8Array): void {
    this.#through = manifest.through;
    this.#seq = manifest.through;
    this.#openId = manifest.openId;
    this.#sealed = manifest.sealed;
    this.#sealedTo = manifest.sealedTo;
    this.#watermark = manifest.watermark;
    this.#bookmark = manifest.bookmark;
    this.#cut = manifest.cut;
    this.#flushedAt = manifest.flushedAt;
    this.#since = manifest.since;
    this.#sealedAt = manifest.since ?? 0;
    this.counters.load(manifest.counters);
    this.#seriesRows = manifest.series;
    for (const { slot } of manifest.series)
      for (const key of decodeSeries(this.#blobs.read(slot))) this.#dictionary.add(key);
    decodeSeen(seen, this.#dictionary);
    for (const { slot, from, to } of manifest.keys)
      this.#keys.closed.push({ slot, from, to, keys: decodeKeys(this.#blobs.read(slot)) });
    this.#openSlots = manifest.open;
    for (const slot of manifest.open) {
      const blob = this.#blobs.read(slot);
      this.#openBytes += blob.length;
      for (const buckets of readPage(blob)) this.#open.merge(buckets);
    }
  }

  #accumulate(batch: Batch): void {
    const numbers = Uint32Array.from(
      batch.series,
      (key) => this.#dictionary.find(key) ?? this.#dictionary.add(key),
    );
    const { index, at, value } = batch;
    for (let i = 0; i < at.length; i++) {
      const series = numbers[index[i]!]!;
      this.#open.add(series, at[i]!, value[i]!);
      this.#dictionary.see(series, at[i]!, value[i]!);
    }
    this.#watch(batch, numbers);
  }

  #writeJournal(entries: readonly JournalEntry[], now: number): void {
    for (let i = 0; i < entries.length;) {
      let end = i;
      let size = 0;
      while (end < entries.length) {
        size += entries[end]!.batch.length;
        if (end > i && size + journalOverhead(end + 1 - i) > LIMITS.rowBytes) break;
        end++;
      }
      const body = encodeJournal(now, entries.slice(i, end));
      const seq = this.#seq + 1;
      this.#store.writeJournal(seq - this.#through - 1, { seq, body });
      this.#seq = seq;
      this.#journalBytes += body.length;
      i = end;
    }
  }

  /** Seals or folds what has grown too large for memory or for a quick wake-up. */
  #keepBounds(now: number): void {
    if (this.#open.length > LIMITS.openBuckets) {
      // Closed hours first: a page that ends with the hour spares the next hour a second segment.
      this.#seal(Math.floor(now / HOUR) * HOUR, now);
      if (this.#open.length > LIMITS.openBuckets / 2) this.#seal(Infinity, now);
    } else if (
      this.#journalBytes > LIMITS.journalBytes ||
      this.#seq - this.#through >= LIMITS.journalRows ||
      this.#keys.open.size >= LIMITS.openKeys
    )
      this.#checkpoint(now);
  }

  /** Makes memory durable without the journal, whose rows are free from then on. */
  #checkpoint(now: number): void {
    this.#blobs.free(this.#openSlots);
    this.#openSlots = [];
    this.#openBytes = 0;
    if (this.#open.length > 0) {
      const page = writePage(this.#blobs, this.#open, this.#dictionary, this.#openId);
      this.#openSlots = page.slots;
      this.#openBytes = page.bytes;
    }
    this.#writeSeries();
    const generation = this.#keys.close(() => this.#blobs.reserve());
    if (generation !== undefined) this.#blobs.write(encodeKeys(generation.keys), generation.slot);
    this.#blobs.free(this.#keys.expire(now));
    this.#through = this.#seq;
    this.#journalBytes = 0;
    this.#writeState(now);
  }

  /** Stores the series that no row holds yet; rewrites all when they lie in many rows. */
  #writeSeries(): void {
    if (this.#seriesRows.length > 32) {
      this.#blobs.free(this.#seriesRows.map(({ slot }) => slot));
      this.#seriesRows = [];
    }
    const rows = [...this.#seriesRows];
    const unstored = this.#dictionary.keys.slice(this.#storedSeries);
    for (const { body, count } of encodeSeries(unstored))
      rows.push({ slot: this.#blobs.write(body), count });
    this.#seriesRows = rows;
  }

  /** So many leading series of the dictionary have a row. */
  get #storedSeries(): number {
    return this.#seriesRows.reduce((sum, { count }) => sum + count, 0);
  }

  #writeState(now: number): void {
    const manifest: Manifest = {
      version: 1,
      through: this.#through,
      openId: this.#openId,
      open: this.#openSlots,
      sealed: this.#sealed,
      sealedTo: this.#sealedTo,
      watermark: this.#watermark,
      bookmark: this.#bookmark,
      cut: this.#cut,
      flushedAt: this.#flushedAt,
      since: this.#since,
      series: this.#seriesRows,
      keys: this.#keys.closed.map(({ slot, from, to }) => ({ slot, from, to })),
      counters: this.counters.values(now),
    };
    this.#store.writeState(
      JSON.stringify(manifest),
      encodeSeen(this.#dictionary, this.#storedSeries),
    );
  }
}
