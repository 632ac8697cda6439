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

/** Series that were combined have one value in each bucket; the page has columns for all statistics. */
export const completed = (series: ChartSeries): ChartSeries => ({
  ...series,
  ...columnsOfValues(series.t, series.avg),
});
