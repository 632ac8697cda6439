// What a panel of numbers says of each line: one number of the range, and how it changed. Pure. Loaded with
// the first panel that is shown so.

import type { Stat } from "../url.ts";
import { changeOf } from "./change.ts";
import type { ChartData, Line } from "./data.ts";
import type { Figure, Form } from "./form.ts";
import { isRow, placeFrom } from "./gaps.ts";
import { totals } from "./totals.ts";

/** The number that is chosen, where this form has it; else its last. */
export const figureOf = ({ legend }: Pick<Form, "legend">, chosen: Stat | undefined): Figure =>
  legend.find(({ name }) => name === chosen) ?? legend[0]!;

/** What is drawn at each place; null: nothing is. */
export const pointsOf = ({ rows, columns }: Line, { form }: ChartData): (number | null)[] =>
  rows.map((row) => (isRow(row) ? columns[form.stat][row]! : null));

/**
 * Since the period that is compared with, of the number that is shown; without one, from the first whole
 * bucket of the range to its last, of what is drawn.
 */
export function changeIn(line: Line, figure: Figure, data: ChartData): number | undefined {
  const { rows, columns, before } = line;
  const { form, starts, partialFrom } = data;
  const whole = rows.slice(0, placeFrom(starts, partialFrom));
  const [first, last] = [whole.find(isRow), whole.findLast(isRow)];
  if (first === undefined || last === undefined || figure.name === "series") return undefined;
  if (before !== undefined)
    return changeOf(
      before.totals?.[figure.name],
      totals({ columns, rows: whole }, form.kind)[figure.name],
    );
  return first === last ? undefined : changeOf(columns[form.stat][first], columns[form.stat][last]);
}
