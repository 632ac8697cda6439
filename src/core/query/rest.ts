// Of an answer that has not all series: what lies between the smallest and the largest of the others in each
// bucket, so that nothing is out of sight. Pure.

import type { RestColumns } from "../api.ts";
import { STATISTIC } from "../stats.ts";
import type { Combined } from "./across.ts";
import type { MergedGroup, Order } from "./merge.ts";

/** Hands on what is drawn of a series: from where to where in the bucket that starts then. */
export type Outline = (each: (start: number, low: number, high: number) => void) => void;

/** Of a value that lies between the smallest and largest of its bucket, these two; else what is ordered by. */
export function outlineOf({ buckets, begun }: MergedGroup, order: Order, step: number): Outline {
  return (each) => {
    const rows = buckets();
    const { start, min, max, count, rise, length } = rows;
    const isRise = order === "increase" || order === "rate";
    const isValue = !isRise && STATISTIC[order].kind === "value";
    const per = order === "rate" ? step / 1_000 : 1;
    for (let row = 0; row < length; row++) {
      const at = start[row]!;
      if (isValue) each(at, min[row]!, max[row]!);
      else if (isRise) {
        // Each point is the first of its series: there is nothing that they rose from.
        if (begun.get(at) !== count[row]) each(at, rise[row]! / per, rise[row]! / per);
      } else {
        const value = STATISTIC[order].of(rows.at(row));
        each(at, value, value);
      }
    }
  };
}

export const outlineAcross =
  ({ columns }: Combined): Outline =>
  (each) => {
    const { t, avg } = columns();
    for (const [i, at] of t.entries()) each(at, avg[i]!, avg[i]!);
  };

/** The highest that anything of it is drawn; −Infinity: nothing is. */
export function peakOf(outline: Outline): number {
  let peak = -Infinity;
  outline((_start, _low, high) => {
    if (high > peak) peak = high;
  });
  return peak;
}

export interface Drawn<T> {
  readonly shown: readonly T[];
  readonly others: readonly T[];
}

/**
 * The first `limit` of those in their order, and in the last place, unless it is among them, the one that reaches
 * highest: a spike of a minute is next to nothing in an average. `peaks`: of each.
 */
export function withHighest<T>(
  ranked: readonly T[],
  limit: number,
  peaks: readonly number[],
): Drawn<T> {
  let highest = 0;
  for (const [i, peak] of peaks.entries()) if (peak > peaks[highest]!) highest = i;
  const shown = ranked.slice(0, limit);
  if (highest >= limit && limit > 0) shown[limit - 1] = ranked[highest]!;
  const kept = new Set(shown);
  return { shown, others: ranked.filter((one) => !kept.has(one)) };
}

export class Rest {
  readonly #rows = new Map<number, { low: number; high: number }>();
  #series = 0;

  add(outline: Outline): void {
    this.#series++;
    outline((start, low, high) => {
      const row = this.#rows.get(start);
      if (row === undefined) this.#rows.set(start, { low, high });
      else {
        if (low < row.low) row.low = low;
        if (high > row.high) row.high = high;
      }
    });
  }

  /** Undefined: there are no others. */
  columns(): RestColumns | undefined {
    if (this.#series === 0) return undefined;
    const rows = [...this.#rows].sort(([a], [b]) => a - b);
    return {
      series: this.#series,
      t: rows.map(([start]) => start),
      min: rows.map(([, { low }]) => low),
      max: rows.map(([, { high }]) => high),
    };
  }
}
