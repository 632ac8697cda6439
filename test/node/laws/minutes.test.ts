// The laws of minutes: any order, any grouping and any split give the same row; and the buckets of kept
// samples are what accumulating the same points makes.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Buckets } from "../../../src/core/bucket.ts";
import { unitedByStart } from "../../../src/core/in-order.ts";
import { BUCKET, Minutes } from "../../../src/core/minutes.ts";
import { averageOf } from "../../../src/core/sum.ts";
import * as LIMITS from "../../../src/core/limits.ts";
import { MINUTE } from "../../../src/core/tiers.ts";
import { anySample, expectSameMinutes, minutesOf, type Sample } from "./minute-points.ts";

const START = Date.UTC(2026, 10, 20, 13, 7);
const limit = fc.integer({ min: 0, max: LIMITS.samplesPerMinute });

/** Points of one minute, each with a part, and the same in another order. */
const parted = fc
  .array(fc.tuple(anySample(START), fc.nat(3)), { maxLength: 18 })
  .chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
  );

const one = (points: readonly Sample[], most: number): Minutes => minutesOf(points, most, [START]);

const merged = (parts: readonly Minutes[], most: number): Minutes => {
  const whole = new Minutes(most, 1);
  const row = whole.push(START);
  for (const part of parts) whole.merge(row, part, 0);
  return whole;
};

describe("a minute is a commutative monoid", () => {
  test("identity, bit for bit", () => {
    fc.assert(
      fc.property(fc.array(anySample(START), { maxLength: 15 }), limit, (points, most) => {
        const minute = one(points, most);
        expectSameMinutes(merged([minute, one([], most)], most), minute);
        expectSameMinutes(merged([one([], most), minute], most), minute);
      }),
    );
  });

  test("points in any order, in any partition, in any grouping", () => {
    fc.assert(
      fc.property(parted, limit, ([list, order], most) => {
        const whole = one(
          list.map(([point]) => point),
          most,
        );
        expectSameMinutes(
          one(
            order.map(([point]) => point),
            most,
          ),
          whole,
        );
        const parts = [0, 1, 2, 3].map((part) =>
          one(
            order.filter(([, of]) => of === part).map(([point]) => point),
            most,
          ),
        );
        const [a, b, c, d] = parts as [Minutes, Minutes, Minutes, Minutes];
        expectSameMinutes(merged(parts, most), whole);
        expectSameMinutes(merged([merged([d, b], most), merged([c, a], most)], most), whole);
        expectSameMinutes(merged([merged([merged([c, d], most), a], most), b], most), whole);
      }),
    );
  });

  test("it keeps samples as long as they are few, all of them, in one order", () => {
    fc.assert(
      fc.property(parted, limit, ([list], most) => {
        const points = list.map(([point]) => point);
        const samples = points.filter(([value]) => !Number.isNaN(value));
        const minute = one(points, most);
        expect(minute.count(0)).toBe(samples.length);
        expect(minute.kept[0]).toBe(samples.length > most ? BUCKET : samples.length);
        if (samples.length > most) return;
        const sorted = samples.toSorted(
          ([a, at], [b, other]) =>
            at - other || a - b || (Object.is(a, b) ? 0 : Object.is(a, -0) ? -1 : 1),
        );
        expect([...minute.value.subarray(0, samples.length)]).toEqual(sorted.map(([v]) => v));
        expect([...minute.offset.subarray(0, samples.length)]).toEqual(
          sorted.map(([, at]) => at - START),
        );
      }),
    );
  });

  test("the end mark is the latest, enters no bucket, and is no sample", () => {
    fc.assert(
      fc.property(parted, limit, ([list, order], most) => {
        const ends = list.flatMap(([[value, at]]) => (Number.isNaN(value) ? [at] : []));
        const minute = one(
          order.map(([point]) => point),
          most,
        );
        expect(minute.endOf(0)).toBe(ends.length === 0 ? undefined : Math.max(...ends));
      }),
    );
  });
});

describe("buckets of minutes", () => {
  test("have the rise of the samples in order, two resets included; of more than the limit what is seen", () => {
    const values = [100, 7, 30, 2, 9];
    const points = values.map((value, i): Sample => [value, START + i * 10_000]);
    fc.assert(
      fc.property(fc.shuffledSubarray(points, { minLength: 5 }), (order) => {
        const into = new Buckets(2);
        for (const most of [5, 4]) one(order, most).bucketInto(0, into, into.push(START));
        expect([...into.rise.subarray(0, 2)]).toEqual([7 + 23 + 2 + 7, 9]);
      }),
    );
  });

  test("are those that the points make", () => {
    fc.assert(
      fc.property(fc.array(parted, { minLength: 1, maxLength: 4 }), limit, (lists, most) => {
        const [computed, accumulated] = [new Buckets(1), new Buckets(1)];
        computed.push(START);
        accumulated.push(START);
        for (const [list] of lists) {
          const points = list.map(([point]) => point);
          one(points, most).bucketInto(0, computed, 0);
          for (const [value, at] of points) if (!Number.isNaN(value)) accumulated.add(0, value, at);
        }
        // The rise knows an order: see below.
        const { sum, carry, huge, rise: _, ...rest } = computed.at(0);
        const {
          sum: otherSum,
          carry: otherCarry,
          huge: otherHuge,
          rise: __,
          ...other
        } = accumulated.at(0);
        expect(rest).toStrictEqual(other);
        expect(huge === undefined).toBe(otherHuge === undefined);
        if (rest.count === 0) return;
        const scale = Math.max(...lists.flatMap(([l]) => l.map(([[v]]) => Math.abs(v) || 0)));
        const [a, b] = [
          averageOf({ sum, carry, huge }, 1),
          averageOf({ sum: otherSum, carry: otherCarry, huge: otherHuge }, 1),
        ];
        expect(Math.abs(a - b)).toBeLessThanOrEqual(2 ** -90 * scale + 2 ** -52 * Math.abs(a));
      }),
    );
  });
});

test("rows of one list that have the same start are united in place", () => {
  const rows = fc.array(fc.tuple(fc.nat(3), fc.array(anySample(0), { maxLength: 5 })));
  fc.assert(
    fc.property(rows, limit, (list, most) => {
      const minutes = new Minutes(most, 1);
      const points: Sample[] = [];
      for (const [minute, samples] of list) {
        const start = START + minute * MINUTE;
        const row = minutes.push(start);
        for (const [value, at] of samples) {
          minutes.add(row, value, start + at);
          points.push([value, start + at]);
        }
      }
      const starts = [...new Set(list.map(([minute]) => START + minute * MINUTE))].sort();
      const united = new Minutes(most);
      for (const row of unitedByStart(minutes)) united.pushCopy(minutes, row);
      expectSameMinutes(united, minutesOf(points, most, starts));
    }),
  );
});

test("two points of the same ms both count", () => {
  const minute = one(
    [
      [5, START + 7],
      [3, START + 7],
      [5, START + 7],
    ],
    6,
  );
  expect([...minute.value.subarray(0, 3)]).toEqual([3, 5, 5]);
});

test("a list set back to fewer rows forgets the others", () => {
  const minutes = minutesOf(
    [
      [NaN, START],
      [1, START + MINUTE],
      [2, START + MINUTE],
    ],
    1,
    [START, START + MINUTE],
  );
  minutes.length = 0;
  const row = minutes.push(START);
  expect([minutes.endOf(row), minutes.count(row), minutes.buckets.length]).toEqual([
    undefined,
    0,
    0,
  ]);
});

test("a limit beyond what a row can say is refused", () => {
  expect(() => new Minutes(LIMITS.samplesPerMinute + 1)).toThrow("only 0 to 12");
  expect(() => new Minutes(-1)).toThrow("cannot keep -1");
});

/** So many rows are as regular as they can be said to be. */
function regularRows(minutes: Minutes): number {
  const { length, kept, stride, offset } = minutes;
  const isLikeFirst = (row: number): boolean =>
    kept[row] === stride &&
    offset.slice(0, stride).every((ms, i) => offset[row * stride + i] === ms);
  let rows = 0;
  while (rows < length && isLikeFirst(rows) && minutes.endOf(rows) === undefined) rows++;
  return rows;
}

type How = "regular" | "each" | "empty";

describe("regular minutes", () => {
  const LIMIT = LIMITS.samplesPerMinute;
  /** So many minutes of k samples each: regular ones, or each for itself, or without any; after the rows before are let go, or not. */
  const step = fc.record({
    clear: fc.boolean(),
    how: fc.constantFrom<How>("regular", "regular", "each", "empty"),
    k: fc.oneof({ weight: 3, arbitrary: fc.constant(2) }, fc.integer({ min: 1, max: LIMIT })),
    n: fc.integer({ min: 1, max: 40 }),
    /** How long after a second its samples are, ms. */
    after: fc.constantFrom<number>(7, 107),
    /** What is added after that to one of the rows, so many: samples, or an end mark. */
    added: fc.record({
      many: fc.constantFrom<number>(0, 0, 1, 1, LIMIT),
      isEnd: fc.boolean(),
      row: fc.nat(),
      ms: fc.nat(MINUTE - 1),
    }),
  });

  /** A sample at another time, in a row behind the first, of minutes that were let go and are there again. */
  const BETWEEN = (["regular", "empty", "regular"] as const).map((how) => ({
    clear: true,
    how,
    k: 2,
    n: 9,
    after: 7,
    added: { many: how === "empty" ? 1 : 0, isEnd: false, row: 3, ms: 500 },
  }));

  test("are what they are one by one, whatever was there before", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
        const used = new Minutes(LIMIT, 64);
        let fresh = new Minutes(LIMIT);
        let value = 0;
        for (const { clear, how, k, n, after, added } of steps) {
          if (clear) {
            used.length = 0;
            fresh = new Minutes(LIMIT);
          }
          const starts = Float64Array.from({ length: n }, (_, i) => START + i * MINUTE);
          const offset = Float64Array.from({ length: n * k }, (_, i) => (i % k) * 1_000 + after);
          const samples = { offset, value: offset.map(() => ++value) };
          if (how === "regular") used.pushRegular(n, starts, k, samples);
          for (const one of how === "regular" ? [fresh] : [used, fresh])
            for (let i = 0; i < n; i++)
              if (how === "empty") one.push(starts[i]!);
              else one.pushSamples(starts[i]!, samples, i * k, k);
          const row = added.row % used.length;
          for (let i = 0; i < added.many; i++) {
            value++;
            for (const one of [used, fresh])
              one.add(row, added.isEnd ? NaN : value, one.start[row]! + added.ms);
          }
          expectSameMinutes(used, fresh);
          expect(used.isRegular(regularRows(used) + 1)).toBe(false);
          const isSo = how === "regular" && clear && added.many === 0 && used.stride === k;
          if (isSo) expect(used.isRegular(n)).toBe(true);
        }
      }),
      { numRuns: 1_000, examples: [[BETWEEN]] },
    );
  });
});
