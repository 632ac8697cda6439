// Plans by example: a reader can follow which segments answer which question.

import { describe, expect, test } from "vitest";
import { keptFrom, plan, spans } from "../../../src/core/query/plan.ts";
import { DAY, dayOf, HOUR, hourOf, MINUTE, type TierName } from "../../../src/core/tiers.ts";

const NOW = Date.UTC(2026, 10, 20, 12, 34, 56);
const RETENTION = { minute: 15, hour: 400, day: 0 };

const at = (text: string): number => Date.parse(`${text}Z`);
const planOf = (from: string, to: string, resolution: TierName | "auto"): ReturnType<typeof plan> =>
  plan({ from: at(from), to: at(to) }, resolution, NOW, RETENTION);

test("minutes of an hour: one segment an hour", () => {
  const of = planOf("2026-11-20T10:59:30", "2026-11-20T12:00:01", "minute");
  expect(of).toMatchObject({
    from: at("2026-11-20T10:59"),
    to: at("2026-11-20T12:01"),
    kept: at("2026-11-20T10:59"),
    step: MINUTE,
  });
  expect(spans(of)).toEqual([10, 11, 12].map((hour) => dayOf(NOW) * 24 + hour));
});

test("hours of two days: one segment a day", () => {
  const of = planOf("2026-11-19T22:30", "2026-11-20T02:00", "hour");
  expect(spans(of)).toEqual([dayOf(NOW) - 1, dayOf(NOW)]);
});

test("days over New Year: one segment a year", () => {
  const of = planOf("2025-12-31T12:00", "2026-01-01T12:00", "day");
  expect(of).toMatchObject({ from: at("2025-12-31T00:00"), to: at("2026-01-02T00:00") });
  expect(spans(of)).toEqual([2025, 2026]);
});

test("what a tier does not keep is not asked for", () => {
  const of = planOf("2026-11-01T00:00", "2026-11-06T00:00", "minute");
  expect(of.from).toBe(at("2026-11-01T00:00"));
  expect(of.kept).toBe(at("2026-11-05T00:00"));
  expect(spans(of)[0]).toBe(hourOf(of.kept));
  expect(spans(of)).toHaveLength(24);
  expect(spans(planOf("2026-10-01T00:00", "2026-10-02T00:00", "minute"))).toEqual([]);
});

test("retention is in whole UTC days, and 0 is for ever", () => {
  expect(keptFrom("minute", NOW, RETENTION)).toBe(at("2026-11-05T00:00"));
  expect(keptFrom("hour", NOW, RETENTION)).toBe(at("2025-10-16T00:00"));
  expect(keptFrom("day", NOW, RETENTION)).toBe(0);
});

describe("auto", () => {
  const takes = (tier: TierName, length: number, end = Math.floor(NOW / HOUR) * HOUR): void =>
    test(`${length / HOUR} hours, ${(NOW - end) / DAY} days ago: ${tier}`, () => {
      const of = plan({ from: end - length, to: end }, "auto", NOW, RETENTION);
      expect(of.tier).toBe(tier);
    });
  takes("minute", MINUTE);
  takes("minute", 25 * HOUR);
  takes("hour", 25 * HOUR + MINUTE);
  takes("hour", 62 * DAY);
  takes("hour", 1_500 * HOUR);
  takes("day", 1_501 * HOUR);
  takes("day", 1_500 * DAY);
  takes("day", 18_000 * DAY);
  takes("minute", HOUR, NOW - 14 * DAY);
  takes("hour", HOUR, NOW - 16 * DAY);
  takes("day", HOUR, NOW - 401 * DAY);
});
