// Laws of accumulating: any order of points and any partition of them into batches and pages, each
// encoded and decoded again, merge to the buckets that one accumulator makes of all points.

import fc from "fast-check";
import { expect, test } from "vitest";
import { Accumulator, type SeriesBuckets } from "../../../src/core/series/accumulator.ts";
import { decodeBatch, encodeBatch, indexColumn } from "../../../src/core/series/batch.ts";
import { type Bucket, Buckets } from "../../../src/core/bucket.ts";
import type { Pair } from "../../../src/core/sum.ts";
import * as LIMITS from "../../../src/core/limits.ts";
import { blocksOf, decodeBlock, encodePage, seriesOfBlock } from "../../../src/core/codec/page.ts";
import { HOUR, MINUTE } from "../../../src/core/tiers.ts";

type Point = readonly [series: number, at: number, value: number];

const START = Date.UTC(2026, 10, 20);
const METRICS = 3;
const metricOf = (series: number): number => series % METRICS;

const value = fc.oneof(
  fc.integer({ min: -99_999, max: 99_999 }).map((n) => n / 100),
  fc.double({ noNaN: true, min: -1e12, max: 1e12 }),
  fc.constantFrom(0, -0, 1e300, 5e-324, 2 ** 53, 0.1),
);
const point: fc.Arbitrary<Point> = fc.tuple(
  fc.nat(7),
  fc.nat(3 * HOUR).map((ms) => START + ms),
  value,
);

/** Points with a part number each, in another order. */
const parted = fc
  .array(fc.tuple(point, fc.nat(5)), { maxLength: 200 })
  .chain((list) =>
    fc.tuple(
      fc.constant(list.map(([p]) => p)),
      fc.shuffledSubarray(list, { minLength: list.length }),
      fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }),
    ),
  );

const accumulated = (points: Iterable<Point>): Accumulator => {
  const accumulator = new Accumulator();
  for (const [series, at, v] of points) accumulator.add(series, at, v);
  return accumulator;
};

const byKey = (of: SeriesBuckets): Map<string, Bucket> =>
  new Map(
    Array.from({ length: of.buckets.length }, (_, row) => [
      `${of.series[row]}@${of.buckets.start[row]}`,
      of.buckets.at(row),
    ]),
  );

/** Equal bit for bit but for sums, which may differ by rounding: relative 1e-12. */
function expectSame(actual: SeriesBuckets, expected: SeriesBuckets): void {
  const [a, b] = [byKey(actual), byKey(expected)];
  expect(a.size).toBe(actual.buckets.length);
  expect([...a.keys()].sort()).toEqual([...b.keys()].sort());
  const none: Pair = [0, 0];
  for (const [key, { sum, carry, huge = none, ...rest }] of a) {
    const { sum: otherSum, carry: otherCarry, huge: otherHuge = none, ...other } = b.get(key)!;
    expect(rest).toStrictEqual(other);
    expect(Math.abs(huge[0] - otherHuge[0])).toBeLessThanOrEqual(1e-12 * Math.abs(huge[0]));
    expect(Math.abs(sum - otherSum + (carry - otherCarry))).toBeLessThanOrEqual(
      1e-12 * Math.max(Math.abs(sum), Math.abs(otherSum)),
    );
  }
}

/** Through the bytes of pages, as a shard seals, stores and reads them. */
function throughPages(from: SeriesBuckets): SeriesBuckets {
  const buckets = new Buckets();
  const series: number[] = [];
  const seen: number[] = [];
  for (const chunk of encodePage(from, metricOf)) {
    expect(chunk.length).toBeLessThan(LIMITS.rowBytes);
    for (const { key, bytes } of blocksOf(chunk)) {
      const named = seriesOfBlock(bytes);
      expect(named).toEqual([...new Set(named)].sort((a, b) => a - b));
      expect(named.every((number) => metricOf(number) === key)).toBe(true);
      decodeBlock(bytes, buckets, series);
      seen.push(key);
    }
  }
  expect(new Set(seen).size).toBe(seen.length);
  return { buckets, series };
}

test("any order is the same", () => {
  fc.assert(
    fc.property(parted, ([points, order]) => {
      expectSame(accumulated(order.map(([p]) => p)), accumulated(points));
    }),
  );
});

test("any partition merges to the whole, in any order", () => {
  fc.assert(
    fc.property(parted, ([points, order, turns]) => {
      const whole = new Accumulator();
      for (const turn of turns)
        whole.merge(accumulated(order.filter(([, part]) => part === turn).map(([p]) => p)));
      expectSame(whole, accumulated(points));
    }),
  );
});

test("also through batches and pages, encoded and decoded", () => {
  fc.assert(
    fc.property(parted, ([points, order, turns]) => {
      const whole = new Accumulator();
      for (const turn of turns) {
        const part = order.filter(([, of]) => of === turn).map(([p]) => p);
        const batch = decodeBatch(
          encodeBatch({
            series: Array.from({ length: 8 }, (_, i) => `m{"s":"${i}"}`),
            index: indexColumn(8, part.length).map((_, i) => part[i]![0]),
            at: Float64Array.from(part, ([, at]) => at),
            value: Float64Array.from(part, ([, , v]) => v),
          }),
        );
        const accumulator = new Accumulator();
        batch.at.forEach((at, i) => accumulator.add(batch.index[i]!, at, batch.value[i]!));
        whole.merge(throughPages(accumulator));
      }
      expectSame(whole, accumulated(points));
    }),
  );
});

test("split by time: each bucket is on its side, and both together are the whole", () => {
  fc.assert(
    fc.property(fc.array(point), fc.nat(200), (points, minute) => {
      const cut = START + minute * MINUTE;
      const whole = accumulated(points);
      const { before, rest } = whole.split(cut);
      expect([...before.buckets.start.subarray(0, before.length)].every((t) => t < cut)).toBe(true);
      expect([...rest.buckets.start.subarray(0, rest.length)].every((t) => t >= cut)).toBe(true);
      const together = new Accumulator();
      together.merge(rest);
      together.merge(before);
      expectSame(together, whole);
    }),
  );
});

test("find tells what row is there, and makes none", () => {
  fc.assert(
    fc.property(fc.array(point), fc.nat(9), fc.nat(180), (points, series, minute) => {
      const accumulator = accumulated(points);
      const start = START + minute * MINUTE;
      const row = accumulator.find(series, start);
      const there = points.some(([of, at]) => of === series && at >= start && at < start + MINUTE);
      expect(row !== undefined).toBe(there);
      if (row === undefined) return;
      expect([accumulator.series[row], accumulator.buckets.start[row]]).toEqual([series, start]);
    }),
  );
});

test("merging under other numbers", () => {
  const from = accumulated([
    [0, START, 1],
    [1, START, 2],
  ]);
  const to = accumulated([[5, START, 10]]);
  to.merge(from, (series) => series + 4);
  expect(to.buckets.at(to.find(5, START)!)).toMatchObject({ count: 2, sum: 12 });
  expect(to.buckets.at(to.find(4, START)!)).toMatchObject({ count: 1, sum: 1 });
});
