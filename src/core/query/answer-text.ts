// The text of a query's answer in parts, each made when it is asked for: an answer may be a hundred times
// what its buckets take. Pure.

import type { Columns, QueryAnswer } from "../api.ts";
import type { Buckets } from "../bucket.ts";
import { labelsObject } from "../series/labels.ts";
import { STAT_NAMES, STATISTICS } from "../stats.ts";
import { columnsOf } from "./answer.ts";
import type { MergedGroup } from "./merge.ts";

/** All of an answer but its series. */
export type AnswerHead = Omit<QueryAnswer, "series">;

/** Buckets of a part: few, so that what it takes to write them is gone before it is kept anywhere. */
const PART = 256;
/** Columns of a group's buckets, a part at a time. */
export function* columnParts({ buckets }: MergedGroup): Generator<Columns> {
  const all = buckets();
  for (const [first, end] of parts(all.length)) yield columnsOf(all, range(first, end));
}

function* parts(length: number): Generator<readonly [first: number, end: number]> {
  for (let first = 0; first < length; first += PART) yield [first, Math.min(length, first + PART)];
}

const range = (first: number, end: number): number[] =>
  Array.from({ length: end - first }, (_, i) => first + i);

/** The answer as JSON; it ends with a newline. */
export function* jsonParts(head: AnswerHead, groups: readonly MergedGroup[]): Generator<string> {
  yield `${JSON.stringify(head).slice(0, -1)},"series":[`;
  for (const [i, group] of groups.entries()) {
    yield `${i === 0 ? "" : ","}{"labels":${JSON.stringify(labelsObject(group.labels))}`;
    const buckets = group.buckets();
    yield* columnText("t", buckets, (row) => buckets.start[row]!);
    for (const { name, of } of STATISTICS)
      yield* columnText(name, buckets, (row) => of(buckets.at(row)));
    yield "}";
  }
  yield "]}\n";
}

function* columnText(
  name: keyof Columns,
  { length }: Buckets,
  of: (row: number) => number,
): Generator<string> {
  yield `,"${name}":[`;
  for (const [first, end] of parts(length)) {
    const numbers = range(first, end).map(of);
    if (first > 0) yield ",";
    yield JSON.stringify(numbers).slice(1, -1);
  }
  yield "]";
}

/** What an answer shows of a group, as numbers: two that show the same have the same. */
export function* numbersOf(group: MergedGroup): Generator<Float64Array> {
  const width = 1 + STAT_NAMES.length;
  for (const columns of columnParts(group)) {
    const numbers = new Float64Array(width * columns.t.length);
    numbers.set(columns.t);
    STAT_NAMES.forEach((name, i) => numbers.set(columns[name], (i + 1) * columns.t.length));
    yield numbers;
  }
}
