// Finds the row of a series' minute. It has numbers of rows alone, and reads in the rows themselves what they
// are of: a Map of as many minutes takes three to five times the memory, and stands still for long while it grows.

import type { Minutes } from "../minutes.ts";
import { MINUTE } from "../tiers.ts";

/** Minutes, and the series of each. */
interface Rows {
  readonly minutes: Pick<Minutes, "start" | "length">;
  readonly series: ArrayLike<number>;
}

/** Fewest places; a power of two, as all numbers of them. */
const PLACES = 128;

export class RowIndex {
  /** Number of a row + 1; 0 is free. Half of them or more are. */
  #places = new Int32Array();
  /** Another each time: whoever sends points cannot choose them so that all want the same place. */
  readonly #seed = Math.floor(Math.random() * 2 ** 32);

  /** Of all rows that there are. */
  constructor(rows: Rows) {
    this.#move(rows);
  }

  /** The row in `rows` of a series' minute that starts at `start`, Unix ms; undefined: there is none. */
  find({ series: all, minutes }: Rows, series: number, start: number): number | undefined {
    const places = this.#places;
    const mask = places.length - 1;
    for (let place = this.#hash(series, start / MINUTE) & mask; ; place = (place + 1) & mask) {
      const row = places[place]! - 1;
      if (row < 0) return undefined;
      if (all[row] === series && minutes.start[row] === start) return row;
    }
  }

  /** Adds the last row of `rows`: its minute has none yet. */
  add(rows: Rows): void {
    const { length } = rows.minutes;
    if (length * 2 <= this.#places.length) this.#put(rows, length - 1);
    else this.#move(rows);
  }

  /** To places of which a quarter or so is taken. */
  #move(rows: Rows): void {
    const { length } = rows.minutes;
    let places = PLACES;
    while (places < (length - 1) * 4) places *= 2;
    this.#places = new Int32Array(places);
    for (let row = 0; row < length; row++) this.#put(rows, row);
  }

  #put({ series, minutes }: Rows, row: number): void {
    const places = this.#places;
    const mask = places.length - 1;
    let place = this.#hash(series[row]!, minutes.start[row]! / MINUTE) & mask;
    while (places[place] !== 0) place = (place + 1) & mask;
    places[place] = row + 1;
  }

  /** The last steps are those of MurmurHash3 (Austin Appleby, public domain). */
  #hash(series: number, minute: number): number {
    let hash = Math.imul(series ^ this.#seed, 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 15) ^ minute, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return hash ^ (hash >>> 16);
  }
}
