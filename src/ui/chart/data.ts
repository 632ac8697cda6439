// From answers to what a chart draws: aligned columns with gaps where buckets are missing. Pure.

import type { Columns, SeriesAnswer } from "../../core/api.ts";

export interface Line {
  readonly labels: Readonly<Record<string, string>>;
  readonly columns: Columns;
  /** For each place on the axis the row of `columns`; undefined where the bucket is missing. */
  readonly rows: readonly (number | undefined)[];
}

export interface ChartData {
  /** Bucket width, ms. */
  readonly step: number;
  /** Starts of buckets, Unix ms, ascending; a place that no line has breaks every line. */
  readonly starts: readonly number[];
  /** Buckets that start here or later may still change. */
  readonly partialFrom: number;
  readonly lines: readonly Line[];
}

/** Buckets in [from, to). */
export function chartData(
  series: readonly SeriesAnswer[],
  range: { readonly from: number; readonly to: number },
  step: number,
  partialFrom: number,
): ChartData {
  const all = new Set<number>();
  for (const { t } of series)
    for (const start of t) if (start >= range.from && start < range.to) all.add(start);
  const starts = withBreaks(
    [...all].sort((a, b) => a - b),
    step,
  );
  const lines = series.map(({ labels, ...columns }): Line => {
    const row = new Map(columns.t.map((start, i) => [start, i]));
    return { labels, columns, rows: starts.map((start) => row.get(start)) };
  });
  return { step, starts, partialFrom, lines: lines.filter(({ rows }) => rows.some(isRow)) };
}

const isRow = (row: number | undefined): boolean => row !== undefined;

/** Puts one empty place into every hole, however wide. */
function withBreaks(starts: readonly number[], step: number): number[] {
  const places: number[] = [];
  for (const start of starts) {
    const before = places.at(-1);
    if (before !== undefined && start > before + step) places.push(before + step);
    places.push(start);
  }
  return places;
}

/** One drawn column: null is "nothing here". */
export type Column = (number | null)[];

/** The four columns that draw a line, in the order in which uPlot gets them. */
export const COLUMNS_PER_LINE = 4;
export interface Drawn {
  readonly high: Column;
  readonly low: Column;
  /** Averages of buckets that are complete. */
  readonly closed: Column;
  /** Averages of buckets that may change, and of the one before, so that a dashed line joins them. */
  readonly open: Column;
}

export function drawn(line: Line, { starts, partialFrom }: ChartData): Drawn {
  const { rows, columns } = line;
  const column = (
    values: readonly number[],
    wanted: (start: number, i: number) => boolean = () => true,
  ): Column =>
    rows.map((row, i) => (row === undefined || !wanted(starts[i]!, i) ? null : values[row]!));
  const isOpen = (start: number | undefined): boolean =>
    start !== undefined && start >= partialFrom;
  return {
    high: column(columns.max),
    low: column(columns.min),
    closed: column(columns.avg, (start) => !isOpen(start)),
    open: column(
      columns.avg,
      (start, i) => isOpen(start) || (isOpen(starts[i + 1]) && rows[i + 1] !== undefined),
    ),
  };
}

/** Buckets are drawn at their middle: an average belongs to its whole period. */
export const middles = ({ starts, step }: ChartData): number[] =>
  starts.map((start) => start + step / 2);

/** Places of values without a neighbour: no line passes through them, so they need a dot. */
export function lonely(column: readonly (number | null | undefined)[]): number[] {
  const isNone = (value: number | null | undefined): boolean => value == null;
  const places: number[] = [];
  column.forEach((value, i) => {
    if (!isNone(value) && isNone(column[i - 1]) && isNone(column[i + 1])) places.push(i);
  });
  return places;
}

/** How many times a line is interrupted. */
export function gaps(rows: readonly (number | undefined)[]): number {
  const first = rows.findIndex(isRow);
  const last = rows.findLastIndex(isRow);
  let count = 0;
  for (let i = first; i < last; i++) if (isRow(rows[i]) && !isRow(rows[i + 1])) count++;
  return count;
}

/** One bucket, or a whole range. */
export interface Totals {
  readonly avg: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  readonly count: number;
  readonly last: number;
}

export const totalsAt = ({ columns }: Line, row: number): Totals => ({
  avg: columns.avg[row]!,
  min: columns.min[row]!,
  max: columns.max[row]!,
  sum: columns.sum[row]!,
  count: columns.count[row]!,
  last: columns.last[row]!,
});

/** The whole line, exactly: counts and sums add up. */
export function totals({ columns, rows }: Line): Totals {
  let [min, max, sum, count, last] = [Infinity, -Infinity, 0, 0, Number.NaN];
  for (const row of rows) {
    if (row === undefined) continue;
    min = Math.min(min, columns.min[row]!);
    max = Math.max(max, columns.max[row]!);
    sum += columns.sum[row]!;
    count += columns.count[row]!;
    last = columns.last[row]!;
  }
  return { avg: Math.min(Math.max(sum / count, min), max), min, max, sum, count, last };
}

/** Largest value an axis may reach: beyond it, its length would overflow. */
const LARGEST = 7e307;

/** The y axis for values in [min, max]: some air, zero when it is near or all are the same. */
export function yRange(min: number | null, max: number | null): [number, number] {
  if (min === null || max === null || !(min <= max)) return [0, 1];
  const inside = (end: number): number => Math.min(Math.max(end, -LARGEST), LARGEST);
  const [low, high] = [inside(min), inside(max)];
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (size === 0) return [0, 1];
  // Closer than this, neighbouring ticks would be the same double.
  const span = high - low;
  if (span < size * 1e-9) return low > 0 ? [0, low * 1.25] : [high * 1.25, 0];
  const air = span * 0.08;
  return [
    low >= 0 && low <= span * 0.6 ? 0 : low - air,
    high <= 0 && -high <= span * 0.6 ? 0 : high + air,
  ];
}
