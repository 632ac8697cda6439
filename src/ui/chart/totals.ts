// The numbers of one bucket, or of a whole line: as the server gave them, or merged as the
// one algebra would (a law compares them), so that the size of the buckets does not matter. Rows come in the order
// of time. Pure.

import type { Columns } from "../../core/api.ts";
import type { Bucket } from "../../core/bucket.ts";
import { byStat } from "../../core/stats.ts";
import { addTo, hugeOf, isHuge, plus } from "../../core/sum.ts";
import type { Stat } from "../url.ts";
import type { Form } from "./form.ts";
import { isRow, type Rows } from "./gaps.ts";

export type Totals = Readonly<Record<Stat, number>>;

export const totalsAt = ({ columns }: { readonly columns: Columns }, row: number): Totals =>
  byStat(({ name }) => columns[name][row]!);

/** The column that has one of the ends of each row: of values that have an amount and a weight, the value. */
type ColumnOf = (stat: "min" | "max" | "first" | "last") => readonly number[];

/**
 * Of rows in the order of time, as the one algebra merges them, which the first view has no room for: a law
 * compares. The average is what was summed by what it is to be divided by.
 */
function merged(columns: Columns, rows: readonly number[], of: ColumnOf): Totals {
  let [min, max, count] = [Infinity, -Infinity, 0];
  let huge: Bucket["huge"];
  const [sum, carry] = [new Float64Array(1), new Float64Array(1)];
  for (const row of rows) {
    min = Math.min(min, of("min")[row]!);
    max = Math.max(max, of("max")[row]!);
    count += columns.count[row]!;
    const more = columns.sum[row]!;
    if (isHuge(more)) huge = huge === undefined ? hugeOf(more) : plus(huge, hugeOf(more));
    else addTo(sum, carry, 0, more, 0);
  }
  const [from, to] = [rows[0]!, rows.at(-1)!];
  const bucket: Bucket = {
    count,
    sum: sum[0]!,
    carry: carry[0]!,
    huge,
    min,
    max,
    rise: 0,
    first: of("first")[from]!,
    firstAt: columns.t[from]!,
    last: of("last")[to]!,
    lastAt: columns.t[to]!,
  };
  return byStat((statistic) => statistic.of(bucket));
}

/** Of every bucket of a line that has one at least; `kind`: what its columns are. */
export function totals(
  line: { readonly columns: Columns; readonly rows: Rows },
  kind: Form["kind"] = "buckets",
): Totals {
  const { columns } = line;
  const rows = line.rows.filter(isRow);
  // What rounding took from one bucket's sum is known to the server alone.
  if (rows.length === 1) return totalsAt(line, rows[0]!);
  const isBuckets = kind === "buckets" || kind === "samples";
  return merged(columns, rows, (stat) => columns[isBuckets ? stat : "avg"]);
}
