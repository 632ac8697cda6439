// The numbers of one bucket, or of a whole line: as the server gave them, or merged by the one
// algebra, so that neither order nor size of the buckets matters. Pure.

import type { Columns } from "../../core/api.ts";
import { Buckets } from "../../core/bucket.ts";
import { mergeColumns } from "../../core/query/answer.ts";
import { byStat } from "../../core/stats.ts";
import type { Stat } from "../url.ts";
import type { Form } from "./form.ts";
import { isRow, type Rows } from "./gaps.ts";

export type Totals = Readonly<Record<Stat, number>>;

export const totalsAt = ({ columns }: { readonly columns: Columns }, row: number): Totals =>
  byStat(({ name }) => columns[name][row]!);

/** Of values with amounts and weights: the average is what was summed by what it is to be divided by. */
function weighted(columns: Columns, rows: readonly number[]): Totals {
  let [min, max, sum, count] = [Infinity, -Infinity, 0, 0];
  for (const row of rows) {
    const value = columns.avg[row]!;
    if (value < min) min = value;
    if (value > max) max = value;
    sum += columns.sum[row]!;
    count += columns.count[row]!;
  }
  const [first, last] = [columns.avg[rows[0]!]!, columns.avg[rows.at(-1)!]!];
  return { avg: count === 0 ? Number.NaN : sum / count, min, max, sum, count, first, last };
}

/** Of every bucket of a line that has one at least; `form`: what its columns are. */
export function totals(
  line: { readonly columns: Columns; readonly rows: Rows },
  kind: Form["kind"] = "buckets",
): Totals {
  const rows = line.rows.filter(isRow);
  // What rounding took from one bucket's sum is known to the server alone.
  if (rows.length === 1) return totalsAt(line, rows[0]!);
  if (kind !== "buckets") return weighted(line.columns, rows);
  const merged = new Buckets(1);
  const all = merged.push(0);
  for (const row of rows) mergeColumns(merged, all, line.columns, row);
  const bucket = merged.at(all);
  return byStat(({ of }) => of(bucket));
}
