// Laws of the flush policy: rows stay within the budget, cuts lie on boundaries of the interval,
// never ahead of the clock, and move forward; the next flush is when the cut moves.

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  dueCut,
  flushCut,
  flushInterval,
  latestAlarm,
  nextFlush,
} from "../../../src/durable/flush/policy.ts";
import { HOUR, MINUTE } from "../../../src/core/tiers.ts";

const series = fc.nat(30_000);
const budget = fc.integer({ min: 1, max: 20_000 });
const interval = fc.tuple(series, budget).map(([active, rows]) => flushInterval(active, rows));
const now = fc.integer({ min: 1e12, max: 4e12 });

test("an interval divides the hour and keeps the rows of an hour within the budget", () => {
  fc.assert(
    fc.property(series, budget, (active, rows) => {
      const ms = flushInterval(active, rows);
      expect(HOUR % ms).toBe(0);
      expect(ms % MINUTE).toBe(0);
      const rowsPerHour = active * (HOUR / ms);
      expect(rowsPerHour <= rows || ms === HOUR).toBe(true);
    }),
  );
});

test("more series never flush more often, more budget never less", () => {
  fc.assert(
    fc.property(series, series, budget, budget, (a, b, x, y) => {
      expect(flushInterval(Math.max(a, b), x)).toBeGreaterThanOrEqual(
        flushInterval(Math.min(a, b), x),
      );
      expect(flushInterval(a, Math.max(x, y))).toBeLessThanOrEqual(
        flushInterval(a, Math.min(x, y)),
      );
    }),
  );
});

test("a cut lies on a boundary, behind the clock by at most an interval and its grace", () => {
  fc.assert(
    fc.property(now, interval, (time, ms) => {
      const cut = flushCut(time, ms);
      expect(cut % ms).toBe(0);
      expect(cut).toBeLessThanOrEqual(time - ms / 12);
      expect(cut).toBeGreaterThan(time - ms / 12 - ms);
    }),
  );
});

test("cuts move forward", () => {
  fc.assert(
    fc.property(now, fc.nat(3 * HOUR), interval, (time, later, ms) => {
      expect(flushCut(time + later, ms)).toBeGreaterThanOrEqual(flushCut(time, ms));
    }),
  );
});

test("the next flush is the first moment at which the cut moves", () => {
  fc.assert(
    fc.property(now, interval, (time, ms) => {
      const next = nextFlush(time, ms);
      expect(next).toBeGreaterThan(time);
      expect(flushCut(next, ms)).toBe(flushCut(time, ms) + ms);
      expect(flushCut(next - 1, ms)).toBe(flushCut(time, ms));
    }),
  );
});

test("an alarm is never set for later than what is believed of one", () => {
  fc.assert(
    fc.property(now, interval, (time, ms) => {
      expect(nextFlush(time, ms)).toBeLessThanOrEqual(latestAlarm(time));
    }),
  );
});

test("whatever a wrong clock left as the last cut, a flush is due within an interval, and then not at once again", () => {
  fc.assert(
    fc.property(now, now, interval, (time, wrong, ms) => {
      const last = flushCut(wrong, ms);
      const next = dueCut(nextFlush(time, ms), ms, last);
      // A cut of the past that is on time holds until the clock has passed the next one.
      if (last !== flushCut(nextFlush(time, ms), ms)) expect(next).toBeDefined();
      const cut = next ?? last;
      expect(dueCut(nextFlush(time, ms), ms, cut)).toBeUndefined();
    }),
  );
});

test("as designed: 4 series each minute, 40 each 10 minutes, 240 and more each hour", () => {
  const minutes = (active: number): number => flushInterval(active, 240) / MINUTE;
  expect([0, 1, 4, 5, 40, 41, 240, 241, 25_000].map(minutes)).toEqual([
    1, 1, 1, 2, 10, 12, 60, 60, 60,
  ]);
});

test("a budget that is no number is the least", () => {
  expect(flushInterval(10, 0)).toBe(HOUR);
  expect(flushInterval(10, Number.NaN)).toBe(HOUR);
});
