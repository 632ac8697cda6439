// The laws of sums: what is shown is the double nearest to the truth, in whatever order and grouping
// the values came, also where a sum of doubles would round, overflow or saturate.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Buckets } from "../../../src/core/bucket.ts";
import { columnsOf } from "../../../src/core/query/answer.ts";

/** An exact number: numerator · 2^-1074. */
function exact(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = (bits >> 52n) & 0x7ffn;
  const fraction = bits & ((1n << 52n) - 1n);
  const magnitude = biased === 0n ? fraction : (fraction | (1n << 52n)) << (biased - 1n);
  return bits >> 63n === 1n ? -magnitude : magnitude;
}

const MAX = exact(Number.MAX_VALUE);

/** The double nearest to numerator / denominator · 2^-1074, ties to even; saturates. */
function nearest(numerator: bigint, denominator = 1n): number {
  if (numerator < 0n) return -nearest(-numerator, denominator);
  if (numerator >= MAX * denominator) return Number.MAX_VALUE;
  const whole = numerator / denominator;
  const shift = BigInt(Math.max(0, whole.toString(2).length - 53));
  const unit = denominator << shift;
  let mantissa = numerator / unit;
  const rest = (numerator % unit) * 2n;
  if (rest > unit || (rest === unit && mantissa % 2n === 1n)) mantissa++;
  // At most 2^53 times a power of two: both steps are exact, or the largest.
  const high = Number(mantissa) * 2 ** Math.max(Number(shift) - 1074, -1022);
  return Number(shift) - 1074 < -1022 ? high / 2 ** (-1022 - (Number(shift) - 1074)) : high;
}

const orders = (values: fc.Arbitrary<number[]>): fc.Arbitrary<[number[], number]> =>
  values.chain((list) =>
    fc.tuple(
      fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length }),
      fc.nat(list.length),
    ),
  );

/** What is shown of values that came in two parts, which were merged. */
function shown(values: readonly number[], cut = 0): { sum: number; avg: number } {
  const parts = [values.slice(0, cut), values.slice(cut)].map((part) => {
    const buckets = new Buckets(1);
    const row = buckets.push(0);
    for (const value of part) buckets.add(row, value, 0);
    return buckets;
  });
  const merged = new Buckets(1);
  const row = merged.push(0);
  for (const part of parts) merged.merge(row, part, 0);
  const { sum, avg } = columnsOf(merged);
  return { sum: sum[0]!, avg: avg[0]! };
}

const decimals = fc
  .tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.nat(6))
  .map(([n, places]) => n / 10 ** places);
const huge = fc.double({ min: 1e300, max: Number.MAX_VALUE, noNaN: true });

describe("the sum and the average shown", () => {
  const check = (values: fc.Arbitrary<number[]>, numRuns = 500): void => {
    fc.assert(
      fc.property(orders(values), ([list, cut]) => {
        const all = list.reduce((sum, value) => sum + exact(value), 0n);
        const { sum, avg } = shown(list, cut);
        expect(sum).toBe(nearest(all) + 0);
        expect(avg).toBe(nearest(all, BigInt(list.length)) + 0);
      }),
      { numRuns },
    );
  };

  test("of decimals", () => check(fc.array(decimals, { minLength: 1, maxLength: 60 })));

  test("of integers beside large ones that cancel", () => {
    const small = fc.integer({ min: -1_000, max: 1_000 });
    const pair = fc.constantFrom(1e15, 1e16, 3e17).map((big) => [big, -big]);
    check(
      fc
        .tuple(fc.array(small, { minLength: 1 }), fc.array(pair))
        .map(([values, pairs]) => [...values, ...pairs.flat()]),
    );
  });

  test("of the smallest doubles", () =>
    check(
      fc.array(
        fc.integer({ min: 0, max: 1e9 }).map((n) => n * Number.MIN_VALUE),
        { minLength: 1 },
      ),
    ));

  test("of values so large that their sum is no double", () =>
    check(
      fc.array(
        fc.oneof(
          huge,
          huge.map((v) => -v),
        ),
        { minLength: 1, maxLength: 4 },
      ),
    ));

  test("of values so large that their sum is no double, which cancel", () =>
    check(
      fc
        .tuple(fc.array(huge, { minLength: 1, maxLength: 12 }), decimals)
        .map(([values, rest]) => [...values, ...values.map((v) => -v), rest]),
    ));
});

test("0.1, 0.2 and 0.3 are 0.2 on average", () => {
  for (const values of [
    [0.1, 0.2, 0.3],
    [0.3, 0.1, 0.2],
    [0.2, 0.3, 0.1],
  ])
    for (let cut = 0; cut <= 3; cut++) expect(shown(values, cut).avg).toBe(0.2);
});

test("1.7e308 twice and -1.7e308 twice are 0, whatever the order", () => {
  const [x, y] = [1.7e308, -1.7e308];
  for (const values of [
    [x, x, y, y],
    [x, y, x, y],
    [y, y, x, x],
    [x, y, y, x],
  ])
    for (let cut = 0; cut <= 4; cut++) expect(shown(values, cut)).toEqual({ sum: 0, avg: 0 });
});

test("a sum beyond the doubles shows the largest, and its average is exact", () => {
  expect(shown([1.7e308, 1.7e308])).toEqual({ sum: Number.MAX_VALUE, avg: 1.7e308 });
  expect(shown([-1.7e308, -1.7e308, -1.7e308])).toEqual({ sum: -Number.MAX_VALUE, avg: -1.7e308 });
});
