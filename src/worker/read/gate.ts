// How many slices of wide queries are read of a database at the same time, over all queries of an isolate: a database
// does one after the other anyway, each is memory that its query has not asked for yet, and whatever small comes in
// between waits behind all of them. Nobody is woken by another request: who waits looks again.

import * as LIMITS from "../../core/limits.ts";
import type { Clock } from "../clock.ts";

/** Between two looks, ms: a slice takes some tens. */
const LOOK_MS = 5;

export class Gate {
  readonly #clock: Clock;
  /** Of each database when those began that are being read, ms, by a number of their own. */
  readonly #reading = new Map<string, Map<number, number>>();
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs `read` when there is room for it. */
  async pass<T>(database: string, read: () => Promise<T>): Promise<T> {
    const reading = this.#reading.get(database) ?? new Map<number, number>();
    this.#reading.set(database, reading);
    while (this.#isFull(reading)) await this.#clock.wait(LOOK_MS);
    const number = ++this.#last;
    reading.set(number, this.#clock.now());
    try {
      return await read();
    } finally {
      reading.delete(number);
      // A database that is near answers without a pause: reads one after the other would let nobody in.
      await this.#clock.wait(0);
    }
  }

  /** A request that is gone never ends its read: what takes longer than D1 may is not counted. */
  #isFull(reading: Map<number, number>): boolean {
    const now = this.#clock.now();
    for (const [number, since] of reading)
      if (Math.abs(now - since) > LIMITS.d1DeadlineMs) reading.delete(number);
    return reading.size >= LIMITS.slicesAtOnce;
  }
}
