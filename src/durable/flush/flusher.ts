// Runs the flushes of a shard, one after the other, until D1 holds what it should: tries again,
// reconciles when in doubt, and lets series go that D1 now knows. The protocol is in protocol.ts.

import { flushPages, type FlushTarget, pagesToFlush, watermarkOf } from "./protocol.ts";
import type { Log } from "../log.ts";

/** Attempts of one flush: the second one finds out whether the first did land after all. */
const ATTEMPTS = 2;

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

  /** `doubt`: whether a flush may have been under way when this object was last dropped. */
  constructor(log: Log, doubt: boolean, target: () => FlushTarget) {
    this.#log = log;
    this.#doubt = doubt;
    this.#target = target;
  }

  /** Why the last flush failed; undefined when it did not. */
  get error(): string | undefined {
    return this.#error;
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

  /**
   * Seals what is before `cut` and moves it to D1, with what D1 must know of the series `retire`,
   * which the caller may forget if `done` and no page is left. Not done: D1 may not hold all of it.
   */
  async flush(cut: number, retire: ReadonlySet<number>): Promise<boolean> {
    // While D1 takes nothing, more pages would only make the manifest longer: then what is sealed
    // goes first. Sealed once, since points that arrive meanwhile belong to the next flush.
    let sealed = !this.failed;
    if (sealed) this.#seal(cut);
    for (let failures = 0; failures < ATTEMPTS;) {
      if (this.#doubt && !(await this.#reconcile())) return false;
      if (!sealed && this.#log.sealed.length === 0) {
        sealed = true;
        this.#seal(cut);
      }
      const pages = pagesToFlush(this.#log.sealed, cut, this.#most);
      // Only the flush that leaves no page behind may let series go: pages name them by number.
      const last = sealed && pages.length === this.#log.sealed.length;
      const leaving = last ? retire : new Set<number>();
      if (pages.length === 0 && leaving.size === 0) return this.#succeeded();
      const now = Date.now();
      const part = pages.at(-1)?.id ?? this.#log.reserveId(now);
      const result = await flushPages(this.#log, this.#target(), pages, part, leaving);
      this.#log.counters.add(now, {
        d1RowsWritten: result.rows.written,
        d1RowsRead: result.rows.read,
      });
      if (result.kind === "doubt") {
        this.#doubt = true;
        this.#error = result.reason;
        this.#refused = pages.length;
        failures++;
        continue;
      }
      this.#most *= 2;
      for (const series of result.series) this.#log.dictionary.inD1[series] = true;
      this.#log.drop(result.watermark, result.bookmark, now);
      if (last) return this.#succeeded();
    }
    return false;
  }

  #seal(cut: number): void {
    if (this.#log.openBefore(cut)) this.#log.seal(cut, Date.now());
  }

  #succeeded(): true {
    this.#error = undefined;
    return true;
  }

  async #reconcile(): Promise<boolean> {
    try {
      const { watermark, bookmark } = await watermarkOf(this.#target());
      // D1 answers and has not taken them: perhaps it cannot take so many at once.
      if (this.#refused > 0 && watermark === this.#log.flushed.watermark)
        this.#most = Math.max(1, Math.floor(this.#refused / 2));
      this.#refused = 0;
      this.#log.drop(watermark, bookmark, Date.now());
      this.#doubt = false;
      return true;
    } catch (error) {
      this.#refused = 0;
      this.#error = textOf(error);
      return false;
    }
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
