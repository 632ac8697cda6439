// The scale of values: a chart draws numbers of any size, of which uPlot knows only some. It has no
// axis for numbers of more than 17 digits, and lengths beyond the largest double are none. Pure.

import { enoughTicks, tickLabels, type UnitName } from "../units.ts";

/** How values become heights, and heights values. */
export interface Scale {
  /** What is drawn for a value; never far beyond 1, nor so near to 0 that uPlot loses it. */
  readonly to: (value: number) => number;
  /** The value of a height. */
  readonly from: (drawn: number) => number;
  /** The ends of the axis for what is drawn in [min, max]; null: nothing is. */
  readonly range: (min: number | null, max: number | null) => [bottom: number, top: number];
  /** Where labels stand in [min, max], as drawn, ascending: about `most`, and three at least. */
  readonly ticks: (min: number, max: number, most: number) => number[];
  readonly labels: (ticks: readonly number[]) => string[];
}

/** The largest power of two, up or down, that a double takes twice. */
const FURTHEST = 1_000;

/**
 * What drawn values are multiplied by: a power of two, so that nothing is rounded, which brings the
 * largest of them near 1.
 *
 * @param largest of their sizes, finite
 */
export function factorFor(largest: number): number {
  if (!(largest > 0)) return 1;
  const power = Math.floor(Math.log2(largest));
  return 2 ** -Math.min(Math.max(power, -FURTHEST), FURTHEST);
}

/** A drawn value as it was; what lies in the air beyond the largest double is that. */
export const unscaled = (value: number, factor: number): number =>
  Math.min(Math.max(value / factor, -Number.MAX_VALUE), Number.MAX_VALUE);

/**
 * The y axis for values in [min, max]: some air, zero when it is near or all are the same, and always
 * for what is counted, of which the heights are to be compared.
 *
 * @param min,max scaled, so that neither is far beyond 1; null: there is no value
 */
export function yRange(min: number | null, max: number | null, counts = false): [number, number] {
  if (min === null || max === null || !(min <= max)) return [0, 1];
  const size = Math.max(Math.abs(min), Math.abs(max));
  if (size === 0) return [0, 1];
  // Closer than this, neighbouring ticks would be the same double.
  const span = max - min;
  if (span <= size * 1e-9) return min > 0 ? [0, max * 1.25] : [min * 1.25, 0];
  const air = span * 0.08;
  return [
    min >= 0 && (counts || min <= span * 0.6) ? 0 : min - air,
    max <= 0 && -max <= span * 0.6 ? 0 : max + air,
  ];
}

/** @param largest of the sizes of the values, finite */
export function linear(unit: UnitName, counts: boolean, largest: number): Scale {
  const factor = factorFor(largest);
  const from = (drawn: number): number => unscaled(drawn, factor);
  return {
    to: (value) => value * factor,
    from,
    range: (min, max) => yRange(min, max, counts),
    ticks: (min, max, most) =>
      enoughTicks(unit, from(min), from(max), most).map((tick) => tick * factor),
    labels: (ticks) => tickLabels(unit, ticks.map(from)),
  };
}
