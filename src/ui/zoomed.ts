// What a zoom by hand makes of two times. Pure.

import * as LIMITS from "../core/limits.ts";
import { MINUTE } from "../core/tiers.ts";
import { LATEST, type Range } from "./url.ts";

/** The range of a drag over the chart: whole minutes, at least two, and within what can be asked. */
export function zoomed(a: number, b: number): Range {
  const first = Math.ceil(LIMITS.earliestAt / MINUTE) * MINUTE;
  const end = Math.floor(LATEST / MINUTE) * MINUTE;
  const inside = (at: number): number => Math.min(Math.max(at, first), end);
  const from = inside(Math.floor(Math.min(a, b) / MINUTE) * MINUTE);
  const to = inside(Math.ceil(Math.max(a, b) / MINUTE) * MINUTE);
  const most = Math.floor(LIMITS.rangeMs / MINUTE) * MINUTE;
  const length = Math.min(Math.max(to - from, 2 * MINUTE), most);
  const start = Math.min(from, end - length);
  return { kind: "fixed", from: start, to: start + length };
}
