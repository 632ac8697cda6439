// Runs the flushes of a shard, one after the other, until D1 holds what it should: tries again,
// reconciles when in doubt, and lets series go that D1 now knows. The protocol is in protocol.ts.

import { CorruptBytes } from "../../core/codec/bytes.ts";
import { afterStatement, NOTHING_SAID, type Statement } from "../../core/series/description.ts";
import { D1Failed, type RowCount } from "../../d1/database.ts";
import type { Log } from "../log.ts";
import type { PageEntry } from "../manifest.ts";
import { report } from "../report.ts";
import { layOut, pagesToLayOut, rowsOf } from "./layout.ts";
import {
  flushPages,
  type FlushResult,
  type FlushTarget,
  inOrder,
  pagesToFlush,
  removeFrom,
  removeOnce,
  setAtOf,
  unreadable,
  watermarkOf,
} from "./protocol.ts";
import { Turns } from "./turns.ts";

/** Series that one batch of D1 takes without pages: bounds the time in which it does nothing else. */
const SERIES_A_BATCH = 512;
/** Of a flush that has only pages. */
const NOTHING_ELSE = { retire: new Set<number>(), series: [], described: [] };
/** Attempts of one flush: the second one finds out whether the first did land after all. */
const ATTEMPTS = 2;

/**
 * What became of what was set. `changed`: something else was, since its sender has read; `full`: that would
 * be over a limit; `unavailable`: D1 did not answer.
 */
export type Describing = "described" | "changed" | "full" | "unavailable";

export class Flusher {
  readonly #log: Log;
  readonly #target: () => FlushTarget;
  #running: Promise<unknown> = Promise.resolve();
  /** D1 may hold more than the watermark says that this shard believes. */
  #doubt: boolean;
  #error: string | undefined;
  /** Pages that one attempt may take: halved when D1 does not take them, doubled when it does. */
  #most = Infinity;
  /** Pages of an attempt that failed, until it is known whether D1 was there at all. */
  #refused = 0;

  /**
   * Pages that cannot be read (corrupt, or of a version that only newer code knows) by their first
   * slot, and what is said of them. They stay as they are, and all else is flushed; an object that
   * starts anew, perhaps with newer code, tries them again.
   */
  readonly #unreadable = new Map<number, string>();

  /** `doubt`: whether a flush may have been under way when this object was last dropped. */
  constructor(log: Log, doubt: boolean, target: () => FlushTarget) {
    this.#log = log;
    this.#doubt = doubt;
    this.#target = target;
  }

  /** Why the last flush failed, or passed a page over; undefined when it did neither. */
  get error(): string | undefined {
    return this.#error ?? this.#unreadable.values().next().value;
  }

  /** Whether a flush did not end well, or was cut off when this object was last dropped. */
  get failed(): boolean {
    return this.#error !== undefined || (this.#doubt && this.#log.sealed.length > 0);
  }

  /** Whether a flush that was given up may still land, for all that this shard knows. */
  get isInDoubt(): boolean {
    return this.#doubt || this.#error !== undefined;
  }

  /** Runs `work` when nothing else flushes; appends go on meanwhile. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#running.then(work);
    this.#running = result.catch((error: unknown) => {
      this.#error = textOf(error);
    });
    return result;
  }

  /** The shard's watermark in another database; undefined when that does not answer, which is noted. */
  async watermarkIn(target: FlushTarget): Promise<number | undefined> {
    try {
      return await watermarkOf(target);
    } catch (error) {
      this.#error = textOf(error);
      return undefined;
    }
  }

  /**
   * Seals what is before `cut` and moves it to D1, with what D1 must know of the series `retire`,
   * which the caller may forget if `done` and no page is left. Not done: D1 may not hold all of it.
   * A page that cannot be read is passed over, and counts as done unless `cut` says that all must go.
   */
  async flush(cut: number, retire: ReadonlySet<number>): Promise<boolean> {
    // While D1 takes nothing, more pages would only make the manifest longer: then what is sealed goes
    // first. Sealed once, since points that arrive meanwhile belong to the next flush.
    const sealsFirst = this.#error === undefined;
    let sealed = false;
    for (let failures = 0; failures < ATTEMPTS;) {
      if (this.#doubt && !(await this.#reconcile())) return false;
      if (!sealed && (sealsFirst || this.#passedOver().length === 0)) {
        sealed = true;
        this.#seal(cut);
      }
      const readable = this.#passedOver();
      const thin = pagesToLayOut(readable, cut);
      if (thin.length > 0) {
        if (!(await this.#layOut(thin))) failures++;
        continue;
      }
      const pages = pagesToFlush(readable, cut, this.#most);
      const last = sealed && pages.length === readable.length;
      // Only the flush that leaves no page behind may let series go: pages name them by number.
      const leaving = last && pages.length === this.#log.sealed.length ? retire : new Set<number>();
      const describes = cut === Infinity && this.#log.descriptions.isPending;
      if (pages.length === 0 && leaving.size === 0 && !describes) return this.#succeeded(cut);
      const part = pages.at(-1)?.id ?? (await this.#freeId());
      if (part === undefined) return false;
      let result: FlushResult;
      try {
        const described = this.#log.descriptions.pending();
        const flush = { pages, part, retire: leaving, series: [], described };
        result = await flushPages(this.#log, this.#target(), flush);
      } catch (error) {
        if (!(error instanceof CorruptBytes) || !this.#findUnreadable(pages)) throw error;
        continue;
      }
      if (!this.#take(result)) {
        this.#refused = pages.length;
        failures++;
        continue;
      }
      this.#most *= 2;
      if (last) return this.#succeeded(cut);
    }
    return false;
  }

  /**
   * Lays pages out anew; false when D1 did not answer as it should. First D1 gets their new series,
   * and with them a watermark that no flush of before believes: none can land any more.
   */
  async #layOut(pages: readonly PageEntry[]): Promise<boolean> {
    try {
      const turns = new Turns(this.#target().pause);
      const { dictionary } = this.#log;
      const rows = await rowsOf(this.#log, pages, turns);
      const inPages = [...rows.keys()].filter((series) => rows[series]! > 0);
      for (const series of partsOf(inOrder(dictionary, inPages), dictionary.ids)) {
        const part = await this.#freeId();
        if (part === undefined) return false;
        const some = { pages: [], part, retire: new Set<number>(), series, described: [] };
        const result = await flushPages(this.#log, this.#target(), some);
        if (!this.#isDone(result)) return false;
        this.#log.know(result.watermark, Date.now(), result.ids);
      }
      // They may have other numbers now.
      const slots = new Set(pages.map((page) => page.slots[0]));
      const same = this.#log.sealed.filter((page) => slots.has(page.slots[0]));
      await layOut(this.#log, same, rows, turns);
      return true;
    } catch (error) {
      if (!(error instanceof CorruptBytes) || !this.#findUnreadable(pages)) throw error;
      return true;
    }
  }

  /** Takes over what an attempt came to; false when it is in doubt. */
  #take(result: FlushResult): boolean {
    if (!this.#isDone(result)) return false;
    this.#log.drop(result.watermark, Date.now(), result.ids, result.described);
    return true;
  }

  #isDone(result: FlushResult): result is Extract<FlushResult, { kind: "done" }> {
    this.#count(result.rows);
    if (result.kind === "done") return true;
    this.#inDoubt(result.reason);
    return false;
  }

  /**
   * Removes a metric from D1, which flushes nothing: from `others`, to which this shard does not write,
   * and last from its own database, so that it is there until it is gone everywhere. False: nothing
   * is certain.
   */
  async remove(metric: string, others: readonly D1Database[]): Promise<boolean> {
    const { timeoutMs } = this.#target();
    const elsewhere = await removeFrom(others, metric, timeoutMs);
    // Of these no watermark tells; also what failed may have landed, or had when it was tried before.
    if (others.length > 0) await this.#target().outlive();
    if (elsewhere === undefined) return false;
    this.#count(elsewhere);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (this.#doubt && !(await this.#reconcile())) return false;
      const part = await this.#freeId();
      if (part === undefined) continue;
      const { watermark } = this.#log.flushed;
      if (this.#take(await removeOnce(this.#target(), metric, watermark, part))) return true;
    }
    return false;
  }

  /**
   * Takes what is set of a metric, of which `since` (Unix ms) was the last time that its sender knows of: to
   * D1 at once, where this shard holds nothing of it.
   */
  async describe(statement: Statement, since: number): Promise<Describing> {
    const known = this.#log.descriptions.get(statement.metric);
    if (known !== undefined && known.setAt > since) return "changed";
    if (this.#log.descriptions.fitting(statement) !== statement) return "full";
    if (this.#log.describe(statement, Date.now())) return "described";
    return await this.exclusively(() => this.#describeInD1(statement, since));
  }

  /** All that is set of the metric is set here, one after the other: so what is read stays until it is written. */
  async #describeInD1(statement: Statement, since: number): Promise<Describing> {
    const { metric } = statement;
    try {
      if ((await setAtOf(this.#target(), metric)) > since) return "changed";
    } catch (error) {
      if (!(error instanceof D1Failed)) throw error;
      return "unavailable";
    }
    const description = afterStatement(NOTHING_SAID, statement, Date.now());
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (this.#doubt && !(await this.#reconcile())) return "unavailable";
      const part = await this.#freeId();
      if (part === undefined) continue;
      const described = [[metric, description] as const];
      const flush = { pages: [], part, ...NOTHING_ELSE, described };
      const landed = this.#take(await flushPages(this.#log, this.#target(), flush));
      if (landed) return "described";
    }
    // Nothing is certain.
    return "unavailable";
  }

  /** The watermark of a write without pages. Where none is left, a page goes to D1 before; undefined: it did not. */
  async #freeId(): Promise<number | undefined> {
    if (this.#log.freeId !== undefined) return this.#log.freeId;
    if (this.#log.sealed.length === 0) return this.#log.skipPage(Date.now());
    const [page] = this.#passedOver();
    if (page !== undefined) {
      const flush = { pages: [page], part: page.id, ...NOTHING_ELSE };
      this.#take(await flushPages(this.#log, this.#target(), flush));
    }
    return this.#log.freeId;
  }

  #count({ read, written }: RowCount): void {
    this.#log.counters.add(Date.now(), { d1RowsWritten: written, d1RowsRead: read });
  }

  /** What D1 holds is no longer certain: its watermark is to be read, and ids with it. */
  #inDoubt(reason: string): void {
    this.#doubt = true;
    this.#error = reason;
    this.#log.dictionary.ids.fill(0);
  }

  #seal(cut: number): void {
    if (this.#log.open.firstStart < cut) this.#log.seal(cut, Date.now());
  }

  #succeeded(cut: number): boolean {
    this.#error = undefined;
    return cut !== Infinity || this.#unreadable.size === 0;
  }

  /** The sealed pages without those that cannot be read, which are put behind them. */
  #passedOver(): readonly PageEntry[] {
    if (this.#unreadable.size === 0) return this.#log.sealed;
    const isUnreadable = ({ slots }: PageEntry): boolean => this.#unreadable.has(slots[0]!);
    const last = this.#log.sealed.findLast((page) => !isUnreadable(page));
    if (last !== undefined)
      for (const page of this.#log.sealed.filter(isUnreadable))
        if (page.id < last.id) this.#log.postpone(page, Date.now());
    return this.#log.sealed.filter((page) => !isUnreadable(page));
  }

  /** Notes which of some pages cannot be read; false when all can. */
  #findUnreadable(pages: readonly PageEntry[]): boolean {
    const before = this.#unreadable.size;
    for (const page of pages) {
      const reason = unreadable(this.#log, page);
      if (reason === undefined) continue;
      const range = `${new Date(page.from).toISOString()} to ${new Date(page.to).toISOString()}`;
      const message = `a page with ${page.buckets} minutes from ${range} cannot be read and is kept: ${reason}`;
      report("page_unreadable", message);
      this.#unreadable.set(page.slots[0]!, message);
    }
    return this.#unreadable.size > before;
  }

  async #reconcile(): Promise<boolean> {
    try {
      const watermark = await watermarkOf(this.#target());
      // D1 answers and has not taken them: perhaps it cannot take so many at once.
      if (this.#refused > 0 && watermark === this.#log.flushed.watermark)
        this.#most = Math.max(1, Math.floor(this.#refused / 2));
      this.#refused = 0;
      this.#log.drop(watermark, Date.now());
      this.#doubt = false;
      return true;
    } catch (error) {
      this.#refused = 0;
      this.#error = textOf(error);
      return false;
    }
  }
}

/**
 * Series in parts that D1 takes one after the other: new ones a few at a time, and with the first of
 * them those that D1 has, of which it writes nothing. At least one part.
 */
function partsOf(series: readonly number[], ids: ArrayLike<number>): readonly number[][] {
  const known = series.filter((one) => ids[one] !== 0);
  const born = series.filter((one) => ids[one] === 0);
  const parts = [[...known, ...born.slice(0, SERIES_A_BATCH)]];
  for (let from = SERIES_A_BATCH; from < born.length; from += SERIES_A_BATCH)
    parts.push(born.slice(from, from + SERIES_A_BATCH));
  return parts;
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
