// Which series are drawn and listed first: the largest by the statistic shown, as the server orders
// them, so that the worst is never hidden. Pure.

import type { Sort, Stat } from "../url.ts";
import type { ChartColumns } from "./series.ts";
import { type Form, hasBand } from "./form.ts";
import { isRow, type Rows } from "./gaps.ts";
import type { Totals } from "./totals.ts";

/** Series drawn unless others are chosen: more cannot be told apart. */
export const LARGEST_DRAWN = 10;

interface Ranked {
  readonly totals: Totals;
}

/** Those that are equal stay in their order. */
export const largestFirst = <L extends Ranked>(lines: readonly L[], stat: Stat): L[] =>
  lines.toSorted((a, b) => b.totals[stat] - a.totals[stat]);

interface Drawable extends Ranked {
  readonly columns: ChartColumns;
  readonly rows: Rows;
}

/** The highest that anything of a line is drawn in the window. */
export function peakOf({ columns, rows }: Pick<Drawable, "columns" | "rows">, form: Form): number {
  const column = columns[hasBand(form) ? "max" : form.stat];
  let peak = -Infinity;
  for (const row of rows) if (isRow(row) && column[row]! > peak) peak = column[row]!;
  return peak;
}

/** The line that reaches highest. */
export const highest = <L extends Drawable>(lines: readonly L[], form: Form): L | undefined => {
  let found: { readonly line: L; readonly peak: number } | undefined;
  for (const line of lines) {
    const peak = peakOf(line, form);
    if (found === undefined || peak > found.peak) found = { line, peak };
  }
  return found?.line;
};

/**
 * Those of many that are drawn: the largest by the statistic shown, and in the last place, unless it
 * is among them, the one that reaches highest. A spike of a minute is next to nothing in an average.
 */
export function worst<L extends Drawable>(lines: readonly L[], form: Form): L[] {
  const largest = largestFirst(lines, form.stat).slice(0, LARGEST_DRAWN);
  const spike = highest(lines, form);
  if (spike !== undefined && !largest.includes(spike)) largest[LARGEST_DRAWN - 1] = spike;
  return largest;
}

export interface Listed<L> {
  readonly form: Form;
  /** By their labels. */
  readonly all: readonly L[];
  /** Those that are drawn. */
  readonly lines: readonly L[];
}

/**
 * All series in the order of a list. Unless it is sorted, few stay by their labels whatever their
 * numbers do; of more than can be seen at once, what is drawn stands first, the largest before all.
 */
export function listed<L extends Ranked>({ all, lines, form }: Listed<L>, sort?: Sort): L[] {
  if (sort === "name") return [...all];
  if (sort !== undefined) return largestFirst(all, sort);
  if (all.length <= LARGEST_DRAWN) return [...all];
  const drawn = new Set(lines);
  return largestFirst(all, form.stat).sort((a, b) => Number(drawn.has(b)) - Number(drawn.has(a)));
}
