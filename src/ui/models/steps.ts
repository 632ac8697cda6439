// Moving the range and zooming by buttons: loaded with the first that is pressed.

import { type Span, spanMs, SPANS } from "../spans.ts";
import { now } from "./clock.ts";
import { go, moveBy, view, zoomTo } from "./page.ts";
import { placed } from "./placed.ts";
import { strideOf } from "./whole.ts";

/** What is shown: as the first chart has it, else as the view says. */
function shownNow(): { readonly from: number; readonly to: number } {
  const { range } = view.peek();
  const known = placed.peek()[0]?.reading?.shown.peek();
  if (known !== undefined) return known;
  return range.kind === "fixed" ? range : { from: now() - spanMs(range.span), to: now() };
}

/** Half a window aside: what was at one edge is in the middle. */
export function shift(side: -1 | 1): void {
  const shown = shownNow();
  const answer = placed.peek()[0]?.reading?.shown.peek()?.answer;
  // Samples and values of an expression have no step of their own.
  const step = strideOf(answer?.resolution ?? "minute");
  const half = (shown.to - shown.from) / 2;
  moveBy(side * Math.max(1, Math.round(half / step)) * step, shown);
}

/** The choice of the switch that is next to a length, ms. */
const next = (length: number, side: -1 | 1): Span | undefined =>
  side > 0
    ? SPANS.find((one) => spanMs(one) > length)
    : SPANS.findLast((one) => spanMs(one) < length);

/** A range that ends now goes on to do so, as the next longer or shorter one; else about its middle. */
export function zoom(side: -1 | 1): void {
  const { range } = view.peek();
  const span = range.kind === "last" ? next(spanMs(range.span), side) : undefined;
  const { from, to } = shownNow();
  const by = side > 0 ? (to - from) / 2 : (from - to) / 4;
  if (span !== undefined) go({ range: { kind: "last", span } });
  else if (range.kind === "fixed" || side < 0) zoomTo(from - by, to + by);
}
