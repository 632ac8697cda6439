// Cuts the long work of a flush into turns, so that posts and readers come in between. What a turn may
// take is counted in rows: the clock of a Worker stands still while it computes.

/**
 * Rows that are decoded, merged or encoded before others get a turn: a few ms. A post is answered after
 * several turns, since each of its hops waits for one.
 */
const ROWS_A_TURN = 2_048;

export class Turns {
  readonly #pause: () => Promise<void>;
  #rows = 0;

  /** `pause` ends a turn: it resolves when others had theirs. */
  constructor(pause: () => Promise<void>) {
    this.#pause = pause;
  }

  /** Counts rows that were worked on; true when `next` is due. */
  isOver(rows: number): boolean {
    this.#rows += rows;
    return this.#rows >= ROWS_A_TURN;
  }

  /** Ends the turn. */
  async next(): Promise<void> {
    this.#rows = 0;
    await this.#pause();
  }
}
