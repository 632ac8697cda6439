// Where the windows of a grid begin and end among the times of samples.

import type { Grid } from "./evaluation.ts";

/** The first of ascending times that is later than `to`. */
export function firstAfter(times: Float64Array, to: number): number {
  let at = 0;
  while (at < times.length && times[at]! <= to) at++;
  return at;
}

/** Windows (to − range, to], of which the last time moves with the steps, or is the same for all. */
interface Windows {
  /** That of the first step, Unix ms. */
  readonly to: number;
  readonly isFixed: boolean;
  /** ms; 0: where they begin is not asked for. */
  readonly range: number;
}

/** By step, the samples [first, end) of its window. */
export class Edges {
  readonly first: Int32Array;
  readonly end: Int32Array;
  readonly #grid: Grid;
  readonly #windows: Windows;
  #times: Float64Array | undefined;

  constructor(grid: Grid, windows: Windows) {
    this.#grid = grid;
    this.#windows = windows;
    this.end = new Int32Array(grid.count);
    this.first = windows.range > 0 ? new Int32Array(grid.count) : this.end;
  }

  /** Of these times, until others are asked for. Many series have the same: those are looked through once. */
  find(times: Float64Array): void {
    if (times === this.#times) return;
    this.#times = times;
    const { to, isFixed, range } = this.#windows;
    if (!isFixed) return this.#follow(times);
    this.end.fill(firstAfter(times, to));
    if (range > 0) this.first.fill(firstAfter(times, to - range));
  }

  #follow(times: Float64Array): void {
    const { first, end } = this;
    const { length } = times;
    const { step, count } = this.#grid;
    let { to } = this.#windows;
    const { range } = this.#windows;
    let low = 0;
    let lowMoved = 0;
    let high = 0;
    let highMoved = 0;
    for (let i = 0; i < count; i++, to += step) {
      // Steps are alike, and samples mostly regular: they are looked for where they would be.
      let next = high + highMoved;
      if (next > length || (highMoved > 0 && times[next - 1]! > to)) next = high;
      while (next < length && times[next]! <= to) next++;
      highMoved = next - high;
      end[i] = high = next;
      if (range === 0) continue;
      next = low + lowMoved;
      if (next > length || (lowMoved > 0 && times[next - 1]! > to - range)) next = low;
      while (next < length && times[next]! <= to - range) next++;
      lowMoved = next - low;
      first[i] = low = next;
    }
  }
}
