// How a line has changed since the period that it is compared with.

import fc from "fast-check";
import { expect, test } from "vitest";
import { changeOf, formatChange } from "../../../src/ui/chart/change.ts";

test.each([
  [40, 50, "+25 %"],
  [8, 2, "−75 %"],
  [-10, -20, "−100 %"],
  [1_000, 1_034, "+3.4 %"],
  [5, 5, "0 %"],
  [1, 1.000_1, "0 %"],
  [1, 2_001, "+2,000 ×"],
  [0, 4, "–"],
  [undefined, 4, "–"],
  [4, undefined, "–"],
])("from %d to %d: %s", (then, now, text) => expect(formatChange(changeOf(then, now))).toBe(text));

test("more is never told as less", () => {
  const value = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(value, value, (then, now) => {
      const text = formatChange(changeOf(then, now));
      expect(text.startsWith(now > then ? "−" : "+")).toBe(false);
      expect(text).not.toMatch(/NaN|Infinity/);
    }),
  );
});
