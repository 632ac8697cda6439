// The options of the chart: scales, axes, series and bands, from plain values. Pure: it neither
// makes a chart nor touches the page.

import type uPlot from "uplot";
import type { UnitName } from "../units.ts";
import { timeLabels, timeTicks } from "./axis.ts";
import { type Band, bandOf } from "./band.ts";
import { COLUMNS_PER_LINE } from "./data.ts";
import { type Drawable, lonely } from "./gaps.ts";
import { overlay } from "./overlay.ts";
import type { Panel } from "../url.ts";
import type { Scale } from "./scale.ts";

/** Colours of a theme; those of the palette as #rrggbb. */
export interface Theme {
  readonly surface: string;
  readonly text: string;
  readonly grid: string;
  readonly font: string;
  readonly palette: readonly string[];
}

/** Colour of a slot; past the end of the palette, lines are dashed as well. */
export const colourOf = (palette: readonly string[], slot: number): string =>
  palette[slot % palette.length] ?? "currentColor";
export const isDashed = (palette: readonly string[], slot: number): boolean =>
  slot >= palette.length;

/** Alpha of the min–max band: fainter the more of them overlap. */
const bandAlpha = (lines: number): number => (lines === 1 ? 0.2 : lines <= 4 ? 0.13 : 0.08);

/** `colour` is #rrggbb. */
const faint = (colour: string, alpha: number): string =>
  colour +
  Math.round(alpha * 255)
    .toString(16)
    .padStart(2, "0");

/** How far from a bucket's middle the crosshair may be, CSS pixels, where no line leads there. */
const REACH = 12;

/** Distance between two labels of an axis at least, CSS pixels. */
const TIME_LABEL = 68;
const VALUE_LABEL = 36;

/** A steep line on its way to a hidden place would show as a sliver at the edge of a gap. */
const gaps: uPlot.Series.GapsRefiner = (_u, _at, _i0, _i1, found) =>
  found.map(([from, to]) => [from - 1, to + 1]);

/** Room for a dot at least, CSS pixels. */
const DOT = 8;

/** Places of all values where there are at most so many, else of those that need a dot. */
function dotsOf(column: ArrayLike<Drawable>, most: number): number[] {
  const places = [...Array.from(column).keys()].filter((place) => column[place] != null);
  return places.length <= most ? places : lonely(column);
}

/** uPlot's series of one line: high, low, closed, open, before (see `Drawn`). */
function seriesOf(
  { theme, dotted }: Pick<ChartInput, "theme" | "dotted">,
  slot: number,
  lines: number,
): uPlot.Series[] {
  const stroke = colourOf(theme.palette, slot);
  const edge: uPlot.Series = {
    // The band is faint, and faintest where it is narrow: its edge is seen there.
    stroke: faint(stroke, lines === 1 ? 0.35 : 0.18),
    width: 1,
    points: { show: false },
    gaps,
  };
  return [
    edge,
    edge,
    {
      stroke,
      width: 1.5,
      gaps,
      ...(isDashed(theme.palette, slot) && { dash: [7, 4] }),
      points: {
        show: true,
        // Not where the dashed line leads on.
        filter: (u, at) =>
          dotsOf(u.data[at] ?? [], dotted() ? u.width / DOT : 0).filter(
            (place) => u.data[at + 1]?.[place] == null,
          ),
        size: 6,
        width: 0,
        fill: stroke,
      },
    },
    {
      stroke,
      width: 1.5,
      gaps,
      dash: [3, 3],
      points: {
        show: true,
        // Not the bucket before, which is there for the line only.
        filter: (u, at) =>
          [...(u.data[at] ?? []).keys()].filter(
            (i) => u.data[at]![i] != null && u.data[at - 1]![i] == null,
          ),
        size: 9,
        width: 2,
        dash: [],
        stroke,
        fill: theme.surface,
      },
    },
    {
      // Alone it may be told by its colour; of several, each has that of its line.
      stroke: lines === 1 ? theme.text : faint(stroke, 0.75),
      width: 1.25,
      gaps,
      dash: [2, 4],
      points: { show: false },
    },
  ];
}

/** Only the axis reckons with it: the band is drawn apart. */
const UNSEEN: uPlot.Series = { width: 0, points: { show: false } };

const uPlotRatio = (u: uPlot): number => u.ctx.canvas.width / Math.max(1, u.width);

/** Whether a series of uPlot is a line, closed or open: only there the crosshair has a dot. */
const isLine = (at: number): boolean => [2, 3].includes((at - 1) % COLUMNS_PER_LINE);

/** The bands, and where a bucket stands alone, a bar from its minimum to its maximum. */
const drawBands =
  ({ theme, slots, hasRest, alpha }: Pick<ChartInput, "theme" | "slots" | "hasRest" | "alpha">) =>
  (u: uPlot): void => {
    const { ctx } = u;
    const { left, top, width, height } = u.bbox;
    const x = Float64Array.from(u.data[0], (time) => u.valToPos(time, "x", true) - left);
    const heights = (at: number): Drawable[] =>
      Array.from(u.data[at] ?? [], (value) =>
        value == null ? value : u.valToPos(value, "y", true),
      );
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top, width, height);
    ctx.clip();
    const columnsOf = (at: number): Band =>
      bandOf(x, heights(at), heights(at + 1), Math.ceil(width));
    const fill = ({ top, bottom }: Band, stroke: string): void =>
      strokeColumns(ctx, "butt", stroke, 1, (add) =>
        top.forEach((from, i) => add(left + i + 0.5, from, bottom[i]!)),
      );
    if (hasRest) fill(columnsOf(slots.length * COLUMNS_PER_LINE + 1), theme.grid);
    for (const [line, slot] of slots.entries()) {
      const high = heights(line * COLUMNS_PER_LINE + 1);
      const low = heights(line * COLUMNS_PER_LINE + 2);
      const colour = colourOf(theme.palette, slot);
      fill(columnsOf(line * COLUMNS_PER_LINE + 1), faint(colour, alpha ?? bandAlpha(slots.length)));
      strokeColumns(ctx, "round", faint(colour, 0.35), 4 * uPlotRatio(u), (add) => {
        for (const i of lonely(high)) add(left + x[i]!, high[i]!, low[i]!);
      });
    }
    ctx.restore();
  };

/** Vertical lines in one stroke: where they touch, they do not darken each other. */
function strokeColumns(
  ctx: CanvasRenderingContext2D,
  cap: CanvasLineCap,
  stroke: string,
  width: number,
  each: (add: (x: number, from: number, to: number) => void) => void,
): void {
  ctx.lineCap = cap;
  ctx.strokeStyle = stroke;
  ctx.lineWidth = width;
  ctx.beginPath();
  each((x, from, to) => {
    if (Number.isNaN(from)) return;
    ctx.moveTo(x, from);
    ctx.lineTo(x, to);
  });
  ctx.stroke();
}

/** What a person does to the chart. Times are Unix ms. */
export interface ChartEvents {
  readonly onCursor: (u: uPlot) => void;
  readonly onZoom: (from: number, to: number) => void;
  readonly onBack: () => void;
  /** The chart is dragged aside, so far that this window would show; `done`: it was let go. */
  readonly onPan: (from: number, to: number, done: boolean) => void;
}

export interface ChartInput extends ChartEvents {
  /** The colour of each line: its place in the palette. */
  readonly slots: readonly number[];
  /** Two more columns: what the series that are not drawn lie between. */
  readonly hasRest: boolean;
  readonly theme: Theme;
  readonly unit: UnitName;
  /** IANA time zone of the axis. */
  readonly zone: string;
  readonly width: number;
  readonly height: number;
  /** The window on the time axis, [from, to), Unix ms: read whenever the scale is set. */
  readonly window: () => readonly [from: number, to: number];
  /** Of the values: read whenever the axis is made. */
  readonly scale: () => Scale;
  /** Alpha of the bands, where they are what is to be seen. */
  readonly alpha: number | undefined;
  readonly panel: () => Panel;
  /** Every value has a dot, where there is room: read whenever dots are drawn. */
  readonly dotted: () => boolean;
}

export function chartOptions(input: ChartInput): uPlot.Options {
  const { slots, theme, width, height, unit, zone, scale } = input;
  const lines = slots.length;
  const axis: uPlot.Axis = {
    stroke: theme.text,
    font: `12px ${theme.font}`,
    grid: { stroke: theme.grid, width: 1 },
    ticks: { show: false },
  };
  // The chart has no size yet when its axes are first measured: that of the box tells enough.
  const fits = (size: number, label: number): number => Math.max(3, Math.floor(size / label));
  return {
    width,
    height,
    ms: 1,
    padding: [12, 32, 0, 0],
    legend: { show: false },
    scales: {
      x: { time: true, range: () => [...input.window()] },
      y: {
        range: (_, min, max) => {
          const { line } = input.panel();
          // Nothing to draw: the line alone makes no axis.
          if (line === undefined || min === null || max === null) return scale().range(min, max);
          const at = scale().to(line);
          return scale().range(Math.min(min, at), Math.max(max, at));
        },
      },
    },
    axes: [
      {
        ...axis,
        size: 44,
        gap: 8,
        grid: { show: false },
        incrs: (_u, _at, from, to) => [to - from],
        splits: (u, _, from, to) => timeTicks(from, to, fits(u.width - 80, TIME_LABEL), zone),
        values: (_, splits) => timeLabels(splits, zone),
      },
      {
        ...axis,
        gap: 8,
        // As wide for all usual labels: charts below each other share their time axis.
        size: (u, values) =>
          Math.max(
            u.width < 480 ? 56 : 76,
            20 + 7 * Math.max(0, ...(values ?? []).map((text) => text.length)),
          ),
        // Ticks are chosen below. uPlot hides an axis for which it finds no step of its own, and takes
        // none that is small.
        incrs: (_u, _at, min, max) => [Math.max(5, max - min)],
        splits: (u, _, min, max) => scale().ticks(min, max, fits(u.height - 56, VALUE_LABEL)),
        values: (_, splits) => scale().labels(splits),
      },
    ],
    series: [
      {},
      ...slots.flatMap((slot) => seriesOf(input, slot, lines)),
      ...(input.hasRest ? [UNSEEN, UNSEEN] : []),
    ],
    cursor: {
      y: false,
      move: snapped,
      // The dots stand where the numbers are from, not on the nearest bucket of each line.
      dataIdx: (_, _at, place) => place,
      points: {
        size: (_, at) => (isLine(at) ? 9 : 0),
        width: (_, at) => (isLine(at) ? 2 : 0),
        stroke: theme.surface,
        fill: (_, at) =>
          colourOf(theme.palette, slots[Math.floor((at - 1) / COLUMNS_PER_LINE)] ?? 0),
      },
      drag: { x: true, y: false, setScale: false, dist: 5 },
      bind: {
        dblclick: () => () => {
          input.onBack();
          return null;
        },
        mousedown: (u, _, zoom) => (event) => {
          if (event.shiftKey && event.button === 0) pan(u, event, input);
          else zoom(event);
          return null;
        },
      },
    },
    hooks: {
      // Under the lines and dots.
      drawAxes: [drawBands(input)],
      setCursor: [input.onCursor],
      draw: [(u) => overlay.peek()?.(u, input.panel(), unit, scale())],
      setSelect: [
        (u) => {
          const { left, width: selected } = u.select;
          if (selected < 5) return;
          const [from, to] = [u.posToVal(left, "x"), u.posToVal(left + selected, "x")];
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          input.onZoom(from, to);
        },
      ],
    },
  };
}

/**
 * The crosshair stands on the bucket that its numbers are of; it is free where there is none, and while
 * a range is selected: else none could begin or end between two points.
 */
const snapped: uPlot.Cursor.MousePosRefiner = (u, left, top) => {
  const isFree = left < 0 || (u.cursor.event?.buttons ?? 0) > 0;
  const place = isFree ? undefined : nearestPlace(u, left);
  return place === undefined ? [left, top] : [u.valToPos(u.data[0][place]!, "x"), top];
};

/** The bucket nearest to the crosshair, where it is near, or a line leads there. */
export function nearestPlace(u: uPlot, left: number): number | undefined {
  const place = u.posToIdx(left);
  const middle = u.data[0][place];
  if (middle === undefined) return undefined;
  const beside = u.valToPos(middle, "x") - left;
  if (Math.abs(beside) <= REACH) return place;
  const neighbour = place - Math.sign(beside);
  const leads = (column: ArrayLike<Drawable>, at: number): boolean =>
    isLine(at) && column[place] != null && column[neighbour] !== null && neighbour in column;
  return u.data.some((column, at) => leads(column, at)) ? place : undefined;
}

/** Follows the mouse until it is let go. */
function pan(u: uPlot, start: MouseEvent, { window, onPan }: ChartInput): void {
  const [from, to] = window();
  const perPixel = (to - from) / u.over.clientWidth;
  const move = (event: MouseEvent, done: boolean): void => {
    const by = (start.clientX - event.clientX) * perPixel;
    onPan(from + by, to + by, done);
  };
  const moved = (event: MouseEvent): void => move(event, false);
  addEventListener("mousemove", moved);
  addEventListener(
    "mouseup",
    (event) => {
      removeEventListener("mousemove", moved);
      move(event, true);
    },
    { once: true },
  );
}
