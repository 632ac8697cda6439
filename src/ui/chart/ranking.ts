// Which series are drawn and listed first: the largest by the statistic shown, as the server orders
// them, so that the worst is never hidden. Pure.

import type { Sort, Stat } from "../url.ts";
import type { Form } from "./form.ts";
import type { Totals } from "./totals.ts";

/** Series drawn unless others are chosen: more cannot be told apart. */
export const LARGEST_DRAWN = 10;

interface Ranked {
  readonly totals: Totals;
}

/** Those that are equal stay in their order. */
export const largestFirst = <L extends Ranked>(lines: readonly L[], stat: Stat): L[] =>
  lines.toSorted((a, b) => b.totals[stat] - a.totals[stat]);

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
