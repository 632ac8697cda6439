// Buckets as the columns of an answer, and back. What a column holds is said in stats.ts.

import type { Columns } from "../api.ts";
import type { Bucket, Buckets } from "../bucket.ts";
import { byStat } from "../stats.ts";
import { hugeOf, isHuge, type Pair } from "../sum.ts";

/** A row of columns as a plain bucket, without one object a row. */
class Row implements Bucket {
  readonly #buckets: Buckets;
  at = 0;

  constructor(buckets: Buckets) {
    this.#buckets = buckets;
  }

  get count(): number {
    return this.#buckets.count[this.at]!;
  }
  get sum(): number {
    return this.#buckets.sum[this.at]!;
  }
  get carry(): number {
    return this.#buckets.carry[this.at]!;
  }
  get huge(): Pair {
    return this.#buckets.huge(this.at) ?? NO_HUGE;
  }
  get min(): number {
    return this.#buckets.min[this.at]!;
  }
  get max(): number {
    return this.#buckets.max[this.at]!;
  }
  get last(): number {
    return this.#buckets.last[this.at]!;
  }
  get lastAt(): number {
    return this.#buckets.lastAt[this.at]!;
  }
}

const NO_HUGE: Pair = [0, 0];

/** The given rows (or all) in their order. */
export function columnsOf(buckets: Buckets, rows?: readonly number[]): Columns {
  const order = rows ?? Array.from({ length: buckets.length }, (_, row) => row);
  const row = new Row(buckets);
  return {
    t: order.map((at) => buckets.start[at]!),
    ...byStat(({ of }) =>
      order.map((at) => {
        row.at = at;
        return of(row);
      }),
    ),
  };
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
  const [small, huge] = isHuge(sum) ? [0, hugeOf(sum)] : [sum, undefined];
  into.mergeBucket(row, {
    count: columns.count[i]!,
    sum: small,
    carry,
    min: columns.min[i]!,
    max: columns.max[i]!,
    last: columns.last[i]!,
    lastAt,
    ...(huge !== undefined && { huge }),
  });
}
