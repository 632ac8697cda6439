// What a query has cost until now, against its limits. All parts of its evaluation share one.

import * as LIMITS from "../limits.ts";
import type { ReadError } from "../query/read-error.ts";
import { Failure, failLimit } from "./error.ts";

/** Looks after which work is told of, at most, give or take a window: a single series may have a day's. */
export const LOOKS_AT_ONCE = 1_000_000;

/** How work gives way to that of others: large work goes in turns. */
export interface Pace {
  /** Told how often samples and values were looked at; a promise: work is to wait for it. */
  worked(looks: number): Promise<void> | undefined;
  /** What follows waits, or is small. */
  rest(): void;
  /** What follows has turns of its own, and then more of this comes. */
  leave(): void;
}

/** Where what is held is counted, beside what other queries hold. */
export interface Memory {
  /** So many bytes more; negative: less. */
  hold(bytes: number): void;
  /** A promise: work is to wait until there is room for them, or hear that there is none. */
  settled(): Promise<ReadError | undefined> | undefined;
}

/** Of a value that is held, and whether there is one. */
const VALUE_BYTES = 9;

export class Spent {
  /** That were read. */
  series = 0;
  samples = 0;
  /** The most values and samples that were held at once. */
  peak = 0;
  /** Samples and values looked at. */
  looks = 0;
  /** Values held now. */
  #held = 0;
  /** Samples of the selection that is being read. */
  #selected = 0;
  readonly #isOver: () => boolean;
  readonly #pace: Pace | undefined;
  readonly #memory: Memory | undefined;

  /** `isOver`: whether the time for the query is over. */
  constructor(isOver: () => boolean, pace?: Pace, memory?: Memory) {
    this.#isOver = isOver;
    this.#pace = pace;
    this.#memory = memory;
  }

  /** A selection begins: also where nothing is found, time goes by. */
  begins(): void {
    this.#checkTime();
  }

  /** A series of so many samples. All of a selection may be in memory until it is over. */
  read(samples: number): void {
    this.series++;
    this.samples += samples;
    if (this.samples > LIMITS.querySamples)
      failLimit(
        "querySamples",
        `the query reads more than ${LIMITS.querySamples} samples: ask for fewer series or a shorter range`,
      );
    this.#selected += samples;
    this.#holds();
  }

  selectionIsOver(): void {
    this.#selected = 0;
  }

  hold(values: number): void {
    this.#held += values;
    this.#memory?.hold(VALUE_BYTES * values);
    this.#holds();
    if (this.#held > LIMITS.queryCells)
      failLimit(
        "queryCells",
        `the query holds more than ${LIMITS.queryCells} values at once: ask for fewer series, a shorter range or a larger step`,
      );
  }

  release(values: number): void {
    this.#held -= values;
    this.#memory?.hold(-VALUE_BYTES * values);
  }

  /** Nothing is held any more. */
  clear(): void {
    this.release(this.#held);
  }

  #holds(): void {
    this.peak = Math.max(this.peak, this.#held + this.#selected);
  }

  work(looks: number): Promise<void> | undefined {
    this.looks += looks;
    if (this.looks > LIMITS.queryLooks)
      failLimit(
        "queryLooks",
        `the query looks at samples more than ${LIMITS.queryLooks} times: ask for fewer series, shorter ranges or a larger step`,
      );
    this.#checkTime();
    const waits = this.#memory?.settled();
    if (waits !== undefined) return this.#waitsFor(waits, looks);
    // A clock may stand still until others had their turn.
    return this.#pace?.worked(looks)?.then(() => this.#checkTime());
  }

  async #waitsFor(room: Promise<ReadError | undefined>, looks: number): Promise<void> {
    this.rest();
    const error = await room;
    if (error?.kind === "too_large")
      failLimit(
        error.limit,
        `the query needs more than ${error.value} ${error.what}: ask for fewer series, a shorter range or a larger step`,
      );
    if (error !== undefined) throw new Failure({ kind: "read", error });
    await this.#pace?.worked(looks);
    this.#checkTime();
  }

  rest(): void {
    this.#pace?.rest();
  }

  leave(): void {
    this.#pace?.leave();
  }

  #checkTime(): void {
    if (this.#isOver())
      throw new Failure({ kind: "timeout", message: "query timed out in expression evaluation" });
  }
}
