// PromQL over hours and days of a year ago answers what a naive evaluator makes of all their samples: random
// counters with resets, gauges and gaps, a part of which is not rolled up yet.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluateRange, type Points } from "../../../src/core/promql/evaluate.ts";
import { valueOf } from "../../../src/core/promql/labels.ts";
import { durationMs } from "../../../src/core/promql/literals.ts";
import { parseQuery } from "../../../src/core/promql/parse.ts";
import { canonicalLabels } from "../../../src/core/series/labels.ts";
import { DAY, HOUR, MINUTE } from "../../../src/core/tiers.ts";
import { samplesOf } from "../../../src/worker/routes/prometheus/samples.ts";
import { Memory } from "../../support/promql/memory.ts";
import { naiveRange } from "../../support/promql/naive.ts";
import { type Counts, storeOf } from "../../support/promql/store.ts";

const NOW = Date.UTC(2031, 5, 18, 10, 30);
const RETENTION = { minute: 15, hour: 400, day: 0 };
/** A midnight: within hours alone, and within days alone. */
const OF_TIER = { hour: Date.UTC(2030, 5, 18), day: Date.UTC(2029, 5, 18) };
type Coarse = keyof typeof OF_TIER;
const WIDTH = { hour: HOUR, day: DAY };

const history = fc.array(
  fc.record({
    isCounter: fc.boolean(),
    host: fc.constantFrom("a", "b", "c"),
    /** In hundredths of a bucket, but for some ms: never at the edge of one. */
    samples: fc.array(
      fc.record({
        after: fc.constantFrom(1, 2, 7, 7, 30, 120, 350),
        value: fc.integer({ min: 0, max: 50 }),
        resets: fc.nat(9).map((n) => n === 0),
        ends: fc.nat(9).map((n) => n === 0),
      }),
      { maxLength: 60 },
    ),
  }),
  { minLength: 1, maxLength: 4 },
);

function remembered(all: ReturnType<typeof history.generate>["value"], tier: Coarse): Memory {
  const memory = new Memory();
  for (const { isCounter, host, samples } of all) {
    const name = isCounter ? "seen_total" : "level";
    const { times, values, ends } = memory.of(
      canonicalLabels([
        ["__name__", name],
        ["host", host],
      ]),
    );
    if (times.length > 0) continue;
    let at = OF_TIER[tier] + 7;
    let count = 100;
    for (const { after, value, resets, ends: isEnd } of samples) {
      at += (after * WIDTH[tier]) / 100;
      if (at % WIDTH[tier] === 0) at++;
      count = resets ? value : count + value;
      times.push(at);
      values.push(isCounter ? count : value - 25);
      if (isEnd) ends.push(at + 1);
    }
  }
  return memory;
}

async function asked(
  memory: Memory,
  query: string,
  times: { start: number; end: number; step: number },
  rolledTo: number,
  { now = NOW, ...options }: { now?: number; lookback?: number } = {},
): Promise<{ got: Map<string, number>; infos: readonly string[]; read: Counts }> {
  const { source, read } = storeOf(memory, { now, retention: RETENTION, rolledTo });
  const parsed = parseQuery(query);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const samples = samplesOf(source, {
    now,
    samplesPerMinute: 6,
    retention: RETENTION,
  });
  const answer = await evaluateRange(query, parsed.value, times, samples, options);
  if (!answer.ok) throw new Error(JSON.stringify(answer.error));
  const series = answer.value.value.type === "matrix" ? answer.value.value.series : [];
  return { got: valuesOf(series), infos: answer.value.infos, read };
}

function valuesOf(series: readonly Points[]): Map<string, number> {
  const values = new Map<string, number>();
  for (const { labels, times, values: all } of series)
    for (const [i, at] of times.entries()) values.set(`${at} ${JSON.stringify(labels)}`, all[i]!);
  return values;
}

function expectSame(got: Map<string, number>, expected: Map<string, number>): void {
  expect([...got.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [key, value] of expected)
    expect(Math.abs(got.get(key)! - value), `${key}: ${got.get(key)}, naive ${value}`).toBeLessThan(
      1e-9 * Math.max(1_000, Math.abs(value)),
    );
}

const OVER_TIME = ["sum", "avg", "min", "max", "count", "first", "last", "present"].map(
  (name) => `${name}_over_time`,
);
const call = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(...OVER_TIME, "delta"),
      fc.constantFrom("level", "{__name__=~'lev.*',host!='a'}"),
    )
    .map(([name, selector]) => ({ name, selector })),
  fc.constantFrom("rate", "increase").map((name) => ({ name, selector: "seen_total" })),
);
const around = fc.constantFrom(
  "@",
  "sum by (host) (@)",
  "max(@) - on () count(@)",
  "topk by (host) (1, @)",
);
const tiers = fc.constantFrom<Coarse>("hour", "day");
const grid = fc.record({
  first: fc.integer({ min: 0, max: 60 }),
  step: fc.integer({ min: 1, max: 5 }),
  count: fc.integer({ min: 1, max: 15 }),
});
const timesOf = (
  tier: Coarse,
  { first, step, count }: ReturnType<typeof grid.generate>["value"],
) => {
  const start = OF_TIER[tier] + first * WIDTH[tier];
  return { start, end: start + (count - 1) * step * WIDTH[tier], step: step * WIDTH[tier] };
};
const unit = { hour: "h", day: "d" };
/** How far a selector looks back: less than a bucket, and more. */
const lookbacks = fc.constantFrom(5 * MINUTE, 37 * MINUTE, HOUR, 3 * HOUR, 30 * HOUR);

describe("at whole buckets", () => {
  test("functions over whole ranges are what all samples make, and nothing is to be said", () =>
    fc.assert(
      fc.asyncProperty(
        history,
        tiers,
        call,
        around,
        fc.integer({ min: 1, max: 9 }),
        grid,
        fc.integer({ min: 0, max: 90 }),
        async (all, tier, { name, selector }, outer, range, at, rolled) => {
          const memory = remembered(all, tier);
          const query = outer.replaceAll("@", `${name}(${selector}[${range}${unit[tier]}])`);
          const times = timesOf(tier, at);
          const rolledTo = OF_TIER[tier] + rolled * WIDTH[tier];
          const { got, infos, read } = await asked(memory, query, times, rolledTo);
          expectSame(got, naiveRange(memory, query, times));
          expect(infos.filter((info) => !info.includes("might not be a counter"))).toEqual([]);
          expect(read.samples).toBe(0);
        },
      ),
      { numRuns: 300 },
    ));

  test("a selector has what it sees of all samples, but for end marks, of which buckets know nothing", () =>
    fc.assert(
      fc.asyncProperty(
        history,
        tiers,
        around,
        grid,
        lookbacks,
        async (all, tier, outer, at, back) => {
          const memory = remembered(all, tier);
          const query = outer.replaceAll("@", "level");
          const times = timesOf(tier, { ...at, count: at.count + 1 });
          const { got, infos } = await asked(memory, query, times, Infinity, { lookback: back });
          for (const { ends } of memory.series) ends.length = 0;
          expectSame(got, naiveRange(memory, query, times, back));
          expect(infos).toEqual([]);
        },
      ),
      { numRuns: 300 },
    ));

  test("at one time alone it has the last value of the bucket before, as at any other time", () =>
    fc.assert(
      fc.asyncProperty(history, tiers, around, grid, async (all, tier, outer, at) => {
        const memory = remembered(all, tier);
        const times = timesOf(tier, { ...at, count: 1 });
        const { got } = await asked(memory, outer.replaceAll("@", "level"), times, Infinity);
        const last = `last_over_time(level[1${unit[tier]}])`;
        expectSame(got, naiveRange(memory, outer.replaceAll("@", last), times));
      }),
      { numRuns: 100 },
    ));

  test("what they only come near (irate) is read from samples while these are kept", () =>
    fc.assert(
      fc.asyncProperty(history, fc.integer({ min: 1, max: 9 }), grid, async (all, range, at) => {
        const memory = remembered(all, "hour");
        const query = `irate(seen_total[${range}h])`;
        const times = timesOf("hour", at);
        const now = OF_TIER.hour + 6 * DAY;
        const { got, infos, read } = await asked(memory, query, times, Infinity, { now });
        expectSame(got, naiveRange(memory, query, times));
        expect([infos, read.hour]).toEqual([[], 0]);
      }),
      { numRuns: 100 },
    ));

  test("of a range that is shorter than a bucket, rates are the bucket's own (thanos-io/thanos#1115)", () =>
    fc.assert(
      fc.asyncProperty(history, tiers, grid, async (all, tier, at) => {
        const memory = remembered(all, tier);
        const times = timesOf(tier, at);
        const naive = (query: string) =>
          naiveRange(memory, query.replace("*", `1${unit[tier]}`), times);
        const share = (5 * MINUTE) / WIDTH[tier];
        for (const [query, whole] of [
          ["rate(seen_total[5m])", "rate(seen_total[*])"],
          ["irate(seen_total[5m])", "rate(seen_total[*])"],
          ["increase(seen_total[5m])", "rate(seen_total[*]) * 300"],
          ["sum_over_time(level[5m])", `sum_over_time(level[*]) * ${share}`],
          ["count_over_time(level[5m])", `count_over_time(level[*]) * ${share}`],
          ["avg_over_time(level[5m])", "avg_over_time(level[*])"],
          ["max_over_time(level[5m])", "max_over_time(level[*])"],
        ] as const) {
          const { got, infos } = await asked(memory, query, times, Infinity);
          expectSame(got, naive(whole));
          if (got.size > 0)
            expect(infos).toContainEqual(
              expect.stringContaining(`over 5m is made of the whole ${tier} that each step is in`),
            );
        }
      }),
      { numRuns: 60 },
    ));
});

describe("at any time", () => {
  const anyTimes = fc.record({
    offset: fc.integer({ min: 0, max: 60 * HOUR }),
    step: fc.constantFrom(7 * MINUTE, 45 * MINUTE, HOUR, 90 * MINUTE, 5 * HOUR),
    count: fc.integer({ min: 1, max: 40 }),
  });

  test("a bucket is in one of the ranges that follow each other", () =>
    fc.assert(
      fc.asyncProperty(history, anyTimes, async (all, { offset, count }) => {
        const memory = remembered(all, "hour");
        const start = OF_TIER.hour + offset;
        const step = 3 * HOUR;
        const times = { start, end: start + (count - 1) * step, step };
        const query = "sum(count_over_time(level[3h]))";
        const { got } = await asked(memory, query, times, Infinity);
        const counted = [...got.values()].reduce((sum, value) => sum + value, 0);
        // By hand: buckets whose last point is in (start − 3 h, end].
        let expected = 0;
        for (const { labels, times: at } of memory.series) {
          if (valueOf(labels, "__name__") !== "level") continue;
          for (const bucket of Map.groupBy(at, (one) => Math.floor(one / HOUR)).values())
            if (bucket.at(-1)! > start - step && bucket.at(-1)! <= times.end)
              expected += bucket.length;
        }
        expect(counted).toBe(expected);
      }),
      { numRuns: 200 },
    ));

  test("what is said of one range fits together, whatever it is", () =>
    fc.assert(
      fc.asyncProperty(
        history,
        tiers,
        anyTimes,
        fc.constantFrom("1m", "5m", "59m", "1h", "90m", "7h", "1d", "36h"),
        async (all, tier, { offset, step, count }, range) => {
          const memory = remembered(all, tier);
          const start = OF_TIER[tier] + offset;
          const times = { start, end: start + (count - 1) * step, step };
          const of = async (query: string) =>
            (await asked(memory, query.replace("#", range), times, Infinity)).got;
          const rates = await of("rate(seen_total[#])");
          const increases = await of("increase(seen_total[#])");
          expect([...increases.keys()]).toEqual([...rates.keys()]);
          for (const [key, rate] of rates) {
            expect(Number.isFinite(rate) && rate >= 0, `${key} ${rate}`).toBe(true);
            const seconds = durationMs(range)! / 1_000;
            expect(Math.abs(increases.get(key)! - rate * seconds)).toBeLessThan(1e-6);
          }
          const present = await of("present_over_time(level[#])");
          const [min, avg, max, sum, counted] = [
            await of("min_over_time(level[#])"),
            await of("avg_over_time(level[#])"),
            await of("max_over_time(level[#])"),
            await of("sum_over_time(level[#])"),
            await of("count_over_time(level[#])"),
          ];
          for (const key of present.keys()) {
            expect(min.get(key)).toBeLessThanOrEqual(avg.get(key)!);
            expect(avg.get(key)).toBeLessThanOrEqual(max.get(key)!);
            expect(counted.get(key)).toBeGreaterThan(0);
            expect(sum.get(key)! / counted.get(key)!).toBeCloseTo(avg.get(key)!, 9);
          }
          expect([...counted.keys()]).toEqual([...present.keys()]);
        },
      ),
      { numRuns: 150 },
    ));

  test("a series that reports all the time has a value and a rate at every step, and none of later points", () =>
    fc.assert(
      fc.asyncProperty(
        anyTimes,
        fc.constantFrom(15_000, 60_000, 17 * MINUTE),
        async ({ offset, step, count }, every) => {
          const memory = new Memory();
          const { times: at, values } = memory.of(canonicalLabels([["__name__", "seen_total"]]));
          for (let i = 0; i * every < 12 * DAY; i++) {
            at.push(OF_TIER.hour - DAY + 3 + i * every);
            values.push(2 * i);
          }
          const start = OF_TIER.hour + offset;
          const times = { start, end: start + (count - 1) * step, step };
          const rates = await asked(memory, "rate(seen_total[5m])", times, Infinity);
          expect(rates.got.size).toBe(count);
          for (const rate of rates.got.values()) expect(rate).toBeCloseTo(2_000 / every, 9);
          const seen = await asked(memory, "time() - timestamp(seen_total)", times, Infinity);
          // Where each step is at an edge, it is what samples give.
          const isAtEdges = count > 1 && start % HOUR === 0 && step % HOUR === 0;
          const isSeen = (to: number): boolean =>
            !isAtEdges || at.findLast((one) => one <= to)! > to - 5 * MINUTE;
          const steps = Array.from({ length: count }, (_, i) => start + i * step);
          expect(seen.got.size).toBe(steps.filter(isSeen).length);
          for (const age of seen.got.values()) {
            expect(age).toBeGreaterThanOrEqual(0);
            expect(age).toBeLessThanOrEqual((2 * HOUR) / 1_000);
          }
        },
      ),
      { numRuns: 60 },
    ));
});
