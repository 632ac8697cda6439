// Series as rows, their values as colours. Loaded with the first panel that is drawn so.

import type uPlot from "uplot";
import { seriesName } from "../format.ts";
import type { ScaleName, Sort } from "../url.ts";
import { type ChartData, type Line, periodAt } from "./data.ts";
import { counts } from "./form.ts";
import { isRow } from "./gaps.ts";
import type { Look } from "./look.ts";
import type { Theme } from "./options.ts";
import { listed } from "./ranking.ts";
import type { Scale } from "./scale.ts";
import { fenceOf } from "./scales.ts";

/** From the smallest value to the largest, #rrggbb: from near the ground to far from it. */
const RAMPS = {
  light: ["#d5e0fa", "#8eabf2", "#3159d4", "#1c2f80", "#0b1236"],
  dark: ["#22305a", "#3552b0", "#6f93ff", "#b5c8ff", "#f4f7ff"],
} as const;

export const rampOf = ({ surface }: Pick<Theme, "surface">): readonly string[] =>
  parseInt(surface.slice(1, 3), 16) < 128 ? RAMPS.dark : RAMPS.light;

/** What values are as a part of the ramp. */
export interface Colours {
  /** Of a value; those beyond the ends have the colour of the end. */
  readonly part: (value: number) => number;
  /** The value of a part. */
  readonly valueAt: (part: number) => number;
  /** Whether there are values beyond its ends. */
  readonly above: boolean;
  readonly below: boolean;
}

const valuesOf = ({ lines, form }: Pick<ChartData, "lines" | "form">): number[] =>
  lines.flatMap(({ rows, columns }) => rows.filter(isRow).map((row) => columns[form.stat][row]!));

export function coloursOf(data: Pick<ChartData, "lines" | "form">, scale?: ScaleName): Colours {
  const values = valuesOf(data);
  let [least, largest, positive] = [Infinity, -Infinity, Infinity];
  for (const value of values) {
    least = Math.min(least, value);
    largest = Math.max(largest, value);
    if (value > 0) positive = Math.min(positive, value);
  }
  const isLog = scale === "log" && positive <= largest;
  const [low, high] = isLog
    ? [positive, largest]
    : ((scale === "clip" ? fenceOf(values) : undefined) ?? [
        counts(data.form) ? Math.min(0, least) : least,
        largest,
      ]);
  const [to, from] = isLog
    ? [Math.log10, (height: number): number => 10 ** height]
    : [Number, Number];
  const [bottom, span] = [to(low), to(high) - to(low)];
  return {
    part: (value) => {
      if (isLog && value <= 0) return 0;
      return span > 0 ? Math.min(1, Math.max(0, (to(value) - bottom) / span)) : 0.5;
    },
    valueAt: (part) => (part === 0 ? low : part === 1 ? high : from(bottom + part * span)),
    above: largest > high,
    below: least < low,
  };
}

/** Colours that are told apart at most. */
const SHADES = 256;

/** The ramp as the bytes of a picture: red, green, blue, opaque. */
export function shadesOf(ramp: readonly string[]): Uint8ClampedArray {
  const stops = ramp.map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  const shades = new Uint8ClampedArray(SHADES * 4).fill(255);
  for (let shade = 0; shade < SHADES; shade++) {
    const place = (shade / (SHADES - 1)) * (stops.length - 1);
    const first = Math.min(stops.length - 2, Math.floor(place));
    for (let i = 0; i < 3; i++)
      shades[shade * 4 + i] =
        stops[first]![i]! + (stops[first + 1]![i]! - stops[first]![i]!) * (place - first);
  }
  return shades;
}

/** The rows from above: by their labels, or as the list is sorted. */
export function rowsOf(data: ChartData, sort: Sort | undefined): readonly Line[] {
  if (sort === undefined) return data.lines;
  const drawn = new Set(data.lines);
  return listed(data, sort).filter((line) => drawn.has(line));
}

/** Where a cell ends: as a line does, it leads on to the next bucket unless there is a gap. */
function endOf(line: Line, place: number, data: ChartData): number {
  const { start, width } = periodAt(data, data.starts[place]!);
  let next = place + 1;
  while (next < line.rows.length && line.rows[next] === undefined) next++;
  const leads = next < line.rows.length && line.rows[next] !== null;
  return leads ? periodAt(data, data.starts[next]!).start : start + Math.max(1, width);
}

/** From so many pixels on, rows are set apart by a line. */
const APART = 8;

/** Of several cells in one column of pixels the largest is seen. */
function drawCells(
  u: uPlot,
  rows: readonly Line[],
  data: ChartData,
  theme: Theme,
  scale: ScaleName | undefined,
): void {
  const { ctx, bbox } = u;
  const [width, height] = [Math.ceil(bbox.width), rows.length];
  if (width < 1 || height < 1) return;
  const { part } = coloursOf(data, scale);
  const shades = shadesOf(rampOf(theme));
  const picture = new ImageData(width, height);
  const xOf = (at: number): number => Math.round(u.valToPos(at, "x", true) - bbox.left);
  for (const [y, line] of rows.entries()) {
    const column = line.columns[data.form.stat];
    const shown = new Int16Array(width).fill(-1);
    for (const [place, row] of line.rows.entries()) {
      if (!isRow(row)) continue;
      const shade = Math.round(part(column[row]!) * (SHADES - 1));
      const first = xOf(periodAt(data, data.starts[place]!).start);
      const end = Math.max(first + 1, xOf(endOf(line, place, data)));
      for (let x = Math.max(0, first); x < Math.min(width, end); x++)
        shown[x] = Math.max(shown[x]!, shade);
    }
    for (const [x, shade] of shown.entries())
      if (shade >= 0)
        picture.data.set(shades.subarray(shade * 4, shade * 4 + 4), (y * width + x) * 4);
  }
  const small = new OffscreenCanvas(width, height);
  small.getContext("2d")?.putImageData(picture, 0, 0);
  ctx.save();
  ctx.imageSmoothingEnabled = false;
  ctx.drawImage(small, bbox.left, bbox.top, bbox.width, bbox.height);
  const each = bbox.height / height;
  ctx.fillStyle = theme.surface;
  if (each >= (APART * ctx.canvas.width) / Math.max(1, u.width))
    for (let row = 1; row < height; row++)
      ctx.fillRect(bbox.left, Math.round(bbox.top + row * each), bbox.width, 1);
  ctx.restore();
}

/** Heights of rows: the first is the upmost, each one high. */
const rowScale = (rows: number): Scale => ({
  to: Number,
  from: Number,
  range: () => [0, Math.max(1, rows)],
  ticks: (_min, _max, most) => {
    const each = Math.max(1, Math.ceil(rows / Math.max(1, most)));
    return Array.from({ length: Math.ceil(rows / each) }, (_, i) => rows - i * each - 0.5).toSorted(
      (a, b) => a - b,
    );
  },
  // The axis says names, which no scale knows.
  labels: (ticks) => ticks.map(() => ""),
});

/** Room for a name, CSS pixels, and letters of one on narrow and on wide charts. */
const NAME_HEIGHT = 16;
const NARROW = { width: 480, letters: 10 };
const LETTERS = 22;

/** What tells a row from the others: values of its labels, the middle left out of a long one. */
export function rowName({ labels }: Line, letters: number): string {
  const values = Object.values(labels);
  const name = values.length === 0 ? seriesName(labels) : values.join(" · ");
  if (name.length <= letters) return name;
  const end = Math.floor((letters - 1) / 2);
  return `${name.slice(0, letters - 1 - end)}…${name.slice(-end)}`;
}

/** The row under the crosshair, `part` of the chart's height below its upper edge. */
export const rowAtPart = (rows: readonly Line[], part: number): Line | undefined =>
  rows[Math.min(rows.length - 1, Math.max(0, Math.floor(part * rows.length)))];

export function heatLook(scale: ScaleName | undefined, sort: Sort | undefined): Look {
  return {
    // Values are drawn apart: for the crosshair there is something at each place.
    columns: ({ starts }) => [starts.map(() => 0)],
    scale: ({ lines }) => rowScale(lines.length),
    row: (data, { part }) => {
      const line = rowAtPart(rowsOf(data, sort), part);
      return { ...data, lines: line === undefined ? [] : [line] };
    },
    options: (made, { theme }, now) => ({
      ...made,
      series: [{}, { width: 0, points: { show: false } }],
      axes: [
        made.axes![0]!,
        {
          ...made.axes![1],
          grid: { show: false },
          splits: (u) => {
            const { length } = now().lines;
            return rowScale(length).ticks(0, length, (u.height - 56) / NAME_HEIGHT);
          },
          values: (u, splits) => {
            const rows = rowsOf(now(), sort);
            const letters = u.width < NARROW.width ? NARROW.letters : LETTERS;
            return splits.map((split) => {
              const line = rows[rows.length - 1 - Math.floor(split)];
              return line === undefined ? "" : rowName(line, letters);
            });
          },
        },
      ],
      cursor: { ...made.cursor, points: { show: false } },
      hooks: {
        ...made.hooks,
        drawAxes: [(u) => drawCells(u, rowsOf(now(), sort), now(), theme, scale)],
      },
    }),
  };
}
