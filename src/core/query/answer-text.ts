// The text of a query's answer in parts, each made when it is asked for: an answer may be a hundred times
// what its buckets take. Pure.

import type { Columns, QueryAnswer } from "../api.ts";
import { type Labels, labelsObject } from "../series/labels.ts";
import { STAT_NAMES } from "../stats.ts";
import { columnsOf } from "./answer.ts";
import type { MergedGroup } from "./merge.ts";

/** All of an answer but its series. */
export type AnswerHead = Omit<QueryAnswer, "series">;

/** A series of an answer whose columns are made when they are asked for. */
export interface LazySeries {
  readonly labels: Labels;
  columns(): Columns;
}

/** Buckets of an answer whose columns are made once, though they are asked for twice: some 4 MB. */
const KEPT = 65_536;

/** `size`: the buckets of all groups. */
export const lazily = (groups: readonly MergedGroup[], size: number): readonly LazySeries[] =>
  groups.map(({ labels, buckets }) => {
    if (size > KEPT) return { labels, columns: () => columnsOf(buckets()) };
    let columns: Columns | undefined;
    return { labels, columns: () => (columns ??= columnsOf(buckets())) };
  });

const NAMES = ["t", ...STAT_NAMES] as const;

/** Numbers of a part: few, so that what it takes to write them is gone before it is kept anywhere. */
const PART = 1_024;

/** The answer as JSON; it ends with a newline. */
export function* jsonParts(head: AnswerHead, series: readonly LazySeries[]): Generator<string> {
  yield `${JSON.stringify(head).slice(0, -1)},"series":[`;
  for (const [i, { labels, columns: make }] of series.entries()) {
    yield `${i === 0 ? "" : ","}{"labels":${JSON.stringify(labelsObject(labels))}`;
    const columns = make();
    for (const name of NAMES) {
      const column = columns[name];
      yield `,"${name}":[`;
      for (let from = 0; from < column.length; from += PART) {
        if (from > 0) yield ",";
        yield JSON.stringify(column.slice(from, from + PART)).slice(1, -1);
      }
      yield "]";
    }
    yield "}";
  }
  yield "]}\n";
}

/** What an answer shows of a series, as numbers: two that show the same have the same. */
export function* numbersOf({ columns: make }: LazySeries): Generator<Float64Array> {
  const columns = make();
  for (const name of NAMES) yield new Float64Array(columns[name]);
}
