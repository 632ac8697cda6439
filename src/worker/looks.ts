// How often an isolate asks D1 for one token or link, or for new ones: made up ones must not cost a read each.

import * as LIMITS from "../core/limits.ts";

export class Looks {
  #count = 0;
  #since = -Infinity;

  /** Whether one more, which is counted, is within what a second may have. Unix ms. */
  may(now: number): boolean {
    // A clock that went back must not keep it from looking.
    if (Math.abs(now - this.#since) >= 1_000) {
      this.#since = now;
      this.#count = 0;
    }
    return this.#count++ < LIMITS.tokenLooksPerSec;
  }
}
