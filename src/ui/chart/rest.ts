// Of many series, those that are not drawn: what lies between the smallest and the largest of them at
// each place, so that nothing is out of sight. Pure.

import type { RestColumns } from "../../core/api.ts";
import { type Form, hasBand } from "./form.ts";
import { type Drawable, isRow, placeFrom, type Rows } from "./gaps.ts";
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

/**
 * Undefined when all are drawn. `starts`: of the places on the axis; `cut`: of series that are not in the answer, as
 * they are drawn.
 */
export function restOf(
  others: readonly Placed[],
  starts: readonly number[],
  form: Form,
  cut?: RestColumns,
): Rest | undefined {
  if (others.length === 0 && cut === undefined) return undefined;
  const places = starts.length;
  const [upper, lower] = hasBand(form) ? (["max", "min"] as const) : [form.stat, form.stat];
  const high: Drawable[] = Array.from({ length: places }, () => undefined);
  const low = [...high];
  const add = (place: number, top: number, bottom: number): void => {
    // Written so that nothing yet gives way.
    if (!(high[place]! >= top)) high[place] = top;
    if (!(low[place]! <= bottom)) low[place] = bottom;
  };
  for (const { rows, columns } of others)
    for (let place = 0; place < places; place++) {
      const row = rows[place];
      if (isRow(row)) add(place, columns[upper][row]!, columns[lower][row]!);
    }
  for (const [row, start] of (cut?.t ?? []).entries()) {
    const place = placeFrom(starts, start);
    if (starts[place] === start) add(place, cut!.max[row]!, cut!.min[row]!);
  }
  return { count: others.length + (cut?.series ?? 0), high, low };
}
