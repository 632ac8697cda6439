// What a live message has room for, and the time of what it left out.

import type { LiveMinutes } from "../core/api.ts";
import { MINUTE } from "../core/tiers.ts";

/** Counts what a message has up to a limit, and remembers the time of the minutes left out. */
export class Bounded {
  #room: number;
  #from = Infinity;
  #to = -Infinity;

  constructor(room: number) {
    this.#room = room;
  }

  /** Whether the message has room for `n` more, of the minute that starts at `start`. */
  take(start: number, n = 1): boolean {
    if (n <= this.#room) {
      this.#room -= n;
      return true;
    }
    this.leave(start);
    return false;
  }

  leave(start: number): void {
    this.#from = Math.min(this.#from, start);
    this.#to = Math.max(this.#to, start + MINUTE);
  }

  /** Undefined: nothing was left out. */
  get left(): LiveMinutes["reload"] {
    return this.#to > this.#from ? { from: this.#from, to: this.#to } : undefined;
  }
}
