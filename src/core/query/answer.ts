// Buckets as the columns of an answer, and back. What a column holds is said in stats.ts.

import type { Columns, CounterColumns } from "../api.ts";
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

/**
 * What the series of buckets rose (`Merge.raise`), which are `step` ms wide. Where each point is the first of its
 * series (`begun`: how many are, by start), there is nothing that they rose from, and no rate.
 */
export function counterColumns(
  { start, count, rise, length }: Buckets,
  step: number,
  begun: ReadonlyMap<number, number>,
): CounterColumns {
  const increase = Array.from(rise.subarray(0, length));
  const rate = increase.map((rose, row) =>
    begun.get(start[row]!) === count[row] ? null : rose / (step / 1000),
  );
  return { increase, rate };
}

/** Columns that are each made from their name. */
export const columnsBy = (column: (name: keyof Columns) => readonly number[]): Columns => ({
  t: column("t"),
  ...byStat(({ name }) => column(name)),
});

/** What columns do not say of a bucket. */
interface Known {
  readonly firstAt?: number | undefined;
  readonly lastAt?: number | undefined;
  readonly carry?: number | undefined;
}

/**
 * Merges bucket `i` of an answer's columns into a row. `firstAt` and `lastAt` are the times of its
 * earliest and latest point (its start, when only the order of buckets matters), `carry` is what rounding
 * took from its sum, where that is known. Of its rise the columns know nothing.
 */
export function mergeColumns(
  into: Buckets,
  row: number,
  columns: Columns,
  i: number,
  { firstAt = columns.t[i]!, lastAt = columns.t[i]!, carry = 0 }: Known = {},
): void {
  const sum = columns.sum[i]!;
  const large = isHuge(sum);
  into.mergeBucket(row, {
    count: columns.count[i]!,
    sum: large ? 0 : sum,
    carry,
    min: columns.min[i]!,
    max: columns.max[i]!,
    first: columns.first[i]!,
    firstAt,
    last: columns.last[i]!,
    lastAt,
    rise: 0,
    huge: large ? hugeOf(sum) : undefined,
  });
}
