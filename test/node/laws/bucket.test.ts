// The laws of the bucket algebra: any order, any grouping, the same bucket.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Bucket, Buckets } from "../../../src/core/bucket.ts";

type Point = readonly [value: number, at: number];

const bucketOf = (points: readonly Point[]): Buckets => {
  const b = new Buckets(1);
  const row = b.push(0);
  for (const [value, at] of points) b.add(row, value, at);
  return b;
};

const merged = (...parts: readonly Buckets[]): Buckets => {
  const b = new Buckets(1);
  const row = b.push(0);
  for (const part of parts) b.merge(row, part, 0);
  return b;
};

/**
 * Equal bit for bit but for the sum, which may differ by rounding: relative 1e-12; and but for the rise,
 * which knows an order.
 */
const expectSame = (a: Bucket, b: Bucket): void => {
  const { sum: sumA, carry: carryA, rise: _, ...restA } = a;
  const { sum: sumB, carry: carryB, rise: __, ...restB } = b;
  expect(restA).toStrictEqual(restB);
  const difference = Math.abs(sumA - sumB + (carryA - carryB));
  expect(difference).toBeLessThanOrEqual(1e-12 * Math.max(Math.abs(sumA), Math.abs(sumB)));
};

const anyValue = fc.double({ noNaN: true, min: -1e280, max: 1e280 });
const anyPoint = fc.tuple(anyValue, fc.integer({ min: 0, max: 5 }));
// Integers with huge partners that cancel: a plain sum loses the small ones.
const cancelling = fc
  .array(fc.tuple(fc.integer({ min: -1000, max: 1000 }), fc.constantFrom(0, 1e15, 1e16, 1e17)))
  .map((pairs): Point[] =>
    pairs.flatMap(([small, big], i): Point[] => [
      [small, i],
      [big, i],
      [-big, i],
    ]),
  );
const points = fc.oneof(
  fc.array(
    fc.tuple(
      fc.integer({ min: -1e6, max: 1e6 }).map((n) => n / 100),
      fc.nat(5),
    ),
  ),
  cancelling,
);

describe("a bucket is a commutative monoid", () => {
  test("identity, bit for bit", () => {
    fc.assert(
      fc.property(fc.array(anyPoint), (list) => {
        const b = bucketOf(list);
        expect(merged(b, bucketOf([])).at(0)).toStrictEqual(b.at(0));
        expect(merged(bucketOf([]), b).at(0)).toStrictEqual(b.at(0));
      }),
    );
  });

  test("commutative", () => {
    fc.assert(
      fc.property(points, points, (x, y) => {
        expectSame(merged(bucketOf(x), bucketOf(y)).at(0), merged(bucketOf(y), bucketOf(x)).at(0));
      }),
    );
  });

  test("associative", () => {
    fc.assert(
      fc.property(points, points, points, (x, y, z) => {
        const [a, b, c] = [bucketOf(x), bucketOf(y), bucketOf(z)];
        expectSame(merged(merged(a, b), c).at(0), merged(a, merged(b, c)).at(0));
      }),
    );
  });

  test("points in any order, in any partition", () => {
    const shuffled = points.chain((list) =>
      fc.tuple(
        fc.constant(list),
        fc.shuffledSubarray(list, { minLength: list.length }),
        fc.nat(list.length),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([list, order, cut]) => {
        const parts = merged(bucketOf(order.slice(0, cut)), bucketOf(order.slice(cut)));
        expectSame(parts.at(0), bucketOf(list).at(0));
      }),
    );
  });

  test("a small value survives huge ones that cancel", () => {
    const orders: Point[][] = [
      [
        [1e16, 1],
        [1, 2],
        [-1e16, 3],
      ],
      [
        [1, 2],
        [1e16, 1],
        [-1e16, 3],
      ],
      [
        [-1e16, 3],
        [1e16, 1],
        [1, 2],
      ],
    ];
    for (const order of orders) expect(bucketOf(order).at(0).sum).toBe(1);
    const apart = merged(...orders[0]!.map((point) => bucketOf([point])));
    expect(apart.at(0).sum).toBe(1);
  });
});

test("graphite-project/whisper#71: a day is the merge of its hours, not their average", () => {
  const day = new Buckets(1);
  const row = day.push(0);
  for (let hour = 0; hour < 24; hour++) {
    const [count, value] = hour < 13 ? [814, 250] : [130, 150];
    day.merge(row, bucketOf(Array.from({ length: count }, (): Point => [value, hour])), 0);
  }
  expect(day.sum[row]! / day.count[row]!).toBeCloseTo(238.1, 2);
});

test("rows that are appended at once have no huge sums of what was there before", () => {
  const b = new Buckets(1);
  for (const value of [1, 2 ** 1000, -3]) b.add(b.push(0), value, 7);
  b.length = 1;
  b.extend(40);
  expect(b.length).toBe(41);
  expect(b.at(0).max).toBe(1);
  for (let row = 1; row < b.length; row++) expect(b.huge(row)).toBeUndefined();
});
