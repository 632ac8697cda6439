// The text of a query's answer in parts, each made when it is asked for: an answer may be a hundred times
// what its buckets take. Pure.

import type { AcrossAnswer, QueryAnswer, RawAnswer } from "../api.ts";
import { type Labels, labelsObject } from "../series/labels.ts";
import type { Buckets } from "../bucket.ts";
import { STAT_NAMES, STATISTIC, type StatName } from "../stats.ts";
import { counterColumns } from "./answer.ts";
import type { ColumnName } from "./csv.ts";
import type { MergedGroup } from "./merge.ts";

/** All of an answer but its series. */
export type AnswerHead = Omit<QueryAnswer | AcrossAnswer, "series"> | Omit<RawAnswer, "series">;

/** Those that an answer has: all statistics, or what series that are combined have. */
export type AnswerColumns = { readonly t: ArrayLike<number> } & Partial<
  Readonly<Record<ColumnName, ArrayLike<number | null>>>
>;

/** A series of an answer whose columns are made when they are asked for, and hold until those of the next are. */
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
): readonly LazySeries[] => {
  const names = STAT_NAMES.filter((name) => stats === undefined || stats.has(name));
  let place = new Float64Array(0);
  /** Columns of large answers come and go by the thousand: they have one place. */
  const room = (numbers: number): Float64Array => {
    if (size <= KEPT) return new Float64Array(numbers);
    if (place.length < numbers) place = new Float64Array(numbers);
    return place;
  };
  return keeping(
    groups.map(({ labels, begun, buckets: of }) => ({
      labels,
      columns: (): AnswerColumns => {
        const buckets = of();
        return {
          ...statColumns(buckets, names, room((names.length + 1) * buckets.length)),
          ...(isCounter && counterColumns(buckets, step, begun)),
          ...more(labels),
        };
      },
    })),
    size,
  );
};

/** Statistics of buckets, one after the other in a place that has room for them, and for the starts. */
function statColumns(
  buckets: Buckets,
  names: readonly StatName[],
  place: Float64Array,
): AnswerColumns {
  const { length, start, count, first } = buckets;
  const columns = names.map((_, i) => place.subarray((i + 1) * length, (i + 2) * length));
  const of = names.map((name) => STATISTIC[name].of);
  for (let row = 0; row < length; row++) {
    const value = first[row]!;
    // Of one point all are its value, but for their number, and the signs of zeros.
    const isOne = count[row] === 1 && value !== 0;
    const bucket = isOne ? undefined : buckets.at(row);
    for (let i = 0; i < of.length; i++)
      columns[i]![row] = bucket === undefined ? value : of[i]!(bucket);
  }
  const counts = columns[names.indexOf("count")];
  counts?.set(count.subarray(0, length));
  const t = place.subarray(0, length);
  t.set(start.subarray(0, length));
  return { t, ...Object.fromEntries(names.map((name, i) => [name, columns[i]!])) };
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
        yield partText(column, from);
      }
      yield "]";
    }
    yield "}";
  }
  yield "]}\n";
}

/** So that neither a column nor its text is held twice. */
function partText(column: ArrayLike<number | null>, from: number): string {
  const part: (number | null)[] = [];
  for (let i = from; i < Math.min(column.length, from + PART); i++) part.push(column[i]!);
  return JSON.stringify(part).slice(1, -1);
}

/**
 * What an answer shows of a series, as numbers: two that show the same have the same. A column holds until the next is
 * asked for.
 */
export function* numbersOf(
  { columns: make }: LazySeries,
  names: readonly ColumnName[],
): Generator<Float64Array> {
  const columns = make();
  for (const name of ["t", ...names] as const) {
    const column = columns[name];
    if (column === undefined) continue;
    if (column instanceof Float64Array) {
      yield column;
      continue;
    }
    // Not Float64Array.from: its iterator takes longer than all else that is done with an answer.
    const numbers = new Float64Array(column.length);
    for (let i = 0; i < column.length; i++) numbers[i] = column[i] ?? NaN;
    yield numbers;
  }
}
