// Who shares an isolate with others shares its time: while others ask as well, the requests of one caller begin no
// closer together than twice the time that their work takes, give or take a few. Else somebody with many connections
// has them all at work at once, and each step of every other request waits behind them. Who is alone waits for
// nothing. It knows nothing of rates that are allowed: see http/rate.ts.

import * as LIMITS from "../core/limits.ts";

export interface Clock {
  /** ms, of any beginning. */
  now(): number;
  wait(ms: number): Promise<void>;
}

interface Seen {
  /** When the last request came. */
  cameAt: number;
  /** When the work of all that came would be done, at their share of the time. */
  doneAt: number;
}

/** What they may have of the time while others ask: one part in so many. */
const PARTS = 2;

export class Pace {
  readonly #clock: Clock;
  readonly #callers = new Map<string, Seen>();
  /** Who came last, and who of all others did. */
  #last = "";
  #other = "";

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many are known. */
  get callers(): number {
    return this.#callers.size;
  }

  /** Waits until a request of a caller may begin; `workMs`: about what it takes. */
  async begin(caller: string, workMs: number): Promise<void> {
    const now = this.#clock.now();
    const seen = this.#callers.get(caller) ?? { cameAt: now, doneAt: now };
    this.#callers.set(caller, seen);
    if (caller !== this.#last) [this.#last, this.#other] = [caller, this.#last];
    seen.cameAt = now;
    if (!this.#hasCompany(now)) {
      seen.doneAt = now;
      return;
    }
    const from = Math.max(now, seen.doneAt);
    seen.doneAt = from + PARTS * workMs;
    if (this.#callers.size > MOST_CALLERS) this.#forget(now);
    const wait = Math.min(from - now - LIMITS.paceBurstMs, LIMITS.paceMs);
    if (wait > 0) await this.#clock.wait(wait);
  }

  #hasCompany(now: number): boolean {
    const other = this.#callers.get(this.#other);
    return other !== undefined && now - other.cameAt < LIMITS.besideMs;
  }

  #forget(now: number): void {
    for (const [caller, { doneAt, cameAt }] of this.#callers)
      if (doneAt <= now && now - cameAt >= LIMITS.besideMs) this.#callers.delete(caller);
  }
}

const MOST_CALLERS = 1_000;

/** About what a request takes, ms: by `bench:neighbour`. */
export function workOf({ method, headers }: Request): number {
  if (method !== "POST" && method !== "PUT") return LIMITS.workOfQueryMs;
  const length = headers.get("content-length");
  const bytes = length === null ? LIMITS.largeBodyBytes : Number(length);
  const small = Math.min(bytes, LIMITS.largeBodyBytes);
  // Large bodies are decoded in turns, and have more points of the same series.
  return WORK_OF_WRITE_MS + small * WORK_OF_BYTE_MS + (bytes - small) * WORK_OF_LARGE_BYTE_MS;
}

const WORK_OF_WRITE_MS = 2;
const WORK_OF_BYTE_MS = 0.18 / 1_024;
const WORK_OF_LARGE_BYTE_MS = 0.03 / 1_024;
