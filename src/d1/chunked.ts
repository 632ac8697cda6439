// Cuts lists so that each part fits one bound parameter of D1, or one row.

import * as LIMITS from "../core/limits.ts";

/** Consecutive parts of `items`, each under `LIMITS.rowBytes` by `bytesOf`, or of one item. */
export function chunked<T>(items: Iterable<T>, bytesOf: (item: T) => number): T[][] {
  const parts: T[][] = [];
  let part: T[] = [];
  let size = 0;
  for (const item of items) {
    const bytes = bytesOf(item);
    if (part.length > 0 && size + bytes > LIMITS.rowBytes) {
      parts.push(part);
      part = [];
      size = 0;
    }
    part.push(item);
    size += bytes;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}

/** The first items that are within `bound` bytes together; one at least. */
export function firstWithin<T>(
  bound: number,
  items: readonly T[],
  bytesOf: (item: T) => number,
): readonly T[] {
  let bytes = 0;
  const end = items.findIndex((item, i) => (bytes += bytesOf(item)) > bound && i > 0);
  return end < 0 ? items : items.slice(0, end);
}
