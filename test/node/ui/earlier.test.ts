// The period before: buckets fall on buckets, and never on those of the period itself.

import fc from "fast-check";
import { expect, test } from "vitest";
import { DAY, HOUR, TIERS } from "../../../src/core/tiers.ts";
import { earlier } from "../../../src/ui/models/earlier.ts";
import { panelOf } from "../../../src/ui/url.ts";

const NOON = Date.UTC(2026, 10, 24, 12);
const PERIOD = {
  panel: panelOf("m"),
  compare: "period",
  length: HOUR,
  step: TIERS.minute.step,
  resolution: "minute",
  question: "q",
} as const;
const ask = (length: number, tier: "minute" | "hour" | "day", from: number, to: number) =>
  earlier({ ...PERIOD, window: { from, to }, length, step: TIERS[tier].step, resolution: tier });

test("a day or a week before, whatever is shown", () => {
  const window = { from: NOON, to: NOON + HOUR };
  const by = (compare: "day" | "week") => earlier({ ...PERIOD, window, compare })!.by;
  expect([by("day"), by("week")]).toEqual([DAY, 7 * DAY]);
});

test("six hours by day are moved by a day, not by nothing", () => {
  const day = Math.floor(NOON / DAY) * DAY;
  const found = ask(6 * HOUR, "day", day, day + DAY)!;
  expect(found.by).toBe(DAY);
  expect(found.question).toContain(`from=${day - DAY}&to=${day}&resolution=day`);
});

test("a range that starts between two hours is moved by whole hours", () => {
  const found = ask(1.5 * HOUR, "hour", NOON, NOON + 2 * HOUR)!;
  expect(found.by).toBe(2 * HOUR);
  expect(found.question).toContain(`from=${NOON - 2 * HOUR}&to=${NOON}`);
});

test("always whole buckets, at least one, and as many as the window", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("minute" as const, "hour" as const, "day" as const),
      fc.integer({ min: 60_000, max: 400 * DAY }),
      fc.nat(DAY),
      (tier, length, offset) => {
        const { step } = TIERS[tier];
        const from = Math.floor((NOON + offset) / step) * step;
        const to = Math.ceil((NOON + offset + length) / step) * step;
        const { by, question } = ask(length, tier, from, to)!;
        expect(by % step).toBe(0);
        expect(by).toBeGreaterThanOrEqual(step);
        expect(Math.abs(by - length)).toBeLessThanOrEqual(step);
        const asked = new URL(question, "https://minuet.test").searchParams;
        expect(Number(asked.get("to")) - Number(asked.get("from"))).toBe(to - from);
      },
    ),
  );
});

test("before 2001 there is nothing to ask", () =>
  expect(ask(365 * DAY, "day", 1_000_000_080_000, 1_000_000_080_000 + 365 * DAY)).toBeUndefined());
