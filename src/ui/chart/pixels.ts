// More buckets than columns of pixels, merged to such as can be told apart: their minimum and maximum are
// kept, their averages weighted, by the one algebra. Pure. Loaded with the first chart that has so many.

import { Buckets } from "../../core/bucket.ts";
import { columnsBy, columnsOf, mergeColumns } from "../../core/query/answer.ts";
import { STATISTIC } from "../../core/stats.ts";
import { DAY, HOUR, MINUTE } from "../../core/tiers.ts";
import { type ChartData, type Line, periodAt, rowsAt } from "./data.ts";
import { type Form, hasBand, samplesForm } from "./form.ts";
import { type Drawable, isRow, placeFrom } from "./gaps.ts";
import { stepAt } from "./older.ts";
import type { Rest } from "./rest.ts";
import type { ChartColumns } from "./series.ts";

/** Widths, ms, of which each divides all later ones that are stored: minutes, hours and days. */
const WIDTHS: readonly number[] = [
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  200,
  500,
  ...[1, 2, 3, 5, 6, 10, 12, 15, 20, 30].map((seconds) => seconds * 1_000),
  ...[1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 4, 6, 8, 12].map((hours) => hours * HOUR),
];

/** The narrowest that is no narrower than a column of pixels, and whole buckets wide. */
export function widthFor(perPixel: number, step: number): number {
  const found = WIDTHS.find((width) => width >= perPixel && width % Math.max(1, step) === 0);
  return found ?? Math.ceil(perPixel / DAY) * DAY;
}

/** What is drawn is the value of a bucket: amounts that are added up would be others than they say. */
const isValue = ({ kind, stat }: Form): boolean =>
  kind !== "buckets" || STATISTIC[stat].kind === "value";

/** The start of the wider bucket that a start lies in: itself where its bucket is wider, or still filling. */
type GroupOf = (start: number) => number;

interface Merged {
  readonly columns: ChartColumns;
  /** Rows before which there is a gap as wide as a bucket. */
  readonly breaks: readonly number[];
}

function merge(
  { columns, rows }: Pick<Line, "columns" | "rows">,
  groupOf: GroupOf,
  width: number,
  form: Form,
): Merged {
  const merged = new Buckets(rows.length);
  const weights: { amount: number; weight: number }[] = [];
  const breaks: number[] = [];
  let isBroken = false;
  for (const row of rows) {
    if (row === null) isBroken = true;
    if (!isRow(row)) continue;
    const start = groupOf(columns.t[row]!);
    const last = merged.length - 1;
    const before = last < 0 ? undefined : merged.start[last];
    if (before !== start) {
      if (isBroken && before !== undefined && start - before > width) breaks.push(merged.length);
      merged.push(start);
      weights.push({ amount: 0, weight: 0 });
    }
    isBroken = false;
    mergeColumns(merged, merged.length - 1, columns, row);
    const sums = weights.at(-1)!;
    sums.amount += columns.sum[row]!;
    sums.weight += columns.count[row]!;
  }
  const all = columnsOf(merged);
  if (form.kind === "buckets" || form.kind === "samples") return { columns: all, breaks };
  // Values by amounts and weights, which may be anything: seconds, or what is divided by.
  const avg = weights.map(({ amount, weight }, i) =>
    weight === 0 ? all.last[i]! : amount / weight,
  );
  return {
    columns: columnsBy((name) =>
      name === "avg"
        ? avg
        : name === "sum"
          ? weights.map(({ amount }) => amount)
          : name === "count"
            ? weights.map(({ weight }) => weight)
            : all[name],
    ),
    breaks,
  };
}

type Piece = Pick<Line, "columns" | "rows">;

/**
 * The same data in no more buckets than there are pixels; as they are where that would change what they say.
 *
 * @param span of the window, ms
 * @param pixels of its width
 * @param withOthers also of the series that are not drawn by themselves
 */
export function toPixels(
  data: ChartData,
  span: number,
  pixels: number,
  withOthers: boolean,
): ChartData {
  const { form, partialFrom, rest } = data;
  const width = widthFor(span / pixels, data.step);
  if (!isValue(form) || width <= data.step) return data;
  const older = data.older.filter(({ step }) => step > width);
  const groupOf: GroupOf = (start) =>
    start >= partialFrom || stepAt({ step: width, older }, start) > width
      ? start
      : Math.floor(start / width) * width;

  const pieces = new Map<Piece, Merged>();
  const places = new Set<number>();
  const add = (piece: Piece): void => {
    const merged = merge(piece, groupOf, width, form);
    pieces.set(piece, merged);
    for (const start of merged.columns.t) places.add(start);
    for (const row of merged.breaks) places.add(merged.columns.t[row - 1]! + width);
  };
  const lines = withOthers ? data.all : data.lines;
  for (const line of lines) {
    add(line);
    if (line.before !== undefined) add(line.before);
  }
  for (const [place, value] of (rest?.high ?? []).entries())
    if (value != null) places.add(groupOf(data.starts[place]!));
  const starts = [...places].sort((a, b) => a - b);

  const placed = (piece: Piece): Piece => {
    const { columns, breaks } = pieces.get(piece)!;
    const cut = { first: 0, end: columns.t.length, gaps: new Set(breaks) };
    return { columns: { ...columns, breaks }, rows: rowsAt(starts, columns.t, cut) };
  };
  const merged = new Map(
    lines.map((line): [Line, Line] => {
      const { before } = line;
      return [
        line,
        { ...line, ...placed(line), ...(before && { before: { ...before, ...placed(before) } }) },
      ];
    }),
  );
  const of = (line: Line): Line => merged.get(line) ?? line;
  return {
    ...data,
    // Of several samples there is more to say than a value; and what was left out of a line is around it.
    form:
      form.kind === "samples"
        ? samplesForm(form.stat, form.unit, true)
        : { ...form, banded: hasBand(form) || form.kind !== "buckets" },
    step: width,
    older,
    starts,
    among: new Map(
      starts.filter((start) => start >= partialFrom).map((start) => [start, periodAt(data, start)]),
    ),
    all: data.all.map(of),
    lines: data.lines.map(of),
    ...(rest && { rest: restAt(rest, data.starts.map(groupOf), starts) }),
  };
}

/** @param groups of each place of before */
function restAt(rest: Rest, groups: readonly number[], starts: readonly number[]): Rest {
  const high: Drawable[] = starts.map(() => undefined);
  const low = [...high];
  for (const [before, start] of groups.entries()) {
    const [top, bottom] = [rest.high[before], rest.low[before]];
    if (top == null || bottom == null) continue;
    const place = placeFrom(starts, start);
    if (!(high[place]! >= top)) high[place] = top;
    if (!(low[place]! <= bottom)) low[place] = bottom;
  }
  return { ...rest, high, low };
}
