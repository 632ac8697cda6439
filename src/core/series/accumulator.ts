// The minute accumulators of many series: points and end marks in, minutes out.
// It knows series by number only, and nothing of storage.

import { Minutes } from "../minutes.ts";
import { MINUTE } from "../tiers.ts";
import { RowIndex } from "./row-index.ts";

/** Minutes of several series: row i of `minutes` belongs to series `series[i]`. */
export interface SeriesMinutes {
  readonly minutes: Minutes;
  readonly series: ArrayLike<number>;
}

export class Accumulator implements SeriesMinutes {
  readonly minutes: Minutes;
  series = new Uint32Array(64);
  /** The row of (series, minute); undefined: nobody has looked for one yet. */
  #index: RowIndex | undefined;
  /** The row that each series used last: points mostly come in order. */
  #latest = new Int32Array(64).fill(-1);

  /** By series, its last row among the first `#linked`; by row, the one before of the same series; −1: none. */
  #newest = new Int32Array();
  #before = new Int32Array();
  #linked = 0;

  /** A minute keeps up to `limit` samples: see `Minutes`. */
  constructor(limit: number) {
    this.minutes = new Minutes(limit, 64);
  }

  get length(): number {
    return this.minutes.length;
  }

  /** Numbers of the series that have rows. */
  get numbers(): Set<number> {
    return new Set(this.series.subarray(0, this.length));
  }

  /** Start of the earliest minute, Unix ms; Infinity when there is none. */
  get firstStart(): number {
    let first = Infinity;
    for (let i = 0; i < this.length; i++) first = Math.min(first, this.minutes.start[i]!);
    return first;
  }

  /** How many minutes start before `at`, Unix ms. */
  countBefore(at: number): number {
    let count = 0;
    for (let i = 0; i < this.length; i++) if (this.minutes.start[i]! < at) count++;
    return count;
  }

  /** Takes one point in, or an end mark: a value of NaN. `at` is Unix ms. */
  add(series: number, at: number, value: number): void {
    this.minutes.add(this.row(series, Math.floor(at / MINUTE) * MINUTE), value, at);
  }

  /**
   * The same, unless the minute keeps that very sample already: false then. Unlike `add` it depends on
   * the order, where a minute comes to have more samples than it keeps.
   */
  addNew(series: number, at: number, value: number): boolean {
    const row = this.row(series, Math.floor(at / MINUTE) * MINUTE);
    if (this.minutes.keeps(row, value, at)) return false;
    this.minutes.add(row, value, at);
    return true;
  }

  /** Whether the minute of a sample keeps it. */
  keeps(series: number, at: number, value: number): boolean {
    const row = this.find(series, Math.floor(at / MINUTE) * MINUTE);
    return row !== undefined && this.minutes.keeps(row, value, at);
  }

  /** Merges rows that somebody else accumulated, those that `keep` names. */
  merge({ minutes, series }: SeriesMinutes, keep = (_row: number): boolean => true): void {
    for (let i = 0; i < minutes.length; i++)
      if (keep(i)) this.minutes.merge(this.row(series[i]!, minutes.start[i]!), minutes, i);
  }

  /** The same under other numbers. */
  renumbered(number: (series: number) => number): Accumulator {
    const other = new Accumulator(this.minutes.limit);
    for (let i = 0; i < this.length; i++) {
      const row = other.row(number(this.series[i]!), this.minutes.start[i]!);
      other.minutes.merge(row, this.minutes, i);
    }
    return other;
  }

  /** The row of a series' minute that starts at `start`; new ones hold the identity. */
  row(series: number, start: number): number {
    const latest = series < this.#latest.length ? this.#latest[series]! : -1;
    if (latest >= 0 && this.minutes.start[latest] === start) return latest;
    const index = (this.#index ??= new RowIndex(this));
    let row = index.find(this, series, start);
    if (row === undefined) {
      row = this.minutes.push(start);
      this.#name(row, series);
      index.add(this);
    }
    if (series >= this.#latest.length) this.#latest = grownInt(this.#latest, series + 1);
    this.#latest[series] = row;
    return row;
  }

  /** The row of a series' minute; undefined when nothing is known of it. */
  find(series: number, start: number): number | undefined {
    this.#index ??= new RowIndex(this);
    return this.#index.find(this, series, start);
  }

  /** The rows of a series, without looking at those of others; by start. */
  rowsOf(series: number): number[] {
    this.#link();
    const rows: number[] = [];
    let row = series < this.#newest.length ? this.#newest[series]! : -1;
    for (; row >= 0; row = this.#before[row]!) rows.push(row);
    const { start } = this.minutes;
    // Mostly they came in the order of time.
    return rows.toReversed().sort((a, b) => start[a]! - start[b]!);
  }

  /** Links rows that came since somebody asked: who only adds is not kept up by it. */
  #link(): void {
    if (this.#before.length < this.length) this.#before = grownInt(this.#before, this.length);
    for (; this.#linked < this.length; this.#linked++) {
      const series = this.series[this.#linked]!;
      if (series >= this.#newest.length) this.#newest = grownInt(this.#newest, series + 1);
      this.#before[this.#linked] = this.#newest[series]!;
      this.#newest[series] = this.#linked;
    }
  }

  /** The same without some series. */
  without(isGone: (series: number) => boolean): Accumulator {
    return this.#only((row) => !isGone(this.series[row]!));
  }

  /** Splits by time: minutes that start before `cut` (Unix ms), and the others. It may be one of them. */
  split(cut: number): { readonly before: Accumulator; readonly rest: Accumulator } {
    const { start } = this.minutes;
    // Mostly nothing stays: then nothing is copied.
    if (start.subarray(0, this.length).every((at) => at < cut))
      return { before: this, rest: new Accumulator(this.minutes.limit) };
    return {
      before: this.#only((row) => start[row]! < cut),
      rest: this.#only((row) => start[row]! >= cut),
    };
  }

  /** Some of the rows. */
  #only(keep: (row: number) => boolean): Accumulator {
    const some = new Accumulator(this.minutes.limit);
    for (let row = 0; row < this.length; row++)
      if (keep(row)) some.#name(some.minutes.pushCopy(this.minutes, row), this.series[row]!);
    return some;
  }

  /** Says of which series a new row is. */
  #name(row: number, series: number): void {
    if (row >= this.series.length) this.series = grown(this.series, row + 1);
    this.series[row] = series;
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
