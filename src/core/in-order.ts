// Buckets, and minutes, by time, as segments hold them and as the roll-up and queries merge them.

import { Buckets } from "./bucket.ts";
import type { Minutes } from "./minutes.ts";

/** By ascending start, each start once: themselves, or a copy in which rows of one start are merged. */
export function inOrder(buckets: Buckets): Buckets {
  if (isAscending(buckets)) return buckets;
  const { start, firstAt, lastAt } = buckets;
  const order = Array.from({ length: buckets.length }, (_, row) => row);
  order.sort(
    (a, b) => start[a]! - start[b]! || firstAt[a]! - firstAt[b]! || lastAt[a]! - lastAt[b]!,
  );
  const sorted = new Buckets(buckets.length);
  for (const row of order) {
    const top = sorted.length - 1;
    if (top >= 0 && sorted.start[top] === start[row]) sorted.merge(top, buckets, row);
    else sorted.pushCopy(start[row]!, buckets, row);
  }
  return sorted;
}

function isAscending({ start, length }: Buckets): boolean {
  for (let row = 1; row < length; row++) if (!(start[row - 1]! < start[row]!)) return false;
  return true;
}

/** Merges rows of one start that follow each other, in their order and in place. */
export function foldStarts(buckets: Buckets): void {
  const { start } = buckets;
  let top = 0;
  for (let row = 1; row < buckets.length; row++) {
    if (start[row] === start[top]) buckets.merge(top, buckets, row);
    else if (++top !== row) {
      buckets.clear(top);
      start[top] = start[row]!;
      buckets.merge(top, buckets, row);
    }
  }
  buckets.length = Math.min(buckets.length, top + 1);
}

/** Appends copies of rows [first, end) of others. */
export function pushRows(into: Buckets, from: Buckets, first: number, end: number): void {
  const at = into.extend(end - first);
  const { start, count, sum, carry, min, max, firstAt, last, lastAt, rise } = into;
  for (let i = first, row = at; i < end; i++, row++) {
    start[row] = from.start[i]!;
    count[row] = from.count[i]!;
    sum[row] = from.sum[i]!;
    carry[row] = from.carry[i]!;
    min[row] = from.min[i]!;
    max[row] = from.max[i]!;
    into.first[row] = from.first[i]!;
    firstAt[row] = from.firstAt[i]!;
    last[row] = from.last[i]!;
    lastAt[row] = from.lastAt[i]!;
    rise[row] = from.rise[i]!;
    const huge = from.huge(i);
    if (huge !== undefined) into.addHuge(row, huge);
  }
}

/** Rows by start; where several have the same, they are merged into the one that is among them. */
export function unitedByStart(minutes: Minutes): number[] {
  const { start } = minutes;
  const united: number[] = [];
  const order = Array.from({ length: minutes.length }, (_, row) => row);
  for (const row of order.sort((a, b) => start[a]! - start[b]!)) {
    const last = united.at(-1);
    if (last !== undefined && start[last] === start[row]) minutes.merge(last, minutes, row);
    else united.push(row);
  }
  return united;
}
