// What a query over a limit is advised: each way out is within the limit, and no smaller than need be.

import { describe, expect, test } from "vitest";
import * as LIMITS from "../../../src/core/limits.ts";
import { plan, type Plan } from "../../../src/core/query/plan.ts";
import { costOf } from "../../../src/core/query/slices.ts";
import { DAY, HOUR, hourOf, MINUTE, type TierName } from "../../../src/core/tiers.ts";
import {
  type Done,
  type Load,
  overBudget,
  tooManyInTurn,
  tooManyMinutes,
} from "../../../src/worker/read/bounds.ts";

const NOW = Date.UTC(2026, 10, 20);
const planOf = (days: number, tier: TierName): Plan =>
  plan({ from: NOW - days * DAY, to: NOW }, tier, NOW, { minute: 0, hour: 0, day: 0 });

const thought = (series: number): Done["thought"] => ({ series, slots: 2 * series });
const OVER: Done = {
  decoded: LIMITS.decodedPerQuery + 1,
  thought: thought(LIMITS.decodedPerQuery),
  ms: 1,
};

const waysOf = (of: Plan, loads: readonly Load[], done = OVER) => {
  const over = overBudget(of, loads, done);
  if (over === undefined) expect.fail("within the limits");
  return { ...over, ...Object.fromEntries(over.ways.map((way) => [way.way, way])) };
};

test("within the limits there is nothing to say", () => {
  const done = { decoded: LIMITS.decodedPerQuery, thought: thought(1), ms: LIMITS.queryMs };
  expect(overBudget(planOf(9, "minute"), [], done)).toBeUndefined();
});

describe("too many buckets", () => {
  const planned = planOf(12, "minute");
  const cost = costOf(planned, []);
  const loads = [
    { series: 3_000, slots: 6_000, cost },
    { series: 2_000, slots: 4_000, cost },
  ];

  test("a later start, fewer series, a coarser tier: all are within", () => {
    const over = waysOf(planned, loads);
    expect(over.limit).toBe("decodedPerQuery");
    const [from, series] = over.ways;
    if (from?.way !== "from" || series?.way !== "series") expect.fail();
    const minutes = (NOW - from.from) / MINUTE;
    expect(5_000 * minutes).toBeLessThanOrEqual(LIMITS.decodedPerQuery);
    expect(5_000 * (minutes + 1)).toBeGreaterThan(0.84 * LIMITS.decodedPerQuery);
    expect(series.most * 12 * 24 * 60).toBeLessThanOrEqual(LIMITS.decodedPerQuery);
    expect(series.most).toBeGreaterThan(1_400);
    expect(over.ways[2]).toEqual({ way: "coarser", tier: "hour" });
  });

  test("that are more than was thought, since hours came in parts: the start is as much later", () => {
    const parts = { ...OVER, thought: thought(LIMITS.decodedPerQuery / 4) };
    const start = (done: Done): number => {
      const [from] = waysOf(planned, loads, done).ways;
      return from?.way === "from" ? (NOW - from.from) / MINUTE : NaN;
    };
    expect(start(parts) / start(OVER)).toBeCloseTo(0.25, 2);
  });

  test("in hours that are not rolled up count as minutes", () => {
    const byHour = planOf(365, "hour");
    const open = Array.from({ length: 24 * 365 }, (_, i) => hourOf(NOW - 365 * DAY) + i);
    const [from] = waysOf(byHour, [{ series: 200, slots: 400, cost: costOf(byHour, open) }]).ways;
    if (from?.way !== "from") expect.fail();
    expect((200 * 61 * (NOW - from.from)) / HOUR).toBeLessThanOrEqual(LIMITS.decodedPerQuery);
  });

  test("of the coarsest tier are not sent further", () => {
    const byDay = planOf(365, "day");
    const loads = [{ series: 50_000, slots: 100_000, cost: costOf(byDay, []) }];
    expect(
      waysOf(byDay, loads, { ...OVER, thought: thought(1e6) }).ways.map(({ way }) => way),
    ).toEqual(["from", "series"]);
  });
});

test("too long: as much as was read in that time", () => {
  const planned = planOf(10, "minute");
  const cost = costOf(planned, []);
  const over = waysOf(planned, [{ series: 1_000, slots: 2_000, cost }], {
    decoded: 1e6,
    thought: thought(1_000 * 10 * 24 * 30),
    ms: 2 * LIMITS.queryMs,
  });
  expect([over.limit, over.value]).toEqual(["queryMs", LIMITS.queryMs]);
  const [from] = over.ways;
  if (from?.way !== "from") expect.fail();
  // Half of it took twice as long: a quarter, and a bit less.
  expect((NOW - from.from) / DAY).toBeCloseTo(10 * 0.25 * 0.7, 2);
});

test("minutes whose samples are read in turn are refused when they are too many, or seem by far", () => {
  const day = planOf(1, "minute");
  const most = Math.floor(LIMITS.minutesInTurn / (24 * 60));
  const stored = (size: number) => [{ series: { size } }, { series: { size: 1 } }];
  // Most of them may be idle.
  expect(tooManyInTurn(day, stored(3.9 * most))).toBeUndefined();
  expect(tooManyInTurn(day, [])).toBeUndefined();
  const over = tooManyInTurn(day, stored(4 * most + 3));
  expect(over).toMatchObject({ limit: "minutesInTurn", value: LIMITS.minutesInTurn });
  const ways = new Map(over?.ways.map((way) => [way.way, way]));
  expect(ways.get("series")).toMatchObject({ most });
  const { from } = ways.get("from") as { readonly from: number };
  expect(((NOW - from) / MINUTE) * (4 * most + 4)).toBeLessThanOrEqual(LIMITS.minutesInTurn);
  expect(((NOW - from) / MINUTE + 1) * (4 * most + 4)).toBeGreaterThan(LIMITS.minutesInTurn);
  expect(tooManyMinutes(LIMITS.minutesInTurn)).toBeUndefined();
  expect(tooManyMinutes(LIMITS.minutesInTurn + 1)).toMatchObject({ limit: "minutesInTurn" });
});
