// The samples of one series as they come: columns that grow.

import type { Minutes } from "../minutes.ts";
import type { Labels } from "../series/labels.ts";

/** Samples of whole minutes of one series, as they come. */
export interface Column {
  /** Of its series. */
  readonly key: string;
  /** Of its group. */
  readonly labels: Labels;
  times: Float64Array;
  values: Float64Array;
  length: number;
  /** Whether each minute came at once, and after those before it. */
  inOrder: boolean;
  lastStart: number;
  /** Whether each sample came after those before it, at a time of its own. */
  isOnce: boolean;
  /** Starts of minutes of which a part keeps a bucket, or too many samples. */
  readonly collapsed: Set<number>;
  /** End marks. */
  readonly ends: number[];
}

export const NONE = new Float64Array(0);

/** For so many samples more. */
export function makeRoom(column: Column, more: number): void {
  const { length } = column;
  const needed = length + more;
  if (needed <= column.times.length) return;
  const capacity = Math.max(16, needed, 2 * column.times.length);
  for (const name of ["times", "values"] as const) {
    const grown = new Float64Array(capacity);
    grown.set(column[name].subarray(0, length));
    column[name] = grown;
  }
}

/** Appends rows [first, end) of regular minutes, which may keep so many samples. */
export function addRegular(column: Column, minutes: Minutes, first: number, end: number): void {
  const { start, offset, value, stride } = minutes;
  if (first === end) return;
  makeRoom(column, (end - first) * stride);
  const { times } = column;
  // They follow each other as they shall.
  column.values.set(value.subarray(first * stride, end * stride), column.length);
  let { length, lastStart } = column;
  for (let row = first; row < end; row++) {
    const at = start[row]!;
    // Within a minute they ascend.
    if (at <= lastStart) column.inOrder = column.isOnce = false;
    lastStart = at;
    for (let i = 0; i < stride; i++) times[length++] = at + offset[i]!;
  }
  column.length = length;
  column.lastStart = lastStart;
}
