// What a query has cost until now, against its limits. All parts of its evaluation share one.

import * as LIMITS from "../limits.ts";
import { Failure, failLimit } from "./error.ts";

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

  /** `isOver`: whether the time for the query is over. */
  constructor(isOver: () => boolean) {
    this.#isOver = isOver;
  }

  /** A series of so many samples. All of a selection are in memory until it is over. */
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
    this.#holds();
    if (this.#held > LIMITS.queryCells)
      failLimit(
        "queryCells",
        `the query holds more than ${LIMITS.queryCells} values at once: ask for fewer series, a shorter range or a larger step`,
      );
  }

  release(values: number): void {
    this.#held -= values;
  }

  #holds(): void {
    this.peak = Math.max(this.peak, this.#held + this.#selected);
  }

  work(looks: number): void {
    this.looks += looks;
    if (this.looks > LIMITS.queryLooks)
      failLimit(
        "queryLooks",
        `the query looks at samples more than ${LIMITS.queryLooks} times: ask for fewer series, shorter ranges or a larger step`,
      );
    if (this.#isOver())
      throw new Failure({ kind: "timeout", message: "query timed out in expression evaluation" });
  }
}
