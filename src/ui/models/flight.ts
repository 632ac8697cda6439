// How fast a page is scrolled: whether what goes by can be seen. Pure.

/** Windows a second: what goes by faster than this nobody sees. */
const FAST = 5;
/** Its speed is that of so long, and it is at rest when it has not moved for so long, ms. */
export const REST = 100;

export class Flight {
  isFlying = false;
  /** When its speed was last taken, and where it was. */
  #at = -Infinity;
  #y = 0;

  /** It has moved: at a time, ms, it is at y, px, in a window of that height, px. */
  moved(at: number, y: number, height: number): void {
    const since = at - this.#at;
    if (since < REST) return;
    const windows = Math.abs(y - this.#y) / height;
    // After a rest it has not moved all that time.
    this.isFlying = windows / Math.min(since, 2 * REST) > FAST / 1_000;
    this.#at = at;
    this.#y = y;
  }
}
