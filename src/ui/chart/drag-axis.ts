// The y axis under the mouse: what is dragged over becomes its ends. Loaded with the first drag.

import type uPlot from "uplot";
import type { Scale } from "./scale.ts";

export type Ends = readonly [bottom: number, top: number];

/** Less than this is a click, CSS pixels. */
const STILL = 5;
/** Ends are round to such a part of what lies between them. */
const PARTS = 200;

/** Two values, the lower first, with no more digits than a hand can mean. */
export function endsOf(a: number, b: number): Ends {
  const span = Math.abs(a - b);
  const power = Math.floor(Math.log10(span / PARTS));
  // Read as text, because parts of ten have rounding errors; never -0.
  const rounded = (value: number): number =>
    power < 0
      ? Number(value.toFixed(Math.min(100, -power))) + 0
      : Math.round(value / 10 ** power) * 10 ** power + 0;
  const [low, high] = [rounded(Math.min(a, b)), rounded(Math.max(a, b))];
  // Where the numbers are too large, or too close, for that.
  return low < high && Number.isFinite(power) ? [low, high] : [Math.min(a, b), Math.max(a, b)];
}

/** Follows the mouse until it is let go; Escape leaves the axis as it was. */
export function dragAxis(
  start: PointerEvent,
  u: uPlot,
  scale: Scale,
  onEnds: (ends: Ends) => void,
): void {
  // A finger scrolls the page there.
  if (start.button !== 0 || start.pointerType === "touch") return;
  const { top, height } = u.over.getBoundingClientRect();
  const heightOf = ({ clientY }: PointerEvent): number =>
    Math.min(height, Math.max(0, clientY - top));
  const from = heightOf(start);
  const ended = new AbortController();
  const { signal } = ended;
  const select = (a: number, b: number): void =>
    u.setSelect(
      { left: 0, width: u.over.clientWidth, top: Math.min(a, b), height: Math.abs(a - b) },
      false,
    );
  const end = (): void => {
    ended.abort();
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  };
  // It may have been let go before this was loaded.
  const move = (event: PointerEvent): void =>
    event.buttons === 0 ? end() : select(from, heightOf(event));
  addEventListener("pointermove", move, { signal });
  addEventListener("pointercancel", end, { signal });
  addEventListener(
    "pointerup",
    (event) => {
      const to = heightOf(event);
      end();
      if (Math.abs(to - from) < STILL) return;
      const valueAt = (y: number): number => scale.from(u.posToVal(y, "y"));
      onEnds(endsOf(valueAt(from), valueAt(to)));
    },
    { signal },
  );
  addEventListener("keydown", (event) => event.key === "Escape" && end(), { signal });
}
