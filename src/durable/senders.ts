// Who sends again soon after it has sent: it is likely to wait for each answer before it goes on. Who
// comes every so often, as agents do, loses nothing when its answer comes a moment later. Pure.

import * as LIMITS from "../core/limits.ts";

export class Senders {
  /** Those of the running period of `hurryMs`, and of the one before. */
  #recent = new Set<string>();
  #before = new Set<string>();
  #since = -Infinity;

  /**
   * Notes that `sender` has sent at `now`, Unix ms; says whether it did within the last `hurryMs`, or
   * up to twice that. Who is not known is in a hurry, and so is everybody when there are too many.
   */
  isInHurry(sender: string | undefined, now: number): boolean {
    const age = now - this.#since;
    // A clock that was set back begins anew.
    if (age < 0 || age >= LIMITS.hurryMs) {
      this.#before = age >= 0 && age < 2 * LIMITS.hurryMs ? this.#recent : new Set();
      this.#recent = new Set();
      this.#since = now;
    }
    if (sender === undefined) return true;
    const isAgain = this.#recent.has(sender) || this.#before.has(sender);
    if (this.#recent.size >= LIMITS.sendersKnown) return true;
    this.#recent.add(sender);
    return isAgain;
  }
}
