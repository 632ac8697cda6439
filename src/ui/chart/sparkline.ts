// The small line beside a metric's name: the averages of the last minutes as an SVG path. Pure.

import { gapsIn } from "./gaps.ts";
import { factorFor } from "./scale.ts";

/** Distance of the line from the edges, px: room for the stroke and the dot. */
const MARGIN = 3;

export interface Sparkline {
  /** Path data: a stretch for every run of minutes without a gap. */
  readonly line: string;
  /** Path data: the minutes alone, strokes of next to no length that round ends make visible. */
  readonly dots: string;
  /** The minute that is still filling, when it has a value. */
  readonly filling?: { readonly x: number; readonly y: number };
}

const rounded = (value: number): number => Math.round(value * 10) / 10;

/** `points`: oldest first, null for a minute without points; the last is still filling. */
export function sparkline(
  points: readonly (number | null)[],
  width: number,
  height: number,
): Sparkline {
  const values = points.filter((value) => value !== null);
  const factor = factorFor(Math.max(0, ...values.map(Math.abs)));
  const [min, max] = [Math.min(...values) * factor, Math.max(...values) * factor];
  const step = (width - 2 * MARGIN) / Math.max(1, points.length - 1);
  const x = (index: number): number => rounded(MARGIN + index * step);
  const y = (value: number): number => {
    const part = max > min ? (value * factor - min) / (max - min) : 0.5;
    return rounded(height - MARGIN - part * (height - 2 * MARGIN));
  };
  const minutes = [...points.keys()].filter((i) => points[i] !== null);
  const begins = new Set([0, ...gapsIn(minutes), minutes.length]);
  let line = "";
  let dots = "";
  minutes.forEach((minute, i) => {
    const place = `${x(minute)} ${y(points[minute]!)}`;
    if (!begins.has(i)) line += `L${place}`;
    else if (!begins.has(i + 1)) line += `M${place}`;
    else if (minute < points.length - 1) dots += `M${place}h.01`;
  });
  const last = points.at(-1) ?? null;
  return {
    line,
    dots,
    ...(last !== null && { filling: { x: x(points.length - 1), y: y(last) } }),
  };
}
