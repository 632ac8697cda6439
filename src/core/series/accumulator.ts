// The minute accumulators of many series: points in, minute buckets out.
// It knows series by number only, and nothing of storage.

import { Buckets } from "../bucket.ts";
import { MINUTE } from "../tiers.ts";

/** Room for minutes since 1970 in a map key: enough until the year 2225. */
const MINUTES = 2 ** 27;

/** Buckets of several series: row i of `buckets` belongs to series `series[i]`. */
export interface SeriesBuckets {
  readonly buckets: Buckets;
  readonly series: ArrayLike<number>;
}

export class Accumulator implements SeriesBuckets {
  readonly buckets = new Buckets(64);
  series = new Uint32Array(64);
  /** The row of (series, minute). */
  readonly #rows = new Map<number, number>();
  /** The row that each series used last: points mostly come in order. */
  #latest = new Int32Array(64).fill(-1);

  get length(): number {
    return this.buckets.length;
  }

  /** Start of the earliest bucket, Unix ms; Infinity when there is none. */
  get firstStart(): number {
    let first = Infinity;
    for (let i = 0; i < this.length; i++) first = Math.min(first, this.buckets.start[i]!);
    return first;
  }

  /** Takes one point in. `at` is Unix ms. */
  add(series: number, at: number, value: number): void {
    const row = this.row(series, Math.floor(at / MINUTE) * MINUTE);
    this.buckets.add(row, value, at);
    this.buckets.seeRise(row);
  }

  /** Merges rows that somebody else accumulated. */
  merge(other: SeriesBuckets, renumber = (series: number): number => series): void {
    for (let i = 0; i < other.buckets.length; i++) {
      const row = this.row(renumber(other.series[i]!), other.buckets.start[i]!);
      this.buckets.merge(row, other.buckets, i);
      this.buckets.seeRise(row);
    }
  }

  /** The row of a series' minute that starts at `start`; new ones hold the identity. */
  row(series: number, start: number): number {
    const latest = series < this.#latest.length ? this.#latest[series]! : -1;
    if (latest >= 0 && this.buckets.start[latest] === start) return latest;
    const key = series * MINUTES + start / MINUTE;
    let row = this.#rows.get(key);
    if (row === undefined) {
      row = this.buckets.push(start);
      this.#rows.set(key, row);
      if (row >= this.series.length) this.series = grown(this.series, row + 1);
      this.series[row] = series;
    }
    if (series >= this.#latest.length) this.#latest = grownInt(this.#latest, series + 1);
    this.#latest[series] = row;
    return row;
  }

  /** The row of a series' minute; undefined when it has no points. */
  find(series: number, start: number): number | undefined {
    return this.#rows.get(series * MINUTES + start / MINUTE);
  }

  /** The same without some series. */
  without(isGone: (series: number) => boolean): Accumulator {
    const rest = new Accumulator();
    for (let i = 0; i < this.length; i++)
      if (!isGone(this.series[i]!))
        rest.buckets.merge(rest.row(this.series[i]!, this.buckets.start[i]!), this.buckets, i);
    return rest;
  }

  /** Splits by time: buckets that start before `cut` (Unix ms), and the others. */
  split(cut: number): { readonly before: Accumulator; readonly rest: Accumulator } {
    const before = new Accumulator();
    const rest = new Accumulator();
    for (let i = 0; i < this.length; i++) {
      const start = this.buckets.start[i]!;
      const side = start < cut ? before : rest;
      side.buckets.merge(side.row(this.series[i]!, start), this.buckets, i);
    }
    return { before, rest };
  }
}

const grown = (old: Uint32Array, needed: number): Uint32Array<ArrayBuffer> => {
  const column = new Uint32Array(Math.max(needed, old.length * 2));
  column.set(old);
  return column;
};

const grownInt = (old: Int32Array, needed: number): Int32Array<ArrayBuffer> => {
  const column = new Int32Array(Math.max(needed, old.length * 2)).fill(-1);
  column.set(old);
  return column;
};
