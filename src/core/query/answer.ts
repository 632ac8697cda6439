// Buckets as the columns of an answer. The one place where an average is computed.

import type { Columns } from "../api.ts";
import type { Buckets } from "../bucket.ts";

/** The given rows (or all) in their order. */
export function columnsOf(buckets: Buckets, rows?: readonly number[]): Columns {
  const order = rows ?? Array.from({ length: buckets.length }, (_, row) => row);
  const pick = (column: Float64Array): number[] => order.map((row) => column[row]!);
  return {
    t: pick(buckets.start),
    avg: order.map((row) => average(buckets, row)),
    min: pick(buckets.min),
    max: pick(buckets.max),
    sum: pick(buckets.sum),
    count: pick(buckets.count),
    last: pick(buckets.last),
  };
}

/** Columns that are each made from their name. */
export const columnsBy = (column: (name: keyof Columns) => readonly number[]): Columns => ({
  t: column("t"),
  avg: column("avg"),
  min: column("min"),
  max: column("max"),
  sum: column("sum"),
  count: column("count"),
  last: column("last"),
});

/** sum / count, kept between min and max, which rounding (or a saturated sum) could leave. */
export const average = (buckets: Buckets, row: number): number =>
  Math.min(Math.max(buckets.sum[row]! / buckets.count[row]!, buckets.min[row]!), buckets.max[row]!);
