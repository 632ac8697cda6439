// The text of a query's answer in parts, each made when it is asked for: an answer may be a hundred times
// what its buckets take. Pure.

import type { AcrossAnswer, QueryAnswer, RawAnswer } from "../api.ts";
import { type Labels, labelsObject } from "../series/labels.ts";
import type { Buckets } from "../bucket.ts";
import { STATISTICS } from "../stats.ts";
import { columnsOf, counterColumns } from "./answer.ts";
import type { ColumnName } from "./csv.ts";
import type { MergedGroup } from "./merge.ts";

/** All of an answer but its series. */
export type AnswerHead = Omit<QueryAnswer | AcrossAnswer, "series"> | Omit<RawAnswer, "series">;

/** Those that an answer has: all statistics, or what series that are combined have. */
export type AnswerColumns = { readonly t: readonly number[] } & Partial<
  Readonly<Record<ColumnName, readonly (number | null)[]>>
>;

/** A series of an answer whose columns are made when they are asked for. */
export interface LazySeries {
  readonly labels: Labels;
  columns(): AnswerColumns;
}

/** Buckets of an answer whose columns are made once, though they are asked for twice: some 4 MB. */
const KEPT = 65_536;

interface AskedOfColumns {
  /** Whether there is an increase and a rate. */
  readonly isCounter?: boolean;
  readonly step: number;
  /** Columns that buckets do not say, of the group with these labels. */
  readonly more?: (labels: Labels) => Omit<AnswerColumns, "t">;
  /** Statistics that are asked for; default: all. */
  readonly stats?: ReadonlySet<string> | undefined;
}

/** `size`: the buckets of all groups. */
export const lazily = (
  groups: readonly MergedGroup[],
  size: number,
  { isCounter = false, step, more = () => ({}), stats }: AskedOfColumns,
): readonly LazySeries[] =>
  keeping(
    groups.map(({ labels, begun, buckets: of }) => ({
      labels,
      columns: (): AnswerColumns => {
        const buckets = of();
        return {
          ...(stats === undefined ? columnsOf(buckets) : someColumns(buckets, stats)),
          ...(isCounter && counterColumns(buckets, step, begun)),
          ...more(labels),
        };
      },
    })),
    size,
  );

/** Some of the statistics, by their names. */
function someColumns(buckets: Buckets, names: ReadonlySet<string>): AnswerColumns {
  const statistics = STATISTICS.filter(({ name }) => names.has(name));
  const columns = statistics.map(() => Array<number>(buckets.length));
  for (let row = 0; row < buckets.length; row++) {
    const bucket = buckets.at(row);
    for (let i = 0; i < statistics.length; i++) columns[i]![row] = statistics[i]!.of(bucket);
  }
  return {
    t: Array.from(buckets.start.subarray(0, buckets.length)),
    ...Object.fromEntries(statistics.map(({ name }, i) => [name, columns[i]!])),
  };
}

/** Makes columns once, where these are not too many. */
export const keeping = (series: readonly LazySeries[], size: number): readonly LazySeries[] =>
  size > KEPT
    ? series
    : series.map(({ labels, columns: make }) => {
        let columns: AnswerColumns | undefined;
        return { labels, columns: () => (columns ??= make()) };
      });

/** Numbers of a part: few, so that what it takes to write them is gone before it is kept anywhere. */
const PART = 1_024;

/** The answer as JSON, with t and those of these columns that there are; it ends with a newline. */
export function* jsonParts(
  head: AnswerHead,
  series: readonly LazySeries[],
  names: readonly ColumnName[],
): Generator<string> {
  yield `${JSON.stringify(head).slice(0, -1)},"series":[`;
  for (const [i, { labels, columns: make }] of series.entries()) {
    yield `${i === 0 ? "" : ","}{"labels":${JSON.stringify(labelsObject(labels))}`;
    const columns = make();
    for (const name of ["t", ...names] as const) {
      const column = columns[name];
      if (column === undefined) continue;
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
export function* numbersOf(
  { columns: make }: LazySeries,
  names: readonly ColumnName[],
): Generator<Float64Array> {
  const columns = make();
  for (const name of ["t", ...names] as const) {
    const column = columns[name];
    if (column === undefined) continue;
    // Not Float64Array.from: its iterator takes longer than all else that is done with an answer.
    const numbers = new Float64Array(column.length);
    for (let i = 0; i < column.length; i++) numbers[i] = column[i] ?? NaN;
    yield numbers;
  }
}
