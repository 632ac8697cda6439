// Percentiles are those of all points of a bucket, however these came, are grouped and read; or absent, where
// a minute had too many, or is there no longer.

import fc from "fast-check";
import { expect, test } from "vitest";
import { Buckets } from "../../../src/core/bucket.ts";
import * as LIMITS from "../../../src/core/limits.ts";
import { Minutes } from "../../../src/core/minutes.ts";
import { groupLabels, type GroupBy, Merge } from "../../../src/core/query/merge.ts";
import { Largest } from "../../../src/core/query/largest.ts";
import { Percentiles } from "../../../src/core/query/percentiles.ts";
import { Samples } from "../../../src/core/query/samples.ts";
import { quantileOf } from "../../../src/core/quantile.ts";
import { labelsJson } from "../../../src/core/series/labels.ts";
import { PERCENTILES } from "../../../src/core/percentiles.ts";
import { type PercentileName, PERCENTILE_NAMES } from "../../../src/core/stats.ts";
import { DAY, HOUR, MINUTE, type TierName, TIERS } from "../../../src/core/tiers.ts";

const START = 20_785 * DAY;
const LIMIT = 3;
const TO = START + 2 * DAY;
const SERIES = [
  { metric: "m", labels: [["dc", "x"], ["host", "a"]] }, // prettier-ignore
  { metric: "m", labels: [["dc", "x"], ["host", "b"]] }, // prettier-ignore
  { metric: "m", labels: [["dc", "y"], ["host", "a"]] }, // prettier-ignore
] as const;

const point = fc.record({
  series: fc.nat({ max: SERIES.length - 1 }),
  at: fc
    .tuple(
      fc.constantFrom(0, HOUR, 2 * HOUR, 23 * HOUR, DAY, DAY + HOUR),
      fc.nat({ max: 2 }),
      fc.nat({ max: 5 }),
    )
    .map(([hour, minute, i]) => START + hour + minute * MINUTE + i * 10_000),
  value: fc.oneof(
    fc.integer({ min: -5, max: 5 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  ),
  /** Which part it came in. */
  part: fc.nat({ max: 2 }),
});
type Point = (typeof point)["generate"] extends (...args: never) => { value: infer T } ? T : never;

const asked = fc.record({
  tier: fc.constantFrom<TierName>("minute", "hour", "day"),
  by: fc.constantFrom<GroupBy>([], ["host"], ["dc"], "*"),
  minutesFrom: fc.constantFrom(0, START + HOUR, START + DAY),
  /** Points of a part of the range. */
  room: fc.constantFrom(1, 10, 1_000),
  names: fc.subarray(PERCENTILE_NAMES.slice(), { minLength: 1 }),
});

const floor = (at: number, step: number): number => Math.floor(at / step) * step;

/** The minutes of a series' points of a part, as a shard has them. */
function minutesOf(some: readonly Point[]): Minutes {
  const minutes = new Minutes(LIMIT);
  for (const [start, of] of Map.groupBy(some, ({ at }) => floor(at, MINUTE))) {
    const row = minutes.push(start);
    for (const { value, at } of of) minutes.add(row, value, at);
  }
  return minutes;
}

type Asked = (typeof asked)["generate"] extends (...args: never) => { value: infer T } ? T : never;

function made(points: readonly Point[], { tier, by, minutesFrom, room, names }: Asked) {
  const { step } = TIERS[tier];
  const plan = { tier, step, from: START, kept: START, to: TO };
  const merge = new Merge(plan, by);
  const rows = [0, 1, 2].flatMap((part) =>
    SERIES.map((series, i) => ({
      series,
      minutes: minutesOf(points.filter((one) => one.part === part && one.series === i)),
    })),
  );
  for (const { series, minutes } of rows) {
    const buckets = new Buckets(16);
    for (let row = 0; row < minutes.length; row++)
      minutes.bucketInto(row, buckets, buckets.push(minutes.start[row]!));
    merge.add(series.labels, buckets);
  }
  const { groups } = merge.ranked(Infinity);
  const found = new Percentiles(groups, plan, new Set(names));
  for (const part of found.parts(minutesFrom, SERIES.length * LIMIT, room)) {
    const samples = new Samples({
      ...part,
      limit: LIMIT,
      ofBuckets: "nothing",
      labelsOf: ({ labels }) => groupLabels(labels, by),
    });
    for (const { series, minutes } of rows)
      for (let row = 0; row < minutes.length; row++) {
        const start = minutes.start[row]!;
        if (start >= Math.max(part.from, minutesFrom) && start < part.to)
          samples.add(series, minutes, row, row + 1);
      }
    found.take(part, samples.series(), minutesFrom);
  }
  const series = groups.map(({ labels, buckets: of }) => {
    const buckets = of();
    return [
      labelsJson(labels),
      Array.from(buckets.start.subarray(0, buckets.length)),
      found.columns(labels),
    ];
  });
  return { series, absent: found.absent(groups, minutesFrom) };
}

/** By the definition, of all points. */
function expected(points: readonly Point[], { tier, by, minutesFrom, names }: Asked) {
  const { step } = TIERS[tier];
  const absent = new Map<string, number[]>();
  const groups = Map.groupBy(points, ({ series }) =>
    labelsJson(groupLabels(SERIES[series]!.labels, by)),
  );
  const series = [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([labels, of]) => {
      const buckets = [...Map.groupBy(of, ({ at }) => floor(at, step))].sort(([a], [b]) => a - b);
      const columns = Object.fromEntries(
        names.map((name): [PercentileName, number[]] => [name, []]),
      );
      for (const [start, all] of buckets) {
        const minutes = Map.groupBy(all, ({ series: one, at }) => `${one} ${floor(at, MINUTE)}`);
        const why =
          start < minutesFrom
            ? "deleted"
            : [...minutes.values()].some(({ length }) => length > LIMIT)
              ? "collapsed"
              : undefined;
        if (why !== undefined) absent.set(why, [...(absent.get(why) ?? []), start]);
        for (const name of names)
          columns[name]!.push(
            why === undefined ? percentile(name, all.map(({ value }) => value)) : NaN, // prettier-ignore
          );
      }
      return [labels, buckets.map(([start]) => start), columns];
    });
  return {
    series,
    absent: [...absent]
      .sort(([a], [b]) => (a < b ? 1 : -1))
      .map(([why, starts]) => ({
        why,
        buckets: starts.length,
        from: Math.min(...starts),
        to: Math.max(...starts) + step,
      })),
  };
}

function percentile(name: PercentileName, values: readonly number[]): number {
  const { q } = PERCENTILES.find((one) => one.name === name)!;
  const sorted = Float64Array.from(values).sort();
  const rank = q * (sorted.length - 1);
  const low = Math.floor(rank);
  const weight = rank - low;
  // The two that are nearest even where the upper one weighs nothing: of −0 and 0 that is 0.
  const between =
    sorted[low]! * (1 - weight) + sorted[Math.min(low + 1, sorted.length - 1)]! * weight;
  return Math.min(Math.max(between, sorted[0]!), sorted.at(-1)!);
}

/** Zeros of both signs, of which the median is the middle one. */
const ZEROS: [Point[], Asked] = [
  [0, -0, -0].map((value, i) => ({ series: 0, at: START + i * HOUR, value, part: 0 })),
  { tier: "day", by: [], minutesFrom: 0, room: 1, names: ["p50", "p99"] },
];

test("of every group and bucket: of all its points, or absent and why", () => {
  fc.assert(
    fc.property(fc.array(point, { maxLength: 40 }), asked, (points, how) => {
      expect(made(points, how)).toEqual(expected(points, how));
    }),
    { examples: [ZEROS] },
  );
});

test("of more values than are held: as of all", () => {
  const values = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 });
  fc.assert(
    fc.property(fc.constantFrom(...PERCENTILES), values, fc.nat(9), (one, some, times) => {
      // Mostly more than there is room for.
      const all = Float64Array.from({ length: times * 2_000 + some.length }, (_, i) => {
        return some[i % some.length]! * (((i * 7_919) % 1_009) / 1_009);
      });
      const largest = new Largest(one.q, all.length);
      for (let i = 0; i < all.length; i += 777) largest.add(all.subarray(i, i + 777));
      const got = largest.get();
      expect(got).toBe(quantileOf(one.q, all.slice(), all.length));
    }),
    { numRuns: 50 },
  );
});

test("of more percentiles than an answer may hold no more is made than tells so", () => {
  const of = new Buckets(100_000);
  for (let i = 0; i < 100_000; i++) of.push(i * MINUTE);
  let asked = 0;
  const groups = Array.from({ length: 50 }, (_, i) => ({
    labels: [["host", String(i)]] as const,
    buckets: () => (asked++, of),
    begun: new Map<number, number>(),
  }));
  const found = new Percentiles(groups, { step: MINUTE }, new Set(["p50", "p99"] as const));
  expect(found.size).toBeGreaterThan(LIMITS.percentilesPerQuery);
  expect(asked).toBe(6);
});
