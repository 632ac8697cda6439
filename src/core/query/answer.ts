// Buckets as the columns of an answer, and back. What a column holds is said in stats.ts.

import type { Columns } from "../api.ts";
import type { Buckets } from "../bucket.ts";
import { byStat, STATISTICS } from "../stats.ts";
import { hugeOf, isHuge } from "../sum.ts";

/** The given rows (or all) in their order. */
export function columnsOf(buckets: Buckets, rows?: readonly number[]): Columns {
  const length = rows?.length ?? buckets.length;
  const t = Array<number>(length);
  const columns = byStat(() => Array<number>(length));
  for (let i = 0; i < length; i++) {
    const row = rows === undefined ? i : rows[i]!;
    const bucket = buckets.at(row);
    t[i] = buckets.start[row]!;
    for (const { name, of } of STATISTICS) columns[name][i] = of(bucket);
  }
  return { t, ...columns };
}

/** Columns that are each made from their name. */
export const columnsBy = (column: (name: keyof Columns) => readonly number[]): Columns => ({
  t: column("t"),
  ...byStat(({ name }) => column(name)),
});

/**
 * Merges bucket `i` of an answer's columns into a row. `lastAt` is the time of its latest point (of
 * its start, when only the order of buckets matters), `carry` what rounding took from its sum, where
 * that is known.
 */
export function mergeColumns(
  into: Buckets,
  row: number,
  columns: Columns,
  i: number,
  lastAt = columns.t[i]!,
  carry = 0,
): void {
  const sum = columns.sum[i]!;
  const large = isHuge(sum);
  into.mergeBucket(row, {
    count: columns.count[i]!,
    sum: large ? 0 : sum,
    carry,
    min: columns.min[i]!,
    max: columns.max[i]!,
    last: columns.last[i]!,
    lastAt,
    huge: large ? hugeOf(sum) : undefined,
  });
}
