// What keys do to a chart: loaded with the first.

import type uPlot from "uplot";
import type { ChartData } from "./data.ts";
import type { ChartEvents } from "./options.ts";

/** What arrow keys move the window by, and what + and - zoom by, as a part of it. */
const STRIDE = 0.25;

/** Where keys enter a chart, from its top: no edge between two of a few rows. */
const ENTRY = 0.35;

interface Keyed extends Pick<ChartEvents, "onZoom" | "onBack" | "onPan"> {
  /** The window, [from, to), Unix ms. */
  readonly from: number;
  readonly to: number;
  /** The window as it is to be: see `PlotProps`. */
  readonly present: () => { readonly from: number; readonly to: number };
  readonly data: Pick<ChartData, "lines">;
}

export function onKey(event: KeyboardEvent, u: uPlot, props: Keyed): void {
  const { from, to, present, onZoom, onBack, onPan } = props;
  const by = (to - from) * STRIDE;
  const side = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
  if (side !== 0 && event.shiftKey) onPan(from + side * by, to + side * by, true);
  else if (side !== 0) moveCursor(u, side);
  else if (event.key === "ArrowUp") moveRow(u, -1, props.data.lines.length);
  else if (event.key === "ArrowDown") moveRow(u, 1, props.data.lines.length);
  else if (event.key === "+" || event.key === "=") zoomBy(-STRIDE, present(), onZoom);
  else if (event.key === "-") zoomBy(STRIDE, present(), onZoom);
  else if (event.key === "Escape") onBack();
}

/** Widens the window at either end by a part of it. */
function zoomBy(
  part: number,
  { from, to }: { readonly from: number; readonly to: number },
  onZoom: ChartEvents["onZoom"],
): void {
  const by = (to - from) * part;
  onZoom(from - by, to + by);
}

function moveCursor(u: uPlot, step: number): void {
  const x = u.data[0];
  const place = Math.min(x.length - 1, Math.max(0, (u.cursor.idx ?? x.length - step) + step));
  const value = x[place];
  const { top = -1 } = u.cursor;
  if (value !== undefined)
    u.setCursor({
      left: u.valToPos(value, "x"),
      top: top > 0 ? top : u.over.clientHeight * ENTRY,
    });
}

/** To the middle of a row beside, of so many. */
function moveRow(u: uPlot, step: number, rows: number): void {
  const { left = -1, top = -1 } = u.cursor;
  const each = u.over.clientHeight / rows;
  const row = Math.min(rows - 1, Math.max(0, Math.floor(top / each) + step));
  if (left >= 0) u.setCursor({ left, top: (row + 0.5) * each });
}
