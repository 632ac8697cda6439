// Laws of the rise: what a counter rose, from its points in order or from buckets of them in order, with
// resets anywhere, against a reference that has the points alone.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Buckets } from "../../../src/core/bucket.ts";
import { riseKept, riseMost, riseSeen } from "../../../src/core/rise.ts";

type Point = readonly [value: number, at: number];

/** The sum of the steps between points in order: a step down is a reset. */
const naive = (values: readonly number[]): number =>
  values
    .slice(1)
    .reduce((sum, value, i) => sum + (value >= values[i]! ? value - values[i]! : value), 0);

const bucketOf = (points: readonly Point[]): Buckets => {
  const b = new Buckets(1);
  b.push(0);
  for (const [value, at] of points) b.add(0, value, at);
  return b;
};

const merged = (...parts: readonly Buckets[]): Buckets => {
  const b = new Buckets(1);
  b.push(0);
  for (const part of parts) b.merge(0, part, 0);
  return b;
};

const points = fc
  .array(fc.tuple(fc.nat(1_000), fc.integer({ min: 1, max: 9 })), { minLength: 1, maxLength: 40 })
  .map((list): Point[] => {
    let at = 0;
    return list.map(([value, after]) => [value, (at += after)]);
  });
/** Points, and where they are cut into buckets, some of which are empty. */
const cuts = points.chain((list) =>
  fc.tuple(
    fc.constant(list),
    fc
      .array(fc.nat(list.length), { maxLength: 8 })
      .map((at) => [0, ...at.sort((a, b) => a - b), list.length]),
  ),
);

test("of points in order it is the sum of their steps", () => {
  fc.assert(
    fc.property(points, (list) => {
      expect(bucketOf(list).rise[0]).toBe(naive(list.map(([value]) => value)));
    }),
  );
});

test("of buckets in order it is that of their points, in any grouping, resets anywhere", () => {
  fc.assert(
    fc.property(cuts, ([list, at]) => {
      const parts = at.slice(1).map((end, i) => bucketOf(list.slice(at[i], end)));
      const expected = naive(list.map(([value]) => value));
      expect(merged(...parts).rise[0]).toBe(expected);
      const fromRight = parts.reduceRight((all, part) => merged(part, all), bucketOf([]));
      expect(fromRight.rise[0]).toBe(expected);
      // The last one first: each merge is of two that follow each other.
      expect(merged(...parts.toReversed()).rise[0]).toBe(expected);
    }),
  );
});

test("two buckets in either order have the same, also where they overlap or have one time", () => {
  const any = fc.array(fc.tuple(fc.integer({ min: -9, max: 99 }), fc.nat(4)));
  fc.assert(
    fc.property(any, any, (a, b) => {
      const [x, y] = [bucketOf(a), bucketOf(b)];
      expect(merged(x, y).rise[0]).toBe(merged(y, x).rise[0]);
    }),
    { numRuns: 1_000 },
  );
});

test("a point is as the bucket of it", () => {
  const any = fc.array(fc.tuple(fc.integer({ min: -9, max: 99 }), fc.nat(4)));
  fc.assert(
    fc.property(any, fc.tuple(fc.integer({ min: -9, max: 99 }), fc.nat(4)), (list, point) => {
      const added = bucketOf(list);
      added.add(0, ...point);
      expect(added.at(0)).toStrictEqual(merged(bucketOf(list), bucketOf([point])).at(0));
    }),
  );
});

test("a counter that is not reset rose from first to last, whatever the order and grouping", () => {
  const rising = fc
    .array(fc.tuple(fc.nat(9), fc.nat(3)), { minLength: 1, maxLength: 20 })
    .map((list): Point[] => {
      let [value, at] = [0, 0];
      return list.map(([more, after]) => [(value += more), (at += after)]);
    });
  const shuffled = rising.chain((list) =>
    fc.tuple(fc.shuffledSubarray(list, { minLength: list.length }), fc.nat(list.length)),
  );
  fc.assert(
    fc.property(shuffled, ([order, cut]) => {
      const all = merged(bucketOf(order.slice(0, cut)), bucketOf(order.slice(cut))).at(0);
      expect(all.rise).toBe(all.last - all.first);
    }),
  );
});

describe("what others lost", () => {
  test("thanos-io/thanos#1568: a reset exactly between two buckets", () => {
    const before: Point[] = [
      [10, 1],
      [50, 2],
    ];
    const after: Point[] = [
      [5, 3],
      [20, 4],
    ];
    expect(merged(bucketOf(before), bucketOf(after)).rise[0]).toBe(40 + 5 + 15);
    // A reset to no less than was there before is none that anybody can see.
    expect(merged(bucketOf(before), bucketOf([[50, 3]])).rise[0]).toBe(40);
  });

  test("two resets in one bucket", () => {
    const values = [100, 7, 30, 2, 9];
    const one = bucketOf(values.map((value, i): Point => [value, i]));
    expect(one.rise[0]).toBe(7 + 23 + 2 + 7);
    // Of the bucket alone, one is seen.
    expect(riseSeen(100, 9, 100)).toBe(9);
  });
});

describe("what coarse buckets keep", () => {
  const kept = (values: readonly number[]): { readonly kept: number; readonly rise: number } => {
    const b = bucketOf(values.map((value, i): Point => [value, i]));
    const rise = b.rise[0]!;
    b.settleRise(0);
    return { kept: b.rise[0]!, rise };
  };

  test("any sixteen resets", () => {
    const runs = fc.array(fc.array(fc.nat(1_000), { minLength: 1 }), {
      minLength: 1,
      maxLength: 17,
    });
    fc.assert(
      fc.property(runs, (lists) => {
        const values = lists.flatMap((list) => list.sort((a, b) => a - b));
        const { kept: all, rise } = kept(values);
        expect(all).toBe(rise);
      }),
    );
  });

  test("a reset after every eighth point of a counter that rises evenly", () => {
    const { kept: all, rise } = kept(Array.from({ length: 4_000 }, (_, i) => i % 8));
    expect(rise).toBe(500 * 7);
    expect(all).toBe(rise);
  });

  test("of a gauge as much as 16 resets, or as a quarter of its sum; below 0 what is seen", () => {
    const gauge = Array.from({ length: 240 }, (_, i) => 70 + ((i * 37) % 23));
    const sum = gauge.reduce((all, value) => all + value, 0);
    expect(kept(gauge).kept).toBe(gauge.at(-1)! - 70 + sum / 4);
    expect(kept(gauge.slice(0, 40)).kept).toBe(gauge[39]! - 70 + 16 * 92);
    expect(kept([1, -1, 3]).kept).toBe(2);
  });

  test("a day of a gauge is one as well, made of hours that are", () => {
    const day = new Buckets(1);
    day.push(0);
    for (let hour = 0; hour < 24; hour++) {
      const one = bucketOf(
        Array.from({ length: 60 }, (_, i): Point => [70 + ((i * 37) % 23), hour * 60 + i]),
      );
      one.settleRise(0);
      day.merge(0, one, 0);
    }
    day.settleRise(0);
    const { first, last, min, max, sum, rise } = day.at(0);
    expect(rise).toBe(riseMost(first, last, min, max, sum));
  });

  test("rounding is no reset", () => {
    expect(riseKept(0.1, 10, 0.1, 10, 500, 9.9 + 1e-13)).toBe(9.9);
    expect(riseKept(0, 1e9, 0, 1e9, 1e12, 1e9 + 1)).toBe(1e9 + 1);
  });
});
