// A percentile of more values than are held: those that are too small for it to matter are forgotten.

import { interpolated } from "../quantile.ts";

/** How many more than must be known wait until the smallest are forgotten. */
const SLACK = 4_096;

export class Largest {
  readonly #q: number;
  /** How many of the largest are known at least. */
  readonly #known: number;
  #values = new Float64Array(16);
  #length = 0;
  /** Values that were taken. */
  #size = 0;
  /** What is smaller is forgotten. */
  #least = -Infinity;

  /** The q-quantile (0 to 1) of at most `most` values; of more it may be too large. */
  constructor(q: number, most: number) {
    this.#q = q;
    // The two that it lies between, and what is larger.
    this.#known = most - Math.floor(q * (most - 1));
  }

  /** Values that are held. */
  get length(): number {
    return this.#length;
  }

  add(values: Float64Array): void {
    this.#size += values.length;
    for (const value of values) {
      if (value < this.#least) continue;
      if (this.#length === this.#values.length) this.#makeRoom();
      this.#values[this.#length++] = value;
    }
  }

  /** −Infinity of no values. */
  get(): number {
    if (this.#size === 0) return -Infinity;
    const sorted = this.#values.subarray(0, this.#length).sort();
    const forgotten = this.#size - this.#length;
    return interpolated(this.#q, this.#size, (rank) => sorted[Math.max(0, rank - forgotten)]!);
  }

  #makeRoom(): void {
    const most = this.#known + Math.max(SLACK, this.#known >> 2);
    if (this.#length < most) {
      const grown = new Float64Array(Math.min(most, 2 * this.#length));
      grown.set(this.#values);
      this.#values = grown;
      return;
    }
    this.#values.sort();
    this.#values.copyWithin(0, this.#length - this.#known);
    this.#length = this.#known;
    this.#least = this.#values[0]!;
  }
}
