// The numbers of one bucket, or of a whole line: as the server gave them, or merged by the one
// algebra, so that neither order nor size of the buckets matters. Pure.

import type { Columns } from "../../core/api.ts";
import { type Bucket, Buckets } from "../../core/bucket.ts";
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
  const [from, to] = [rows[0]!, rows.at(-1)!];
  const bucket: Bucket = {
    count,
    sum,
    carry: 0,
    huge: undefined,
    min,
    max,
    rise: 0,
    first: columns.avg[from]!,
    firstAt: columns.t[from]!,
    last: columns.avg[to]!,
    lastAt: columns.t[to]!,
  };
  return byStat(({ of }) => of(bucket));
}

/** Of every bucket of a line that has one at least; `form`: what its columns are. */
export function totals(
  line: { readonly columns: Columns; readonly rows: Rows },
  kind: Form["kind"] = "buckets",
): Totals {
  const rows = line.rows.filter(isRow);
  // What rounding took from one bucket's sum is known to the server alone.
  if (rows.length === 1) return totalsAt(line, rows[0]!);
  if (kind !== "buckets" && kind !== "samples") return weighted(line.columns, rows);
  const merged = new Buckets(1);
  const all = merged.push(0);
  for (const row of rows) mergeColumns(merged, all, line.columns, row);
  const bucket = merged.at(all);
  return byStat(({ of }) => of(bucket));
}
