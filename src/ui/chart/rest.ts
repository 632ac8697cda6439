// Of many series, those that are not drawn: what lies between the smallest and the largest of them at
// each place, so that nothing is out of sight. Pure.

import { type Form, hasBand } from "./form.ts";
import { type Drawable, isRow, type Rows } from "./gaps.ts";
import type { ChartColumns } from "./series.ts";

/** Of a line: its buckets, and which of them is at each place. */
interface Placed {
  readonly columns: ChartColumns;
  readonly rows: Rows;
}

export interface Rest {
  /** How many series. */
  readonly count: number;
  /** By place on the axis; undefined where none has a bucket. */
  readonly high: readonly Drawable[];
  readonly low: readonly Drawable[];
}

/** Undefined when all are drawn. `places`: on the axis. */
export function restOf(others: readonly Placed[], places: number, form: Form): Rest | undefined {
  if (others.length === 0) return undefined;
  const [upper, lower] = hasBand(form) ? (["max", "min"] as const) : [form.stat, form.stat];
  const high: Drawable[] = Array.from({ length: places }, () => undefined);
  const low = [...high];
  for (const { rows, columns } of others)
    for (let place = 0; place < places; place++) {
      const row = rows[place];
      if (!isRow(row)) continue;
      const [top, bottom] = [columns[upper][row]!, columns[lower][row]!];
      // Written so that nothing yet gives way.
      if (!(high[place]! >= top)) high[place] = top;
      if (!(low[place]! <= bottom)) low[place] = bottom;
    }
  return { count: others.length, high, low };
}
