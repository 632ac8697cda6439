// Samples as readers get them do not depend on how minutes were split into parts, nor on their order.

import fc from "fast-check";
import { expect, test } from "vitest";
import * as LIMITS from "../../../src/core/limits.ts";
import { Minutes } from "../../../src/core/minutes.ts";
import { type SampleGroup, Samples } from "../../../src/core/query/samples.ts";
import type { Points } from "../../../src/core/query/points.ts";
import type { Series } from "../../../src/core/query/source.ts";
import type { Labels } from "../../../src/core/series/labels.ts";
import { atOnce } from "../../../src/core/parts.ts";
import { MINUTE } from "../../../src/core/tiers.ts";

const START = 1_795_000_020_000 - (1_795_000_020_000 % MINUTE);
const LIMIT = 3;
const MINUTES = 4;

interface Point {
  readonly at: number;
  readonly value: number;
  /** Which part it came in. */
  readonly part: number;
}

const points = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: MINUTES * 6 - 1 }).map((i) => START + i * 10_000),
    value: fc.integer({ min: 0, max: 5 }),
    part: fc.nat({ max: 3 }),
  }),
  { maxLength: 24 },
);

/** The minutes of some points, as a shard has them. */
function minutesOf(some: readonly Point[]): Minutes {
  const minutes = new Minutes(LIMIT);
  for (const [start, of] of Map.groupBy(some, ({ at }) => Math.floor(at / MINUTE) * MINUTE)) {
    const row = minutes.push(start);
    for (const { value, at } of of) minutes.add(row, value, at);
  }
  return minutes;
}

function read(parts: readonly Minutes[], ofBuckets: "nothing" | "ends") {
  const range = { from: START + 20_000, to: START + MINUTES * MINUTE - 20_000 };
  const samples = new Samples({ ...range, limit: LIMIT, ofBuckets, labelsOf: () => [] });
  const series = { metric: "m", labels: [] };
  for (const part of parts)
    for (let row = 0; row < part.length; row++) samples.add(series, part, row, row + 1);
  const read = atOnce(samples.groupsInParts(true)).flatMap(({ times, values }) =>
    Array.from(times, (at, i) => [at, values[i]]),
  );
  return { read, collapsed: samples.collapsed };
}

/** The same of all points. */
function expected(all: readonly Point[], ofBuckets: "nothing" | "ends") {
  const starts: number[] = [];
  const kept = [...Map.groupBy(all, ({ at }) => Math.floor(at / MINUTE) * MINUTE)].flatMap(
    ([start, of]) => {
      const sorted = of.map(({ at, value }) => [at, value] as const).sort(byTime);
      if (sorted.length <= LIMIT) return sorted;
      starts.push(start);
      return ofBuckets === "ends" ? [sorted[0]!, sorted.at(-1)!] : [];
    },
  );
  const within = kept.filter(
    ([at]) => at >= START + 20_000 && at < START + MINUTES * MINUTE - 20_000,
  );
  return {
    read: within.sort(byTime),
    collapsed:
      starts.length === 0
        ? undefined
        : {
            minutes: starts.length,
            from: Math.min(...starts),
            to: Math.max(...starts) + MINUTE,
          },
  };
}

const byTime = (a: readonly [number, number], b: readonly [number, number]): number =>
  a[0] - b[0] || a[1] - b[1];

test.each(["nothing", "ends"] as const)("any split, any order; of buckets: %s", (ofBuckets) => {
  fc.assert(
    fc.property(points, (all) => {
      const parts = [3, 1, 0, 2].map((part) =>
        minutesOf(all.filter((point) => point.part === part)),
      );
      expect(read(parts, ofBuckets)).toEqual(expected(all, ofBuckets));
    }),
    { numRuns: 500 },
  );
});

test("so many are held at once, by whatever limit is given: else the error names it", () => {
  const add = (many: number, most?: { limit: "samplesAtOnce"; value: number }) => {
    const to = START + MINUTE;
    const asked = { from: START, to, limit: LIMIT, ofBuckets: "nothing", labelsOf } as const;
    const samples = new Samples({ ...asked, ...(most && { most }) });
    const some = Array.from({ length: LIMIT }, (_, i) => ({ at: START + i, value: 1, part: 0 }));
    const minute = minutesOf(some);
    for (let n = 0; n < many / LIMIT; n++) {
      const over = samples.add({ metric: "m", labels: [] }, minute, 0, 1);
      if (over !== undefined) return over;
    }
    return undefined;
  };
  const labelsOf = () => [];
  const most = { limit: "samplesAtOnce", value: 9 } as const;
  expect(add(9, most)).toBeUndefined();
  expect(add(12, most)).toMatchObject({ kind: "too_large", ...most });
  const all = LIMITS.bucketsPerQuery;
  expect(add(all - LIMIT)).toBeUndefined();
  expect(add(all + LIMIT)).toMatchObject({
    kind: "too_large",
    limit: "bucketsPerQuery",
    value: all,
  });
});

test("the samples of many series as one group are all of theirs, by time, then value", () => {
  const several = fc.array(
    fc.array(fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: 5 })), { maxLength: 12 }),
    { maxLength: 9 },
  );
  fc.assert(
    fc.property(several, (series) => {
      const samples = new Samples({
        from: START,
        to: START + MINUTES * MINUTE,
        limit: LIMITS.samplesPerMinute,
        ofBuckets: "nothing",
        labelsOf: () => [],
      });
      const all: [number, number][] = [];
      for (const [i, points] of series.entries()) {
        const minutes = new Minutes(LIMITS.samplesPerMinute);
        const row = minutes.push(START);
        for (const [at, value] of points) {
          minutes.add(row, value, START + at * 1_000);
          all.push([START + at * 1_000, value]);
        }
        samples.add({ metric: "m", labels: [["host", String(i)]] }, minutes, 0, 1);
      }
      const groups = atOnce(samples.groupsInParts(true));
      expect(
        groups.flatMap(({ times, values }) => Array.from(times, (at, i) => [at, values[i]])),
      ).toEqual(all.sort(([a, x], [b, y]) => a - b || x - y));
    }),
  );
});

test("series that are taken one after the other, once all of them has come, have what all at once have", () => {
  const several = fc.array(points, { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(several, fc.array(fc.nat(5), { maxLength: 6 }), (all, taken) => {
      const asked = {
        from: START + 20_000,
        to: START + MINUTES * MINUTE - 20_000,
        limit: LIMIT,
        ofBuckets: "ends",
        labelsOf: ({ labels }: Series) => labels,
      } as const;
      const series = all.map((_, i): Series => ({ metric: "m", labels: [["i", String(i)]] }));
      const [apart, whole] = [new Samples(asked), new Samples(asked)];
      const shown = ({ labels, times, values, ends }: SampleGroup) =>
        JSON.stringify([labels, [...times], [...values], [...ends]]);
      const given: string[] = [];
      const take = (i: number): void => {
        const one = series[i];
        if (one === undefined) return;
        for (const group of apart.take([one])) given.push(shown(group));
        expect(apart.size).toBeLessThan(10_000);
      };
      for (const [i, some] of all.entries())
        for (const samples of [apart, whole])
          for (const part of [1, 0, 2, 3]) {
            const minutes = minutesOf(some.filter((point) => point.part === part));
            samples.add(series[i]!, minutes, 0, minutes.length);
            if (samples === apart && part === 3 && taken.includes(i)) take(i);
          }
      for (const group of atOnce(apart.groupsInParts())) given.push(shown(group));
      const expected = atOnce(whole.groupsInParts()).map(shown);
      expect(given.sort()).toEqual(expected.sort());
      expect(apart.collapsed).toEqual(whole.collapsed);
    }),
    { numRuns: 300 },
  );
});

/** Rows of minutes that one series is given at once. */
interface Run {
  readonly of: number;
  /** In minutes; it may overlap with others. */
  readonly from: number;
  readonly rows: number;
  /** Minutes from one to the next. */
  readonly every: number;
  readonly k: number;
  readonly after: number;
  readonly isRegular: boolean;
}

const oneRun: fc.Arbitrary<Run> = fc.record({
  of: fc.nat(2),
  from: fc.nat(5),
  rows: fc.integer({ min: 1, max: 4 }),
  every: fc.constantFrom(1, 1, 2),
  k: fc.oneof(fc.constant(2), fc.integer({ min: 1, max: LIMIT + 1 })),
  after: fc.constantFrom(0, 0, 500),
  isRegular: fc.boolean(),
});

const runOf = (of: number, from: number): Run => ({
  of,
  from,
  rows: 2,
  every: 1,
  k: 2,
  after: 0,
  isRegular: true,
});

/** Series that are alike, and such as begin alike. */
const ALIKE = [
  [[runOf(0, 1), runOf(1, 1)]],
  [[runOf(0, 1), { ...runOf(1, 1), rows: 3 }]],
  [[runOf(0, 1), runOf(1, 1), runOf(1, 5)]],
  [[runOf(0, 1), runOf(0, 5), runOf(1, 1)]],
] satisfies [Run[]][];

const METRICS = ["a", "b", "c"].map((metric): Series => ({ metric, labels: [] }));

function samplesOf(runs: readonly Run[], areRegular: boolean, labelsOf: (of: Series) => Labels) {
  const samples = new Samples({
    from: START + MINUTE,
    to: START + 8 * MINUTE,
    limit: LIMIT,
    ofBuckets: "ends",
    labelsOf,
  });
  const used = new Minutes(LIMITS.samplesPerMinute);
  for (const [i, { of, from, rows, every, k, after, isRegular }] of runs.entries()) {
    used.length = 0;
    const starts = Float64Array.from(
      { length: rows },
      (_, j) => START + (from + j * every) * MINUTE,
    );
    const places = {
      offset: Float64Array.from({ length: rows * k }, (_, j) => (j % k) * 1_000 + after),
      value: Float64Array.from({ length: rows * k }, (_, j) => i + j / 100),
    };
    if (areRegular && isRegular) used.pushRegular(rows, starts, k, places);
    else for (let row = 0; row < rows; row++) used.pushSamples(starts[row]!, places, row * k, k);
    samples.add(METRICS[of]!, used, 0, rows);
  }
  return samples;
}

const byName = ({ metric }: Series): Labels => [["name", metric]];

test("regular minutes are read as any others are, and series that are alike have the same times", () => {
  let alike = 0;
  fc.assert(
    fc.property(fc.array(oneRun, { minLength: 1, maxLength: 6 }), (runs) => {
      const [regular, others] = [true, false].map((areRegular) => {
        const samples = samplesOf(runs, areRegular, byName);
        const found: SampleGroup[] = [];
        let before: Float64Array | undefined;
        for (const group of samples.take(METRICS)) {
          if (group.times === before) {
            alike++;
            expect(found.at(-1)!.times).toEqual(group.times);
          }
          before = group.times;
          // It is used for others afterwards.
          found.push(structuredClone(group));
        }
        return [found, samples.collapsed];
      });
      expect(regular).toEqual(others);
    }),
    { numRuns: 300, examples: ALIKE },
  );
  expect(alike).toBeGreaterThan(0);
});

test("all at once they are the same, as one group and apart, and counted as what they take", () => {
  let alike = 0;
  const runs = fc.array(oneRun, { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(runs, fc.boolean(), fc.boolean(), (runs, areOne, each) => {
      const labelsOf = areOne ? () => [] : byName;
      const [regular, others] = [true, false].map((areRegular) => {
        const apart = samplesOf(runs, areRegular, labelsOf);
        const series = [...apart.series()];
        expect(apart.bytes).toBeGreaterThanOrEqual(bytesOf(series));
        const samples = samplesOf(runs, areRegular, labelsOf);
        const parts = samples.groupsInParts(each);
        const groups = atOnce(parts);
        expect(samples.bytes).toBeGreaterThanOrEqual(bytesOf(groups));
        alike += new Set(groups.map(({ times }) => times)).size < groups.length ? 1 : 0;
        return structuredClone([series, groups, samples.collapsed]);
      });
      expect(regular).toEqual(others);
    }),
    {
      numRuns: 300,
      examples: ALIKE.map(([runs]): [Run[], boolean, boolean] => [runs, false, true]),
    },
  );
  expect(alike).toBeGreaterThan(0);
});

test("what is sorted into columns of its own is counted, and no more than that is held", () => {
  const asked = { from: START, to: START + 100 * MINUTE, limit: LIMIT, ofBuckets: "ends" } as const;
  const samples = new Samples({ ...asked, labelsOf: ({ labels }) => labels });
  const minutes = new Minutes(LIMIT);
  for (let i = 99; i >= 0; i--)
    minutes.add(minutes.push(START + i * MINUTE), i, START + i * MINUTE);
  for (let host = 0; host < 20; host++) {
    const series: Series = { metric: "m", labels: [["host", String(host)]] };
    for (let row = 0; row < minutes.length; row++) samples.add(series, minutes, row, row + 1);
  }
  const before = samples.bytes;
  const groups = atOnce(samples.groupsInParts());
  expect(groups.map(({ times }) => times.length)).toEqual(Array(20).fill(100));
  // Columns that grew had room to spare; those that were sorted are theirs.
  expect(samples.bytes).toBe(bytesOf(groups));
  expect(samples.bytes).toBeLessThan(before);
});

/** What columns take in memory, each once. */
const bytesOf = (all: readonly Points[]): number =>
  [...new Set(all.flatMap(({ times, values }) => [times.buffer, values.buffer]))].reduce(
    (sum, { byteLength }) => sum + byteLength,
    0,
  );
