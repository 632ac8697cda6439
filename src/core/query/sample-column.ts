// The samples of one series as they come: columns that grow.

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
  lastAt: number;
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
