// Series stacked: the upper edge of all is what they are together. Pure. Loaded with the first panel that
// is drawn so.

import { type ChartData, type Column, type Line, middles } from "./data.ts";
import { isRow, placeFrom } from "./gaps.ts";
import type { Look } from "./look.ts";

/** By place: a value, or null where there is none. */
type Values = readonly (number | null)[];

/** What a line shows at each place: between two buckets what it leads through. */
function valuesOf({ rows, columns }: Line, x: readonly number[], { form }: ChartData): Values {
  const column = columns[form.stat];
  const values: (number | null)[] = rows.map((row) => (isRow(row) ? column[row]! : null));
  let last: number | undefined;
  for (const [place, row] of rows.entries()) {
    if (row === undefined) continue;
    if (isRow(row) && last !== undefined) {
      const [before, rise] = [values[last]!, values[place]! - values[last]!];
      for (let i = last + 1; i < place; i++)
        values[i] = before + (rise * (x[i]! - x[last]!)) / (x[place]! - x[last]!);
    }
    last = row === null ? undefined : place;
  }
  return values;
}

/** The others, where the largest are drawn: the sum of those that have a value. */
function sumOf(all: readonly Values[], places: number): Values {
  return Array.from({ length: places }, (_, place) => {
    let sum: number | null = null;
    for (const values of all) if (values[place] != null) sum = (sum ?? 0) + values[place];
    return sum;
  });
}

interface Layer {
  readonly high: Column;
  readonly low: Column;
  /** The edge away from 0. */
  readonly edge: Column;
}

/** Lays values on those before: what is below 0 the other way. */
function layer(values: Values, up: number[], down: number[]): Layer {
  const made: Layer = { high: [], low: [], edge: [] };
  for (const [place, value] of values.entries()) {
    const side = value !== null && value < 0 ? down : up;
    const from = side[place]!;
    const to = from + (value ?? 0);
    side[place] = to;
    const isGap = value === null;
    made.high.push(isGap ? null : Math.max(from, to));
    made.low.push(isGap ? null : Math.min(from, to));
    made.edge.push(isGap ? null : to);
  }
  return made;
}

const linesBelow = ({ all, lines, rest }: ChartData): readonly Line[] =>
  rest === undefined ? [] : all.filter((line) => !lines.includes(line));

/** As `Look` has them. The first of the legend lies on top, what is not drawn by itself at the bottom. */
export function stacked(data: ChartData): Column[] {
  const { starts, lines, partialFrom } = data;
  const x = middles(data);
  const [up, down] = [starts.map(() => 0), starts.map(() => 0)];
  const none = (): Column => starts.map(() => null);
  const opens = placeFrom(starts, partialFrom);
  const others = linesBelow(data).map((line) => valuesOf(line, x, data));
  const rest = layer(sumOf(others, starts.length), up, down);
  const layers = lines.toReversed().map((line) => layer(valuesOf(line, x, data), up, down));
  const columns = layers.toReversed().flatMap(({ high, low, edge }) => {
    // The dashed line of the bucket that is still filling begins at the one before.
    const joins = edge[opens] == null ? opens : opens - 1;
    return [
      high,
      low,
      edge.map((value, place) => (place < opens ? value : null)),
      edge.map((value, place) => (place >= joins ? value : null)),
      none(),
    ];
  });
  return data.rest === undefined ? columns : [...columns, rest.high, rest.low];
}

/** What all series say at a place. */
export function totalAt(data: ChartData, place: number): number | undefined {
  const x = middles(data);
  const values = [...data.lines, ...linesBelow(data)].map((line) => valuesOf(line, x, data)[place]);
  const known = values.filter((value) => value != null);
  return known.length === 0 ? undefined : known.reduce((a, b) => a + b, 0);
}

export const STACKED: Look = { columns: stacked, alpha: 0.5, others: true, total: totalAt };
