// Scales besides the linear one that fits: logarithmic, cut where few values reach, or with ends of the
// reader's choice; and what of a chart lies beyond its ends. Pure. Loaded with the first of them.

import type uPlot from "uplot";
import { enoughTicks, formatIn, type UnitName } from "../units.ts";
import type { Panel } from "../url.ts";
import { type ChartData, type Column, COLUMNS_PER_LINE } from "./data.ts";
import { drawnUnit } from "./form.ts";
import { lineColumns, linearOf, type Look } from "./look.ts";
import { colourOf, type ChartInput } from "./options.ts";
import type { Scale } from "./scale.ts";

/** Steps of an axis by tenfolds, the finer the fewer of them there are. */
const DIGITS = [[1], [1, 2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9]];
const LEAST_TICKS = 3;

/** Round values in [bottom, top], both above 0, ascending: about `most`, and three at least. */
export function logTicks(unit: UnitName, bottom: number, top: number, most: number): number[] {
  const [first, last] = [Math.floor(Math.log10(bottom)), Math.ceil(Math.log10(top))];
  for (const digits of DIGITS) {
    const all: number[] = [];
    for (let power = first; power <= last; power++)
      for (const digit of digits) {
        const tick = Number(`${digit}e${power}`);
        if (tick >= bottom * (1 - 1e-9) && tick <= top * (1 + 1e-9)) all.push(tick);
      }
    if (all.length < LEAST_TICKS) continue;
    const each = Math.ceil(all.length / Math.max(LEAST_TICKS, most));
    return all.filter((_, i) => i % each === 0);
  }
  return enoughTicks(unit, bottom, top, most);
}

/** Air above and below what is drawn, as a part of it, and at least so much of a tenfold. */
const AIR = 0.05;
const LEAST_AIR = 0.05;
/** What has no logarithm is seen, so much of a tenfold below what has one. */
const FOOT = 0.3;

/** What is 0 or less stands at the lower end. */
export function logarithmic(unit: UnitName, columns: readonly Column[]): Scale {
  let [least, hasFlat] = [Infinity, false];
  for (const column of columns)
    for (const value of column)
      if (value != null && value <= 0) hasFlat = true;
      else if (value != null && value < least) least = value;
  const bottom = Number.isFinite(least) ? Math.log10(least) : 0;
  const foot = bottom - (hasFlat ? FOOT : LEAST_AIR);
  const from = (drawn: number): number => 10 ** drawn;
  return {
    to: (value) => (value > 0 ? Math.max(foot, Math.log10(value)) : foot),
    from,
    range: (_, max) => {
      const top = Math.max(max ?? bottom, bottom);
      return [foot, top + Math.max(LEAST_AIR, (top - foot) * AIR)];
    },
    ticks: (min, max, most) => logTicks(unit, from(min), from(max), most).map(Math.log10),
    labels: (ticks) => ticks.map((tick) => formatIn(unit, Number(from(tick).toPrecision(3)))),
  };
}

/** Parts of the values, ascending: the middle, and what all but a few do not exceed. */
const MIDDLE = 0.5;
const MOST = 0.95;
/** Beyond what most do not exceed: so many times as far as from the middle to there. */
const REACH = 1.5;

/**
 * Where an axis ends so that a few spikes do not flatten the rest; undefined where nothing stands out.
 *
 * @param values of any order
 */
export function fenceOf(
  values: readonly number[],
): readonly [low: number, high: number] | undefined {
  if (values.length === 0) return undefined;
  const sorted = Float64Array.from(values).sort();
  const at = (part: number): number => sorted[Math.floor(part * (sorted.length - 1))]!;
  const [low, middle, high] = [at(1 - MOST), at(MIDDLE), at(MOST)];
  const [bottom, top] = [low - REACH * (middle - low), high + REACH * (high - middle)];
  const [least, largest] = [sorted[0]!, sorted.at(-1)!];
  // All but a few are the same: the spikes are what there is to see.
  if (bottom === top) return undefined;
  const fence = [Math.max(least, bottom), Math.min(largest, top)] as const;
  return fence[0] > least || fence[1] < largest ? fence : undefined;
}

const numbersOf = (columns: readonly Column[]): number[] =>
  columns.flatMap((column) => column.filter((value) => value != null));

function clipped(base: Scale, columns: readonly Column[]): Scale["range"] {
  const fence = fenceOf(numbersOf(columns));
  if (fence === undefined) return base.range;
  const [low, high] = fence.map(base.to);
  return (min, max) =>
    min === null || max === null
      ? base.range(min, max)
      : base.range(Math.max(min, low!), Math.min(max, high!));
}

type Chosen = Pick<Panel, "scale" | "y">;

const scaleOf =
  ({ scale, y }: Chosen): NonNullable<Look["scale"]> =>
  (data, columns) => {
    const base =
      scale === "log" ? logarithmic(drawnUnit(data.form), columns) : linearOf(data, columns);
    const [bottom, top] = y === undefined ? [0, 0] : y.map(base.to);
    if (bottom! < top!) return { ...base, range: () => [bottom!, top!] };
    return scale === "clip" ? { ...base, range: clipped(base, columns) } : base;
  };

/** What the axis has no room for, or no height. */
export interface Beyond {
  /** Values above the upper end, and the largest. */
  readonly above: number;
  readonly highest: number;
  readonly top: number;
  readonly below: number;
  readonly lowest: number;
  readonly bottom: number;
  /** Values that stand at the foot of a logarithmic axis. */
  readonly flat: number;
}

/** Columns of a line in which something is drawn: high, low, closed, open. */
const isDrawn = (at: number): boolean => at % COLUMNS_PER_LINE < COLUMNS_PER_LINE - 1;

export function beyondOf(data: ChartData, look: Look, isLog: boolean): Beyond {
  const columns = look.columns?.(data) ?? lineColumns(data);
  const scale = (look.scale ?? linearOf)(data, columns);
  const drawn = columns.filter((_, at) => isDrawn(at));
  const heights = numbersOf(drawn).map(scale.to);
  const ends = heights.reduce(
    ([low, high], one) => [Math.min(low!, one), Math.max(high!, one)],
    [Infinity, -Infinity],
  );
  const [bottom, top] =
    heights.length === 0 ? scale.range(null, null) : scale.range(ends[0]!, ends[1]!);
  const lines = columns.slice(0, data.lines.length * COLUMNS_PER_LINE);
  let [above, highest, below, lowest, flat] = [0, -Infinity, 0, Infinity, 0];
  for (let line = 0; line < data.lines.length; line++)
    for (const place of data.starts.keys()) {
      const values = [0, 1, 2, 3]
        .map((at) => lines[line * COLUMNS_PER_LINE + at]?.[place])
        .filter((value) => value != null);
      if (values.length === 0) continue;
      const [least, largest] = [Math.min(...values), Math.max(...values)];
      if (scale.to(largest) > top) above++;
      if (scale.to(least) < bottom) below++;
      if (isLog && least <= 0) flat++;
      [lowest, highest] = [Math.min(lowest, least), Math.max(highest, largest)];
    }
  return { above, highest, top: scale.from(top), below, lowest, bottom: scale.from(bottom), flat };
}

/** Half the width of a mark, and its height, CSS pixels. */
const MARK = 6;

/** A small arrow at the edge for every line that leaves the axis there. */
function drawMarks(u: uPlot, { slots, theme }: Pick<ChartInput, "slots" | "theme">): void {
  const { ctx, bbox } = u;
  const { min, max } = u.scales.y ?? {};
  if (min == null || max == null) return;
  const size = (MARK * ctx.canvas.width) / Math.max(1, u.width);
  for (const [line, slot] of slots.entries()) {
    ctx.fillStyle = colourOf(theme.palette, slot);
    let last = -Infinity;
    for (const [place, time] of u.data[0].entries()) {
      const values = [0, 1, 2, 3].map((at) => u.data[line * COLUMNS_PER_LINE + at + 1]?.[place]);
      const isAbove = values.some((value) => value != null && value > max);
      const isBelow = values.some((value) => value != null && value < min);
      if (!isAbove && !isBelow) continue;
      const x = u.valToPos(time, "x", true);
      if (x - last < size || x < bbox.left || x > bbox.left + bbox.width) continue;
      last = x;
      const [edge, way] = isAbove ? [bbox.top, 1] : [bbox.top + bbox.height, -1];
      ctx.beginPath();
      ctx.moveTo(x, edge);
      ctx.lineTo(x - size, edge + way * size);
      ctx.lineTo(x + size, edge + way * size);
      ctx.fill();
    }
  }
}

/** `base`: what else is other than lines. */
export const scaledLook = (base: Look, chosen: Chosen): Look => ({
  ...base,
  scale: scaleOf(chosen),
  options: (made, input) => ({
    ...made,
    hooks: { ...made.hooks, draw: [...(made.hooks?.draw ?? []), (u) => drawMarks(u, input)] },
  }),
});
