// PromQL over a store that is old: points of a year and more, which the cron has rolled up and of which it has
// deleted the minutes, and of an hour ago in D1 and in the shard; against a naive evaluator over all of them.

import { beforeAll, describe, expect, test, vi } from "vitest";
import { canonicalLabels } from "../../src/core/series/labels.ts";
import { DAY, HOUR, MINUTE } from "../../src/core/tiers.ts";
import { Memory } from "../support/promql/memory.ts";
import { naiveRange } from "../support/promql/naive.ts";
import { fetchApi, search, store } from "./api-client.ts";
import { countOf, flush, type Point, runSteps, wipe } from "./cron-store.ts";

/** A midnight, and the time of all questions. */
const TODAY = Date.UTC(2095, 10, 20);
const NOW = TODAY + 12 * HOUR + 25 * MINUTE;
const KEPT = TODAY - 15 * DAY;
/** A counter with resets and a gauge, in one pack. */
const METRICS = ["m16", "m17"] as const;

const memory = new Memory();

/** Points of both, one each 5 minutes of [from, to), never at the edge of a bucket. */
function pointsOf(from: number, to: number): Point[] {
  const points: Point[] = [];
  for (let at = from + 17; at < to; at += 5 * MINUTE) {
    const i = Math.floor(at / (5 * MINUTE));
    points.push({ id: 16, at, value: (i % 71) * 3 });
    points.push({ id: 17, at, value: ((i * 37) % 101) - 50 });
  }
  return remembered(points);
}

/** Of another gauge, at the full minute: the first is at the edge of a day. */
function onTheMinute(from: number, to: number): Point[] {
  const points: Point[] = [];
  for (let at = from; at < to; at += 5 * MINUTE) points.push({ id: 20, at, value: at / MINUTE });
  return remembered(points);
}

function remembered(points: Point[]): Point[] {
  for (const { id, at, value } of points) {
    const series = memory.of(canonicalLabels([["__name__", `m${id}`]]));
    series.times.push(at);
    series.values.push(value);
  }
  return points;
}

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  await wipe();
  await flush([
    ...pointsOf(TODAY - 500 * DAY, TODAY - 497 * DAY),
    ...pointsOf(TODAY - 365 * DAY, TODAY - 363 * DAY),
    ...onTheMinute(TODAY - 365 * DAY, TODAY - 363 * DAY),
    ...pointsOf(KEPT - 12 * HOUR, KEPT + 12 * HOUR),
  ]);
  await flush(pointsOf(TODAY, TODAY + 11 * HOUR));
  // Much is deleted at once where two runs agree on the time.
  for (const now of [NOW - 3 * HOUR, NOW - HOUR])
    await runSteps(now, { minute: 15, hour: 400, day: 0 });
  const late = pointsOf(TODAY + 11 * HOUR, TODAY + 12 * HOUR);
  await flush(late);
  const newest = pointsOf(TODAY + 12 * HOUR, NOW);
  await store(newest.map(({ id, at, value }) => ({ name: `m${id}`, timestamp: at, value })));
  // Of the minutes of old days there are none, and of those of late hours there are.
  expect(await countOf("minute")).toBe(12 + 12);
  return () => void vi.useRealTimers();
});

interface Asked {
  readonly values: ReadonlyMap<string, number>;
  readonly infos: readonly string[];
  readonly warnings: readonly string[];
}

async function ask(query: string, start: number, end: number, step: number): Promise<Asked> {
  const response = await fetchApi(
    `/prometheus/api/v1/query_range${search({ query, start: start / 1_000, end: end / 1_000, step: step / 1_000 })}`,
  );
  const body: {
    data: {
      result: { metric: Record<string, string>; values: [number, string][] }[];
    };
    infos?: string[];
    warnings?: string[];
  } = await response.json();
  expect(response.status, JSON.stringify(body)).toBe(200);
  return {
    values: new Map(
      body.data.result.flatMap(({ metric, values }) =>
        values.map(([at, value]) => [
          `${Math.round(at * 1_000)} ${JSON.stringify(Object.entries(metric))}`,
          Number(value),
        ]),
      ),
    ),
    infos: (body.infos ?? []).filter((info) => !info.includes("might not be a counter")),
    warnings: body.warnings ?? [],
  };
}

const naiveOf = (query: string, start: number, end: number, step: number): Map<string, number> =>
  naiveRange(memory, query, { start, end, step });

function expectSame(got: ReadonlyMap<string, number>, expected: ReadonlyMap<string, number>): void {
  expect(expected.size).toBeGreaterThan(0);
  expect([...got.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [key, value] of expected) expect(got.get(key), key).toBeCloseTo(value, 6);
}

const CALLS = [
  ...["sum", "avg", "min", "max", "count", "first", "last", "present"].map(
    (name) => `${name}_over_time(m17[#])`,
  ),
  "delta(m17[#])",
  "rate(m16[#])",
  "increase(m16[#])",
  "sum(last_over_time({__name__=~'m1.'}[#])) / count(avg_over_time(m16[#]))",
];

describe.each([
  ["a year ago, by the hour", TODAY - 365 * DAY, TODAY - 363 * DAY, HOUR, "6h"],
  ["before that, by the day", TODAY - 500 * DAY, TODAY - 496 * DAY, DAY, "1d"],
  ["where minutes are kept no longer", KEPT - 6 * HOUR, KEPT + 6 * HOUR, HOUR, "2h"],
  ["today, of D1 and the shard", TODAY + HOUR, TODAY + 12 * HOUR, HOUR, "3h"],
])("%s", (_, start, end, step, range) => {
  test.each(CALLS)("%s", async (call) => {
    const query = call.replaceAll("#", range);
    const { values, infos, warnings } = await ask(query, start, end, step);
    expectSame(values, naiveOf(query, start, end, step));
    expect([infos, warnings]).toEqual([[], []]);
  });
});

test("a selector at whole hours has the last value of the hour before, where it is seen", async () => {
  const [start, end] = [TODAY - 365 * DAY, TODAY - 362 * DAY];
  const { values, infos } = await ask("m17", start, end, HOUR);
  expectSame(values, naiveOf("m17", start, end, HOUR));
  expect(infos).toEqual([]);
});

test("irate over whole hours is read from samples while they are kept", async () => {
  const [start, end] = [TODAY + HOUR, TODAY + 12 * HOUR];
  const { values, infos } = await ask("irate(m16[1h])", start, end, HOUR);
  expectSame(values, naiveOf("irate(m16[1h])", start, end, HOUR));
  expect(infos).toEqual([]);
});

test.each([
  ["m20", HOUR],
  ["count(m20 > 0)", HOUR],
  ["m20", 12 * HOUR],
  ["m20", DAY],
  ["timestamp(m20)", 12 * HOUR],
])(
  "a series has the value of its first point at the very step: %s by %d ms",
  async (query, step) => {
    const [start, end] = [TODAY - 365 * DAY, TODAY - 363 * DAY - HOUR];
    const { values, infos } = await ask(query, start, end, step);
    const naive = query.startsWith("timestamp") ? "m20 * 60" : query;
    expectSame(values, naiveOf(naive, start, end, step));
    expect(infos).toEqual([]);
  },
);

test.each([
  ["max_over_time(m20[1h])", HOUR],
  ["count_over_time(m20[1h])", HOUR],
  ["sum(avg_over_time(m20[12h1m]))", 12 * HOUR],
  ["last_over_time(m20[1d])", DAY],
  ["rate(m20[1h])", HOUR],
  ["delta(m20[12h1m])", 12 * HOUR],
])(
  "a function over a range has that point with its bucket, so that it counts once: %s by %d ms",
  async (query, step) => {
    const [start, end] = [TODAY - 365 * DAY, TODAY - 363 * DAY - HOUR];
    const { values } = await ask(query, start, end, step);
    const later = [...naiveOf(query, start, end, step).keys()].filter(
      (key) => !key.startsWith(String(start)),
    );
    expect([...values.keys()].sort()).toEqual(later.sort());
  },
);

test("a rate over 10 minutes of a year ago is that of its hour (thanos-io/thanos#1115)", async () => {
  const start = TODAY - 365 * DAY + 2 * HOUR + 20 * MINUTE;
  const end = start + DAY;
  const { values, infos } = await ask("rate(m16[10m])", start, end, 30 * MINUTE);
  expect(values.size).toBe(49);
  const whole = naiveOf("rate(m16[1h])", start - 20 * MINUTE, end, HOUR);
  for (const [key, value] of values) {
    const at = Number(key.split(" ")[0]);
    const hour = Math.floor(at / HOUR) * HOUR;
    expect(value, key).toBeCloseTo(whole.get(`${hour} []`)!, 9);
  }
  expect(infos).toEqual([expect.stringContaining("rate() over 10m is made of the whole hour")]);
});

test("the sum of series is that of their values (thanos-io/thanos#922, #8155)", async () => {
  const at = TODAY - 364 * DAY + 7 * MINUTE;
  const sum = await ask("sum({__name__=~'m1.'})", at, at, HOUR);
  const each = await ask("{__name__=~'m1.'}", at, at, HOUR);
  expect(each.values.size).toBe(METRICS.length);
  expect([...sum.values.values()]).toEqual([
    [...each.values.values()].reduce((all, value) => all + value, 0),
  ]);
});

test("over the seam all is of hours, and it is said; a median begins where samples do", async () => {
  const [start, end] = [KEPT - 2 * HOUR, KEPT + 2 * HOUR];
  const { infos, values } = await ask("max_over_time(m17[20m])", start, end, 10 * MINUTE);
  expect(values.size).toBe(25);
  expect(infos).toEqual([
    expect.stringContaining(
      "since single points before 2095-11-05T00:00:00.000Z are kept no longer",
    ),
  ]);
  const median = await ask("quantile_over_time(0.5, m17[20m])", start, end, 10 * MINUTE);
  expectSame(
    median.values,
    naiveOf("quantile_over_time(0.5, m17[20m])", KEPT + 20 * MINUTE, end, 10 * MINUTE),
  );
  expect(median.infos).toEqual([expect.stringContaining("needs single points")]);
});
