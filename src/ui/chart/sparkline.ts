// The small line beside a metric's name: the averages of the last minutes as an SVG path. Pure.

/** Distance of the line from the edges, px: room for the stroke and the dot. */
const MARGIN = 3;

export interface Sparkline {
  /** Path data: a stretch for every run of minutes. */
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
  const min = Math.min(...values);
  const max = Math.max(...values);
  const step = (width - 2 * MARGIN) / Math.max(1, points.length - 1);
  const x = (index: number): number => rounded(MARGIN + index * step);
  // Halves, as the difference of two large values may be more than a number can be.
  const y = (value: number): number => {
    const part = max > min ? (value / 2 - min / 2) / (max / 2 - min / 2) : 0.5;
    return rounded(height - MARGIN - part * (height - 2 * MARGIN));
  };
  let line = "";
  let dots = "";
  points.forEach((value, i) => {
    if (value === null) return;
    const place = `${x(i)} ${y(value)}`;
    const starts = (points[i - 1] ?? null) === null;
    if (!starts) line += `L${place}`;
    else if ((points[i + 1] ?? null) !== null) line += `M${place}`;
    else if (i < points.length - 1) dots += `M${place}h.01`;
  });
  const last = points.at(-1) ?? null;
  return {
    line,
    dots,
    ...(last !== null && { filling: { x: x(points.length - 1), y: y(last) } }),
  };
}
