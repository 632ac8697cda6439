// Who shares an isolate with others leaves them a part of its time: while others ask as well, the requests of one
// caller begin no closer together than twice the time that their work takes, give or take a few. Else somebody with
// many connections has them all at work at once, and each step of every other request waits behind them. Who is alone
// waits for nothing.
//
// It spreads what comes at once over a second, and bounds nothing: what is more than that begins all the same. How much
// one may ask is for http/rate.ts.

import type { Scope } from "../core/caller.ts";
import * as LIMITS from "../core/limits.ts";
import type { Clock } from "./clock.ts";

interface Seen {
  /** When the last request came. */
  cameAt: number;
  /** When the work of all that came would be done, at their part of the time. */
  doneAt: number;
  /** When another that was held back may begin. */
  nextAt: number;
  /** The last one was refused for what it asked. */
  wasRefused: boolean;
}

/** What one may have of the time while others ask: one part in so many. */
const PARTS = 2;
/** Of its part of the time, how long after one that was held back the next may begin: timers are a bit late. */
const APART = 0.75;

/**
 * What is refused for what it asks takes more than what is answered: names that are not there are looked for, series
 * that there is no room for are told one by one. Who was refused mostly comes again with the like.
 */
const OF_REFUSED = 4;

export class Pace {
  readonly #clock: Clock;
  /** Who came last is last. */
  readonly #callers = new Map<string, Seen>();
  /** Who came last, and who of all others did. */
  #last: Seen | undefined;
  #other: Seen | undefined;

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
    const seen = this.#seen(caller, now);
    if (!this.#hasCompany(now)) {
      seen.doneAt = seen.nextAt = now;
      return;
    }
    // No more than a second's is counted: what is over is soon forgotten.
    const most = now + LIMITS.paceBurstMs + LIMITS.paceMs;
    const from = Math.min(Math.max(now, seen.doneAt), most);
    const work = seen.wasRefused ? OF_REFUSED * workMs : workMs;
    seen.doneAt = Math.min(from + PARTS * work, most);
    // Nothing, of what is more than there is time for.
    const part = seen.doneAt - from;
    const wait = from - now - LIMITS.paceBurstMs;
    if (wait <= 0) return;
    await this.#clock.wait(wait);
    // Where the isolate stood still, all that it held back would begin at once.
    const woke = this.#clock.now();
    const latest = Math.min(now, woke) + LIMITS.paceMs;
    const begins = Math.min(Math.max(woke, seen.nextAt), latest);
    seen.nextAt = begins + APART * part;
    if (begins > woke) await this.#clock.wait(begins - woke);
  }

  /** A request of a caller has ended so. */
  ended(caller: string, wasRefused: boolean): void {
    const seen = this.#callers.get(caller);
    if (seen !== undefined) seen.wasRefused = wasRefused;
  }

  #seen(caller: string, now: number): Seen {
    const seen = this.#callers.get(caller) ?? {
      cameAt: now,
      doneAt: now,
      nextAt: now,
      wasRefused: false,
    };
    this.#callers.delete(caller);
    this.#callers.set(caller, seen);
    if (this.#callers.size > LIMITS.pacedCallers)
      this.#callers.delete(this.#callers.keys().next().value!);
    if (seen !== this.#last) [this.#last, this.#other] = [seen, this.#last];
    seen.cameAt = now;
    return seen;
  }

  /** The clock may be set back. */
  #hasCompany(now: number): boolean {
    return this.#other !== undefined && Math.abs(now - this.#other.cameAt) < LIMITS.paceCompanyMs;
  }
}

/** What is packed is more when it is unpacked. */
const UNPACKED = 4;

/** About what a request takes, ms: the Worker's part, a shard's and D1's, where they share a core. */
export function workOf(scope: Scope | "any", request: Request): number {
  const { headers } = request;
  if (scope === "read" || scope === "any") return LIMITS.workOfQueryMs;
  const told = headers.get("content-length");
  // A body that is looked at is a stream that is made.
  const length = told === null && request.body === null ? 0 : Number(told ?? NaN);
  const unpacked = headers.has("content-encoding") ? UNPACKED * length : length;
  // Of a body whose length nobody tells that of a large one; more is refused.
  const bytes = unpacked >= 0 ? Math.min(unpacked, LIMITS.bodyBytes) : LIMITS.largeBodyBytes;
  const small = Math.min(bytes, LIMITS.largeBodyBytes);
  // Large bodies are decoded in turns, and have more points of the same series.
  return (
    LIMITS.workOfWriteMs +
    (small * LIMITS.workOfMegabyteMs + (bytes - small) * LIMITS.workOfLargeMegabyteMs) / 2 ** 20
  );
}
