// The columns in which the buckets of a tier lie while a query is read. Most queries want the ends of buckets alone:
// for these, columns of the rest are not made for each series. What stands in them may be anything.

import { Buckets } from "../bucket.ts";
import type { Wanted } from "../codec/row-group.ts";
import { pushRows } from "../in-order.ts";

const ENDS = ["start", "count", "first", "firstAt", "last", "lastAt", "rise"] as const;
const OTHERS = ["sum", "carry", "min", "max"] as const;

/** Bytes of a row. */
export const rowBytes = (wanted: Wanted): number =>
  8 * (ENDS.length + (wanted === "all" ? OTHERS.length : 0));

/** One for all columns that nobody wants. */
let nobody = new Float64Array(0);

/** With room for so many rows, of which they never have more: these do not grow. */
export function newColumns(capacity: number, wanted: Wanted): Buckets {
  if (wanted === "all") return new Buckets(capacity);
  if (nobody.length < capacity) nobody = new Float64Array(capacity);
  const columns = new Buckets(0);
  // One piece of memory: to make it takes as long as for any one of them.
  const all = new Float64Array(capacity * ENDS.length);
  for (const [i, name] of ENDS.entries())
    columns[name] = all.subarray(i * capacity, (i + 1) * capacity);
  for (const name of OTHERS) columns[name] = nobody;
  return columns;
}

/** Appends copies of rows [first, end) of others to columns that have room for them. */
export function pushWanted(
  into: Buckets,
  from: Buckets,
  first: number,
  end: number,
  wanted: Wanted,
): void {
  if (wanted === "all") {
    pushRows(into, from, first, end);
    return;
  }
  const { start, count, firstAt, last, lastAt, rise } = into;
  let row = into.extend(end - first);
  for (let i = first; i < end; i++, row++) {
    start[row] = from.start[i]!;
    count[row] = from.count[i]!;
    into.first[row] = from.first[i]!;
    firstAt[row] = from.firstAt[i]!;
    last[row] = from.last[i]!;
    lastAt[row] = from.lastAt[i]!;
    rise[row] = from.rise[i]!;
  }
}

/** A copy of what is to be packed: of columns that nobody wants that which costs least. */
export function forPacking(columns: Buckets, scratch: Buckets, wanted: Wanted): Buckets {
  if (wanted === "all") return columns;
  const { length } = columns;
  scratch.length = 0;
  scratch.extend(length);
  const { sum, carry, min, max, count, first } = scratch;
  for (const name of ENDS) scratch[name].set(columns[name].subarray(0, length));
  // As if all points were the first one.
  min.set(first.subarray(0, length));
  max.set(min.subarray(0, length));
  carry.fill(0, 0, length);
  for (let row = 0; row < length; row++) sum[row] = (count[row]! - 1) * min[row]! + max[row]! + 0;
  return scratch;
}
