// Fingers on a chart: one moves its window, two stretch it, and a tap is the browser's click, which
// the crosshair follows and stays. Up and down, the page scrolls. Loaded where there is a touch screen.

import type uPlot from "uplot";
import type { ChartEvents } from "./options.ts";

type Window = readonly [from: number, to: number];

/** Less than this is a tap, CSS pixels. */
const STILL = 8;
/** Fingers are no closer than this, CSS pixels: the window would have no length. */
const CLOSEST = 16;

/**
 * The window in which the times that were under the fingers are under them again.
 *
 * @param before,now where they were and are, in pixels from the left edge: one or two
 */
export function heldBy(
  before: readonly number[],
  now: readonly number[],
  [from, to]: Window,
  width: number,
): Window {
  const perPixel = (to - from) / width;
  const middle = (all: readonly number[]): number => all.reduce((a, b) => a + b, 0) / all.length;
  const apart = ([a, b]: readonly number[]): number =>
    a === undefined || b === undefined ? CLOSEST : Math.max(CLOSEST, Math.abs(a - b));
  const stretched = (perPixel * apart(before)) / apart(now);
  const start = from + middle(before) * perPixel - middle(now) * stretched;
  return [start, start + width * stretched];
}

/** Returns what ends it. */
export function followFingers(
  u: uPlot,
  window: () => Window,
  onPan: ChartEvents["onPan"],
): () => void {
  const fingers = new Map<number, number>();
  /** Where the fingers and the window were when the last of them came or went. */
  let start: { readonly at: readonly number[]; readonly window: Window } | undefined;
  let moves = false;
  let shown: Window = [0, 0];

  const anchor = (): void => {
    start = { at: [...fingers.values()], window: moves ? shown : window() };
  };
  const placeOf = ({ clientX }: PointerEvent): number =>
    clientX - u.over.getBoundingClientRect().left;
  const down = (event: PointerEvent): void => {
    if (event.pointerType !== "touch" || fingers.size === 2) return;
    fingers.set(event.pointerId, placeOf(event));
    anchor();
  };
  const move = (event: PointerEvent): void => {
    if (start === undefined || !fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, placeOf(event));
    const now = [...fingers.values()];
    if (!moves && now.every((x, i) => Math.abs(x - start!.at[i]!) < STILL)) return;
    if (!moves) u.setCursor({ left: -10, top: -10 });
    moves = true;
    shown = heldBy(start.at, now, start.window, u.over.clientWidth);
    onPan(...shown, false);
  };
  const up = (event: PointerEvent): void => {
    if (!fingers.delete(event.pointerId)) return;
    if (fingers.size > 0) {
      anchor();
      return;
    }
    start = undefined;
    if (moves) onPan(...shown, true);
    moves = false;
  };
  // Along the time the chart moves, the other way the page.
  u.over.style.touchAction = "pan-y";
  const ends = new AbortController();
  const on = (
    name: "pointerdown" | "pointermove" | "pointerup" | "pointercancel",
    does: typeof up,
  ) => u.over.addEventListener(name, does, { signal: ends.signal });
  on("pointerdown", down);
  on("pointermove", move);
  on("pointerup", up);
  on("pointercancel", up);
  return () => ends.abort();
}
