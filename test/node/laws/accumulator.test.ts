// Laws of accumulating: any order of points and any partition of them into batches and pages, each
// encoded and decoded again, merge to the minutes that one accumulator makes of all points.

import fc from "fast-check";
import { expect, test } from "vitest";
import { Accumulator, type SeriesMinutes } from "../../../src/core/series/accumulator.ts";
import { decodeBatch, encodeBatch, indexColumn } from "../../../src/core/series/batch.ts";
import { Buckets } from "../../../src/core/bucket.ts";
import * as LIMITS from "../../../src/core/limits.ts";
import {
  blocksOf,
  decodeBlock,
  decodeBlockAsBuckets,
  encodeBlock,
  encodePage,
  seriesOfBlock,
} from "../../../src/core/codec/page.ts";
import { BUCKET, Minutes } from "../../../src/core/minutes.ts";
import {
  looseBytes,
  looseOf,
  pushLoose,
  pushLooseBuckets,
} from "../../../src/core/series/loose-minutes.ts";
import { HOUR, MINUTE } from "../../../src/core/tiers.ts";
import { anyValue, expectSameMinutes } from "./minute-points.ts";

/** A value of NaN is an end mark. */
type Point = readonly [series: number, at: number, value: number];

const START = Date.UTC(2026, 10, 20);
const METRICS = 3;
const metricOf = (series: number): number => series % METRICS;

/** Few, so that minutes of both kinds come. */
const SAMPLES = 3;

/** Most points of one series in few minutes. */
const at = fc.oneof(
  fc.nat(3 * MINUTE),
  fc.nat(3 * HOUR),
  fc.constantFrom(0, 1, MINUTE - 1, MINUTE, HOUR),
);
const point: fc.Arbitrary<Point> = fc.tuple(
  fc.nat(7),
  at.map((ms) => START + ms),
  fc.oneof({ weight: 9, arbitrary: anyValue }, { weight: 1, arbitrary: fc.constant(NaN) }),
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
  const accumulator = new Accumulator(SAMPLES);
  for (const [series, at, v] of points) accumulator.add(series, at, v);
  return accumulator;
};

/** The same minutes of the same series, in any order: see `expectSameMinutes`. */
function expectSame(actual: SeriesMinutes, expected: SeriesMinutes): void {
  const sorted = ({ minutes, series }: SeriesMinutes): { keys: string[]; minutes: Minutes } => {
    const rows = Array.from({ length: minutes.length }, (_, row) => row).sort(
      (a, b) => series[a]! - series[b]! || minutes.start[a]! - minutes.start[b]!,
    );
    const into = new Minutes(SAMPLES);
    for (const row of rows) into.pushCopy(minutes, row);
    return { keys: rows.map((row) => `${series[row]}@${minutes.start[row]}`), minutes: into };
  };
  const [a, b] = [sorted(actual), sorted(expected)];
  expect(a.keys).toEqual(b.keys);
  expectSameMinutes(a.minutes, b.minutes);
}

/** A reader who wants buckets gets those of the rows that have points. */
function expectBuckets(
  block: Uint8Array,
  minutes: Minutes,
  series: readonly number[],
  from: number,
): void {
  const buckets = new Buckets();
  const of: number[] = [];
  decodeBlockAsBuckets(block, buckets, of);
  const rows = series.map((_, row) => row).filter((row) => row >= from && minutes.count(row) > 0);
  expect(of).toEqual(rows.map((row) => series[row]));
  expect(of.map((_, i) => [buckets.start[i], buckets.count[i]])).toEqual(
    rows.map((row) => [minutes.start[row], minutes.count(row)]),
  );
}

/** Through the bytes of pages, as a shard seals, stores and reads them. */
function throughPages(from: SeriesMinutes): SeriesMinutes {
  const minutes = new Minutes(SAMPLES);
  const series: number[] = [];
  const seen: number[] = [];
  for (const chunk of encodePage(from, metricOf)) {
    expect(chunk.length).toBeLessThan(LIMITS.rowBytes);
    for (const { key, bytes } of blocksOf(chunk)) {
      const named = seriesOfBlock(bytes);
      expect(named).toEqual([...new Set(named)].sort((a, b) => a - b));
      expect(named.every((number) => metricOf(number) === key)).toBe(true);
      const before = series.length;
      decodeBlock(bytes, minutes, series);
      expectBuckets(bytes, minutes, series, before);
      seen.push(key);
    }
  }
  expect(new Set(seen).size).toBe(seen.length);
  return { minutes, series };
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
      const whole = new Accumulator(SAMPLES);
      for (const turn of turns)
        whole.merge(accumulated(order.filter(([, part]) => part === turn).map(([p]) => p)));
      expectSame(whole, accumulated(points));
    }),
  );
});

test("also through batches and pages, encoded and decoded", () => {
  fc.assert(
    fc.property(parted, ([points, order, turns]) => {
      const whole = new Accumulator(SAMPLES);
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
        const accumulator = new Accumulator(SAMPLES);
        batch.at.forEach((at, i) => accumulator.add(batch.index[i]!, at, batch.value[i]!));
        whole.merge(throughPages(accumulator));
      }
      expectSame(whole, accumulated(points));
    }),
  );
});

test("what is told to count once does, in any pieces and order, until its minute keeps a bucket", () => {
  const addNew = (into: Accumulator, points: Iterable<Point>): void => {
    for (const [series, at, v] of points) into.addNew(series, at, v);
  };
  const identity = ([series, at, v]: Point): string => `${series} ${at} ${Object.is(v, -0)} ${v}`;
  fc.assert(
    fc.property(parted, fc.array(fc.nat(199)), ([points, order], again) => {
      // Within what a minute keeps: else see the next test.
      const few = new Accumulator(LIMITS.samplesPerMinute);
      const kept = [...new Map(points.map((p) => [identity(p), p])).values()].filter(
        ([series, at, v]) => {
          const row = few.row(series, Math.floor(at / MINUTE) * MINUTE);
          if (few.minutes.count(row) === SAMPLES && !Number.isNaN(v)) return false;
          few.minutes.add(row, v, at);
          return true;
        },
      );
      const there = new Set(kept.map(identity));
      const sent = order.map(([p]) => p).filter((p) => there.has(identity(p)));
      const repeated = again.flatMap((i) => sent.slice(i % (sent.length + 1)));
      const once = new Accumulator(SAMPLES);
      addNew(once, [...sent, ...repeated]);
      expectSame(once, accumulated(kept));
    }),
  );
});

test("zeros of either sign are two values; a minute that keeps a bucket counts each", () => {
  const accumulator = new Accumulator(2);
  const add = (at: number, v: number): boolean => accumulator.addNew(0, START + at, v);
  expect([add(5, 0), add(5, -0), add(5, 0), add(5, -0)]).toEqual([true, true, false, false]);
  expect([add(6, 1), add(6, 1), add(5, 0)]).toEqual([true, true, true]);
  expect(accumulator.minutes.count(0)).toBe(5);
  expect([accumulator.keeps(0, START + 5, 0), accumulator.keeps(1, START, 0)]).toEqual([
    false,
    false,
  ]);
});

test("split by time: each bucket is on its side, and both together are the whole", () => {
  fc.assert(
    fc.property(fc.array(point), fc.array(point), fc.nat(200), (points, more, minute) => {
      const cut = START + minute * MINUTE;
      const { before, rest } = accumulated(points).split(cut);
      expect([...before.minutes.start.subarray(0, before.length)].every((t) => t < cut)).toBe(true);
      expect([...rest.minutes.start.subarray(0, rest.length)].every((t) => t >= cut)).toBe(true);
      // Both go on as any other.
      for (const [series, at, value] of more) (at < cut ? before : rest).add(series, at, value);
      const together = new Accumulator(SAMPLES);
      together.merge(rest);
      together.merge(before);
      expectSame(together, accumulated([...points, ...more]));
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
      expect([accumulator.series[row], accumulator.minutes.start[row]]).toEqual([series, start]);
    }),
  );
});

test("rows of a series are those of all, by start, also where more come after they were asked for", () => {
  fc.assert(
    fc.property(fc.array(point), fc.array(point), (before, after) => {
      const accumulator = accumulated(before);
      const check = (): void => {
        const { series, length, minutes } = accumulator;
        for (let one = 0; one <= 8; one++) {
          const rows = Array.from({ length }, (_, row) => row).filter((row) => series[row] === one);
          rows.sort((a, b) => minutes.start[a]! - minutes.start[b]!);
          expect(accumulator.rowsOf(one)).toEqual(rows);
        }
      };
      check();
      for (const [series, time, value] of after) accumulator.add(series, time, value);
      check();
    }),
  );
});

test("loose they are what they are packed, as minutes and as buckets, or not loose", () => {
  let loosened = 0;
  fc.assert(
    fc.property(fc.array(point, { maxLength: 60 }), fc.nat(80), (points, most) => {
      const all = accumulated(points);
      const { minutes } = all;
      const rows = Array.from({ length: 9 }, (_, series) => all.rowsOf(series)).flat();
      const samples = rows.reduce((sum, row) => sum + minutes.count(row), 0);
      const others = rows.some((row) => minutes.kept[row] === BUCKET || minutes.endOf(row));
      const loose = looseOf(all, rows, most);
      expect(loose !== undefined).toBe(!others && samples <= most);
      if (loose === undefined) return;
      loosened++;
      expect(looseBytes(loose)).toBe(13 * rows.length + 10 * samples);
      const block = encodeBlock(all, rows);
      const [whole, wholeOf]: [Minutes, number[]] = [new Minutes(SAMPLES), []];
      decodeBlock(block, whole, wholeOf);
      const [got, gotOf]: [Minutes, number[]] = [new Minutes(SAMPLES), []];
      pushLoose(loose, got, gotOf);
      expect(gotOf).toEqual(wholeOf);
      expectSameMinutes(got, whole);
      const [buckets, bucketsOf]: [Buckets, number[]] = [new Buckets(), []];
      decodeBlockAsBuckets(block, buckets, bucketsOf);
      const [some, someOf]: [Buckets, number[]] = [new Buckets(), []];
      pushLooseBuckets(loose, some, someOf);
      expect(someOf).toEqual(bucketsOf);
      expect(some.length).toBe(buckets.length);
      for (let row = 0; row < some.length; row++)
        expect([some.start[row], some.at(row)]).toEqual([buckets.start[row], buckets.at(row)]);
    }),
    { numRuns: 500 },
  );
  expect(loosened).toBeGreaterThan(50);
});

test("each of many minutes has one row, whatever was added before it", () => {
  const accumulator = new Accumulator(SAMPLES);
  const rows = new Map<string, number>();
  // Series and minutes that lie close, and some that are far from all others.
  const series = [...Array(40).keys(), 2 ** 16, 2 ** 20];
  const minutes = [...Array(120).keys(), 2 ** 19, 2 ** 20 + 7];
  for (let round = 0; round < 2; round++)
    for (const minute of minutes)
      for (const one of series) {
        const row = accumulator.row(one, minute * MINUTE);
        const key = `${one} ${minute}`;
        expect(row).toBe(rows.get(key) ?? rows.size);
        rows.set(key, row);
      }
  expect(accumulator.length).toBe(series.length * minutes.length);
});

test("merging under other numbers", () => {
  const from = accumulated([
    [0, START, 1],
    [1, START, 2],
  ]);
  const to = accumulated([[5, START, 10]]);
  to.merge(from.renumbered((series) => series + 4));
  const valuesOf = (series: number): number[] => {
    const { kept, stride, value } = to.minutes;
    const row = to.find(series, START)!;
    return [...value.subarray(row * stride, row * stride + kept[row]!)];
  };
  expect([valuesOf(4), valuesOf(5)]).toEqual([[1], [2, 10]]);
});
