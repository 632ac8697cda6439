// The min–max band as what each column of pixels shows of it. A polygon through a day of minutes
// takes a browser ten times as long to fill, and hides a spike that is narrower than a pixel. Pure.

import type { Drawable } from "./gaps.ts";

/** Edges of the band by column of pixels, y downwards; NaN where there is none. */
export interface Band {
  readonly top: Float32Array;
  readonly bottom: Float32Array;
}

type Heights = ArrayLike<Drawable>;

/**
 * The band between two polylines. Between neighbours a column shows the height at its middle, and
 * never less than the extremes of the buckets within.
 *
 * @param x pixels from the left edge of the first column, ascending
 * @param high,low y of the two lines at each x: both have one, or neither
 */
export function bandOf(x: ArrayLike<number>, high: Heights, low: Heights, width: number): Band {
  const top = new Float32Array(width).fill(Number.NaN);
  const bottom = new Float32Array(width).fill(Number.NaN);
  const widen = (column: number, upper: number, lower: number): void => {
    if (column < 0 || column >= width || Number.isNaN(upper) || Number.isNaN(lower)) return;
    // Written so that NaN, nothing yet, gives way.
    if (!(upper >= top[column]!)) top[column] = upper;
    if (!(lower <= bottom[column]!)) bottom[column] = lower;
  };
  /** The place before, from which the band leads on. */
  let last: number | undefined;
  for (let i = 0; i < x.length; i++) {
    const [high1, low1] = [high[i], low[i]];
    // Nothing here, and the band passes through.
    if (high1 === undefined || low1 === undefined) continue;
    const from = last;
    last = high1 === null || low1 === null ? undefined : i;
    if (from === undefined || high1 === null || low1 === null) continue;
    const [high0, low0, x0, x1] = [high[from]!, low[from]!, x[from]!, x[i]!];
    widen(Math.floor(x0), high0, low0);
    widen(Math.floor(x1), high1, low1);
    const first = Math.max(0, Math.ceil(x0 - 0.5));
    for (let column = first; column < width && column + 0.5 < x1; column++) {
      const part = (column + 0.5 - x0) / (x1 - x0);
      widen(column, high0 + part * (high1 - high0), low0 + part * (low1 - low0));
    }
  }
  return { top, bottom };
}
