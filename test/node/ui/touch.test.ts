// Fingers on a chart: what was under them stays under them.

import fc from "fast-check";
import { expect, test } from "vitest";
import { heldBy } from "../../../src/ui/chart/touch.ts";

test("one finger moves the window, and leaves its length", () =>
  expect(heldBy([100], [300], [1_000, 2_000], 1_000)).toEqual([800, 1_800]));

test("two fingers that part show half as much, about what was between them", () =>
  expect(heldBy([400, 600], [300, 700], [1_000, 2_000], 1_000)).toEqual([1_250, 1_750]));

const place = fc.integer({ min: 0, max: 1_000 });
test("the times under two fingers are under them again, in whatever order they came", () =>
  fc.assert(
    fc.property(place, place, place, place, (a, b, c, d) => {
      fc.pre(Math.abs(a - b) > 20 && Math.abs(c - d) > 20 && a < b === c < d);
      const [from, to] = heldBy([a, b], [c, d], [5_000, 9_000], 1_000);
      const timeAt = (x: number): number => from + ((to - from) * x) / 1_000;
      expect(timeAt(c)).toBeCloseTo(5_000 + a * 4, 6);
      expect(timeAt(d)).toBeCloseTo(5_000 + b * 4, 6);
    }),
  ));
