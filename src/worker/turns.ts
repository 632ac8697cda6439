// Large work of one request in turns, so that small requests of the same isolate come in between: one piece of
// large work at a time, and between two pieces whatever else is ready. What a piece is, is counted in rows: the
// clock of a Worker stands still while it computes.

import * as LIMITS from "../core/limits.ts";

/** Whose piece it is, and since when. A request that is gone never ends its own: nobody waits for it for long. */
const piece = { of: 0, since: 0 };

const isTaken = (): boolean => piece.of !== 0 && performance.now() - piece.since < LIMITS.turnMs;

/** Whose body is being decoded, and when that was last heard of. */
const body = { of: 0, since: 0 };

const isDecoding = (): boolean => body.of !== 0 && performance.now() - body.since < LIMITS.turnMs;

let last = 0;

/** Large work that waits between two of its pieces, by its number: since when. */
const between = new Map<number, number>();
/** When a request last came beside such work. */
let cameBesideAt = -Infinity;

/** Notes that a request has come. */
export function arrived(): void {
  const now = performance.now();
  for (const [number, since] of between)
    if (now - since > LIMITS.turnMs) between.delete(number);
    else cameBesideAt = now;
}

/** Whether requests come beside large work, whosever that is: not one after the other, as those of one who waits. */
const isBeside = (): boolean => performance.now() - cameBesideAt < LIMITS.besideMs;

/** How long to wait for the request that came last, ms: by then it is mostly answered. */
const untilDone = (): number =>
  Math.min(
    Math.max(0, cameBesideAt + LIMITS.besideFirstMs - performance.now()),
    LIMITS.besideFirstMs,
  );

/** How much work a turn is, by whatever is counted: where nobody else asks, some 10 ms, and beside others 1 or less. */
export interface TurnSize {
  readonly long: number;
  readonly short: number;
}

/** Of buckets that are decoded, and of all that takes about as long as so many of them. */
const ROWS: TurnSize = { long: LIMITS.rowsPerTurn, short: LIMITS.rowsPerShortTurn };

export class Turns {
  readonly #number = ++last;
  readonly #size: TurnSize;
  #done = 0;

  constructor(size = ROWS) {
    this.#size = size;
  }

  /** Counts work that was done; true when `next` is due. */
  isOver(done: number): boolean {
    this.#done += done;
    if (this.#done < this.#size.short) return false;
    return this.#done >= this.#size.long || isBeside();
  }

  /** Ends the piece, and begins another when others had their turn. */
  async next(): Promise<void> {
    this.rest();
    await this.#wait(untilDone());
    while (isTaken()) await this.#wait(1);
    between.delete(this.#number);
    piece.of = this.#number;
    piece.since = performance.now();
  }

  /** Who waits is between two pieces, and not gone: nor is whose body is being decoded, if this is that. */
  async #wait(ms: number): Promise<void> {
    between.set(this.#number, performance.now());
    await scheduler.wait(ms);
    if (body.of === this.#number) body.since = performance.now();
  }

  /**
   * Runs the decoding of a large body, as `run` does, while no other is: what one makes of it may take as much
   * memory as an isolate has to spare.
   */
  async decode<T>(begin: () => Generator<number, T>): Promise<T> {
    while (isDecoding()) await scheduler.wait(1);
    body.of = this.#number;
    body.since = performance.now();
    try {
      await this.next();
      return await this.run(begin());
    } finally {
      if (body.of === this.#number) body.of = 0;
    }
  }

  /** Runs work that yields how much a part of it was. */
  async run<T>(parts: Generator<number, T>): Promise<T> {
    try {
      for (;;) {
        const { done, value } = parts.next();
        if (done === true) return value;
        if (this.isOver(value)) await this.next();
      }
    } finally {
      this.rest();
    }
  }

  /** Ends the piece: what follows waits for others, or is small. */
  rest(): void {
    this.#done = 0;
    this.leave();
  }

  /** Ends the piece and counts on: what follows is a wait, and then more of the same work. */
  leave(): void {
    if (piece.of === this.#number) piece.of = 0;
  }
}
