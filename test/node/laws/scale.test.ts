// Laws of the scale of values: whatever the numbers, from the smallest double to the largest, of
// either sign and constants too, the chart has an axis that holds them, with ticks and labels.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sparkline } from "../../../src/ui/chart/sparkline.ts";
import { factorFor, unscaled, yRange } from "../../../src/ui/chart/scale.ts";
import {
  enoughTicks,
  tickLabels,
  type UnitName,
  UNITS,
  valueTicks,
} from "../../../src/ui/units.ts";
import { isUnit } from "../../../src/ui/units.ts";

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
/** Every power of ten is as likely, so that most numbers are neither near 0 nor near the largest. */
const magnitude = fc
  .tuple(fc.integer({ min: -308, max: 308 }), fc.double({ min: 1, max: 1.79, noNaN: true }))
  .map(([power, digits]) => digits * Number(`1e${power}`));
const value = fc.oneof(
  fc.tuple(magnitude, fc.boolean()).map(([size, isBelow]) => (isBelow ? -size : size)),
  fc.constantFrom(0, 1e33, -1e33, 1e308, -1e308, 1.7e308, -1.7e308, 5e-324, Number.MAX_VALUE),
  finite,
);
const range = fc
  .oneof(
    fc.tuple(value, value),
    value.map((constant): [number, number] => [constant, constant]),
    // Close to each other, for their size.
    fc
      .tuple(value, fc.double({ min: 0, max: 1e-10, noNaN: true }))
      .map(([at, part]): [number, number] => [at, at - at * part]),
  )
  .map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)]);
const unit = fc.constantFrom<UnitName>(...Object.keys(UNITS).filter(isUnit));

/** What the chart is given, as it is made. */
function axisOf(min: number, max: number) {
  const factor = factorFor(Math.max(Math.abs(min), Math.abs(max)));
  const [bottom, top] = yRange(min * factor, max * factor);
  return { factor, bottom, top, from: unscaled(bottom, factor), to: unscaled(top, factor) };
}

describe("scaled values", () => {
  test("are exactly the same numbers again, the smallest and the largest too", () => {
    fc.assert(
      fc.property(value, (value) => {
        const factor = factorFor(Math.abs(value));
        expect(Math.log2(factor) % 1).toBeCloseTo(0, 9);
        expect(unscaled(value * factor, factor)).toBe(value);
      }),
      { numRuns: 1_000 },
    );
  });
  test("are of a size of which uPlot knows the digits, and with which it can reckon", () => {
    fc.assert(
      fc.property(value, (value) => {
        const size = Math.abs(value) * factorFor(Math.abs(value));
        expect(size).toBeLessThan(2 ** 25);
        if (value !== 0) expect(size).toBeGreaterThan(1e-24);
      }),
    );
  });
});

describe("the y axis", () => {
  test("holds the values, and has a length that can be divided", () => {
    fc.assert(
      fc.property(range, ([min, max]) => {
        const { factor, bottom, top } = axisOf(min, max);
        expect(bottom).toBeLessThanOrEqual(min * factor);
        expect(top).toBeGreaterThanOrEqual(max * factor);
        expect(Number.isFinite(1 / (top - bottom))).toBe(true);
        // Nothing that differs is drawn a hundred times smaller than it could be.
        if (max - min > Math.max(Math.abs(min), Math.abs(max)) * 1e-6)
          expect(max * factor - min * factor).toBeGreaterThan((top - bottom) / 100);
      }),
      { numRuns: 1_000 },
    );
  });
  test("has ticks that can be told apart, in every unit", () => {
    fc.assert(
      fc.property(range, unit, fc.integer({ min: 3, max: 12 }), ([min, max], unit, most) => {
        const { from, to, factor, bottom, top } = axisOf(min, max);
        const ticks = valueTicks(unit, from, to, most);
        expect(ticks.length).toBeGreaterThanOrEqual(1);
        expect(new Set(tickLabels(unit, ticks)).size).toBe(ticks.length);
        // The ends of an axis of the smallest numbers are rounded to the nearest that there is.
        const rounding = Number.MIN_VALUE * factor;
        for (const tick of ticks) {
          expect(tick * factor).toBeGreaterThanOrEqual(bottom - rounding);
          expect(tick * factor).toBeLessThanOrEqual(top + rounding);
        }
        expect(new Set(ticks.map((tick) => unscaled(tick * factor, factor)))).toEqual(
          new Set(ticks),
        );
      }),
      { numRuns: 2_000 },
    );
  });
  test.each([1e33, -1e33, 1e308, 1.7e308, -1.7e308, Number.MAX_VALUE, 1e-308, -1e-308, 5e-324])(
    "of %d alone has two ticks at least",
    (value) => {
      const { from, to } = axisOf(value, value);
      expect(valueTicks("none", from, to, 6).length).toBeGreaterThanOrEqual(2);
    },
  );
  test("starts at zero when that is near", () => expect(yRange(0.1, 1.1)[0]).toBe(0));
  test("has three labels at least, however low it is", () =>
    fc.assert(
      fc.property(
        fc.double({ min: -1e9, max: 1e9, noNaN: true }),
        fc.double({ min: 1e-3, max: 1e9, noNaN: true }),
        (from, length) => {
          expect(enoughTicks("none", from, from + length, 3).length).toBeGreaterThanOrEqual(3);
        },
      ),
    ));
  test("starts at zero for what is counted, however far that is", () => {
    expect(yRange(1, 1.1, true)[0]).toBe(0);
    expect(yRange(-1.1, -1, true)[0]).toBeLessThan(-1);
  });
  test("does not when it is far", () => expect(yRange(1, 1.1)[0]).toBeGreaterThan(0.9));
  test("shows a constant against zero", () => {
    expect(yRange(1, 1)).toEqual([0, 1.25]);
    expect(yRange(-1, -1)).toEqual([-1.25, 0]);
  });
  test("shows nothing as something", () => {
    expect(yRange(null, null)).toEqual([0, 1]);
    expect(yRange(0, 0)).toEqual([0, 1]);
  });
});

test("a sparkline of any numbers stays within its bounds, and is as high as they differ", () => {
  fc.assert(
    fc.property(fc.array(value, { minLength: 2, maxLength: 60 }), (points) => {
      const { line } = sparkline(points, 64, 22);
      const heights = line
        .slice(1)
        .split("L")
        .map((place) => Number(place.split(" ")[1]));
      expect(heights.every((y) => y >= 3 && y <= 19)).toBe(true);
      if (Math.max(...points) > Math.min(...points))
        expect([Math.min(...heights), Math.max(...heights)]).toEqual([3, 19]);
    }),
  );
});
