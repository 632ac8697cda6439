// Buckets by time, as segments hold them and as the roll-up merges them.

import { Buckets } from "./bucket.ts";

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
