// The samples of one series as they come: columns that grow.

import type { Minutes } from "../minutes.ts";
import type { Labels } from "../series/labels.ts";
import { merged, type Points } from "./points.ts";
import type { RegularTimes } from "./regular-times.ts";

/** Samples of whole minutes of one series, as they come. */
export interface Column {
  /** Of its series. */
  readonly key: string;
  /** Of its group. */
  readonly labels: Labels;
  /** Undefined: each is in `times`. */
  regular: RegularTimes | undefined;
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

/** What a column takes in memory. */
export const bytesOf = ({ times, values }: Pick<Column, "times" | "values">): number =>
  8 * (times.length + values.length);

/** For so many samples more, with their times. */
export function makeRoom(column: Column, more: number): void {
  const needed = column.length + more;
  writeTimes(column, needed);
  column.times = grown(column.times, column.length, needed);
  column.values = grown(column.values, column.length, needed);
}

function grown(column: Float64Array, length: number, needed: number): Float64Array {
  if (needed <= column.length) return column;
  const grown = new Float64Array(Math.max(16, needed, 2 * column.length));
  grown.set(column.subarray(0, length));
  return grown;
}

/** From now on each time is in `times`, which has room for as many as are needed. */
function writeTimes(column: Column, needed: number): void {
  if (column.regular === undefined) return;
  if (column.times.length < needed)
    column.times = new Float64Array(Math.max(needed, column.values.length));
  column.regular.write(column.times);
  column.regular = undefined;
}

/** Appends rows [first, end) of regular minutes. */
export function addRegular(column: Column, minutes: Minutes, first: number, end: number): void {
  const { start, offset, value, stride } = minutes;
  if (first === end) return;
  const { length } = column;
  const more = (end - first) * stride;
  const goesOn = column.regular?.append(minutes, first, end) === true;
  if (goesOn) column.values = grown(column.values, length, length + more);
  else makeRoom(column, more);
  column.values.set(value.subarray(first * stride, end * stride), length);
  column.length = length + more;
  if (goesOn) {
    column.lastStart = start[end - 1]!;
    return;
  }
  const { times } = column;
  let { lastStart } = column;
  for (let row = first, next = length; row < end; row++) {
    const at = start[row]!;
    // Within a minute they ascend.
    if (at <= lastStart) column.inOrder = column.isOnce = false;
    lastStart = at;
    for (let i = 0; i < stride; i++) times[next++] = at + offset[i]!;
  }
  column.lastStart = lastStart;
}

/** Of a sample that is merged with others, which takes two places. */
const MERGING_BYTES = 2 * 16;

/** Merges the points of some columns, which are empty then. `hold` counts what it takes in memory; negative: less. */
export function* mergeColumns(
  columns: readonly Column[],
  parts: Points[],
  hold: (bytes: number) => void,
): Generator<number, Points> {
  const length = parts.reduce((sum, { times }) => sum + times.length, 0);
  for (const column of columns) {
    hold(-bytesOf(column));
    column.times = column.values = NONE;
  }
  hold(MERGING_BYTES * length);
  yield 0;
  const points = yield* merged(parts);
  hold((-MERGING_BYTES / 2) * length);
  return points;
}
