// Where a decoder of a large body stops now and then, so that others have a turn.

import * as LIMITS from "../limits.ts";
import type { Intake } from "./intake.ts";

/** Bytes of a part where they hold no points: about as many as its points have. */
const BYTES = 96 * 1_024;

/** How many points take as long to read as so many bytes do that hold none. */
export const pointsOfBytes = (bytes: number): number =>
  Math.ceil((bytes / BYTES) * LIMITS.itemsPerTurn);

/** Items without a point that take as long as one. */
const ITEMS_A_POINT = 8;

/** Of points that have a series of their own each, whose name and labels are read from objects or lists of fields. */
export const SLOW = 4;
/** Of points in lines of text, likewise. */
export const LINES = 2;

/** What a decoder has read since it stopped last: as much as so many points, items or bytes, whichever is most. */
export class Part {
  readonly #intake: Intake;
  readonly #weight: number;
  #items = 0;
  #seen = 0;
  #at = 0;

  /** `weight`: a point takes as long as so many of the formats that are read fastest. */
  constructor(intake: Intake, weight = 1) {
    this.#intake = intake;
    this.#weight = weight;
  }

  /**
   * Whether to stop behind an item, good, bad or empty, that ends at `at` of the body (left out where items
   * are objects, and no bytes): the decoder yields what `end` says then.
   */
  isOver(at = 0): boolean {
    return (
      ++this.#items >= ITEMS_A_POINT * LIMITS.itemsPerTurn ||
      (this.#intake.seen - this.#seen) * this.#weight >= LIMITS.itemsPerTurn ||
      at - this.#at >= BYTES
    );
  }

  /** Ends the part: as much as how many points it was. */
  end(at = 0): number {
    const { seen } = this.#intake;
    const points = Math.max(
      Math.ceil(this.#items / ITEMS_A_POINT),
      (seen - this.#seen) * this.#weight,
      pointsOfBytes(at - this.#at),
    );
    this.#items = 0;
    this.#seen = seen;
    this.#at = at;
    return points;
  }
}
