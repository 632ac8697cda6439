// What a chart is made of: the columns of an answer, and what only some answers have. Pure.

import type { SeriesAnswer } from "../../core/api.ts";
import { columnsBy } from "../../core/query/answer.ts";

export type ChartSeries = SeriesAnswer & {
  /** How many series each value was made of. */
  readonly series?: readonly number[];
  /** Of samples: widths, ms; a minute that keeps none stands at its middle. Absent: all are 0. */
  readonly width?: readonly number[];
  /** Rows before which its line is broken, ascending. Absent: where it was silent for long. */
  readonly breaks?: readonly number[];
};
export type ChartColumns = Omit<ChartSeries, "labels">;

/** Columns of one value at each time: whatever is asked of a bucket is that value. */
export const columnsOfValues = (
  t: readonly number[],
  values: readonly number[],
  amounts = values,
  weights: readonly number[] = t.map(() => 1),
): ChartColumns =>
  columnsBy((name) =>
    name === "t" ? t : name === "sum" ? amounts : name === "count" ? weights : values,
  );

/**
 * The rows in which a column has a value, and those of them, as they are numbered then, before which the line is
 * broken: where there are others between, or a gap was before (`gaps`, ascending).
 */
export function rowsOf(
  column: readonly (number | null)[],
  gaps: readonly number[],
): { readonly rows: readonly number[]; readonly breaks: readonly number[] } {
  const rows: number[] = [];
  const breaks: number[] = [];
  const isGap = new Set(gaps);
  let broken = false;
  for (const [row, value] of column.entries()) {
    broken ||= value === null || isGap.has(row);
    if (value === null) continue;
    if (broken && rows.length > 0) breaks.push(rows.length);
    rows.push(row);
    broken = false;
  }
  return { rows, breaks };
}

/** Series that were combined have one value in each bucket; the page has columns for all statistics. */
export const completed = (series: ChartSeries): ChartSeries => ({
  ...series,
  ...columnsOfValues(series.t, series.avg),
});
