// How a chart lays out its data: as lines, unless it is given another look. Pure.

import type uPlot from "uplot";
import { type ChartData, type Column, drawn } from "./data.ts";
import { counts, drawnUnit } from "./form.ts";
import type { ChartInput } from "./options.ts";
import { linear, type Scale } from "./scale.ts";

/** What the crosshair is on. */
export interface At {
  /** CSS pixels inside the chart. */
  readonly left: number;
  readonly top: number;
  /** Width of the chart. */
  readonly width: number;
  /** How far down the plot, as a part of its height. */
  readonly part: number;
  /** Start of the bucket. */
  readonly start: number;
  /** Its place in the data; absent where there is no bucket. */
  readonly place?: number;
}

export interface Look {
  /** In values: five columns of each line (`Drawn`), then the two of the rest. Absent: the lines' own. */
  readonly columns?: (data: ChartData) => readonly Column[];
  /** Made anew with the columns. Absent: linear. */
  readonly scale?: (data: ChartData, columns: readonly Column[]) => Scale;
  /** Alpha of the bands. */
  readonly alpha?: number;
  /** Changes what is made for lines; `now` is what is drawn whenever it is called. */
  readonly options?: (
    made: uPlot.Options,
    input: ChartInput,
    now: () => ChartData,
  ) => uPlot.Options;
  /** Also what is not drawn by itself counts. */
  readonly others?: boolean;
  /** What all are together at a place, where that is drawn. */
  readonly total?: (data: ChartData, place: number) => number | undefined;
  /** Of several rows: what the one under the crosshair is of. */
  readonly row?: (data: ChartData, at: At) => ChartData;
}

export const LINES: Look = {};

export function lineColumns(data: ChartData): Column[] {
  const columns = data.lines.flatMap((line) => {
    const { high, low, closed, open, before } = drawn(line, data);
    return [high, low, closed, open, before];
  });
  if (data.rest !== undefined) columns.push([...data.rest.high], [...data.rest.low]);
  return columns;
}

export function linearOf({ form }: Pick<ChartData, "form">, columns: readonly Column[]): Scale {
  let largest = 0;
  for (const column of columns)
    for (const value of column) if (value != null) largest = Math.max(largest, Math.abs(value));
  return linear(drawnUnit(form), counts(form), largest);
}
