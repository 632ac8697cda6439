// Exponential histograms as buckets of powers of two, against observations that are counted one by one.

import fc from "fast-check";
import { expect, test } from "vitest";
import { powersOfTwo } from "../../../../src/core/formats/otlp-exponential.ts";

/** The bucket of a magnitude at a scale: (2^(i × 2^−scale), 2^((i + 1) × 2^−scale)]. */
const bucketOf = (magnitude: number, scale: number): number =>
  Math.ceil(Math.log2(magnitude) * 2 ** scale) - 1;

/** Not on the bound of a bucket, where logarithms are not exact. */
const magnitude = fc
  .tuple(fc.integer({ min: -40, max: 40 }), fc.integer({ min: 1, max: 999 }))
  .map(([exponent, part]) => 2 ** exponent * (1 + (part + 0.5) / 1_000));

const sideOf = (
  values: readonly number[],
  scale: number,
): { readonly offset: number; readonly counts: readonly number[] } => {
  const buckets = values.map((value) => bucketOf(value, scale));
  const offset = Math.min(0, ...buckets);
  const counts = Array.from({ length: Math.max(0, ...buckets) - offset + 1 }, () => 0);
  for (const bucket of buckets) counts[bucket - offset]!++;
  return { offset, counts };
};

test("each bound counts what is at most it, and all scales have the same bounds", () => {
  fc.assert(
    fc.property(
      fc.array(magnitude, { maxLength: 20 }),
      fc.array(magnitude, { maxLength: 20 }),
      fc.nat(9),
      fc.integer({ min: -2, max: 5 }),
      (positive, negative, zeroCount, scale) => {
        const made = powersOfTwo({
          scale,
          zeroCount,
          zeroThreshold: 0,
          positive: sideOf(positive, scale),
          negative: sideOf(negative, scale),
        });
        if (!made.ok) expect.fail(made.error);
        const { bounds, cumulative } = made.value;
        const values = [...positive, ...negative.map((value) => -value)];
        bounds.forEach((bound, i) => {
          if (i > 0) expect(bound).toBeGreaterThan(bounds[i - 1]!);
          if (bound !== 0) expect(Number.isInteger(Math.log2(Math.abs(bound)))).toBe(true);
          const below = values.filter((value) => value <= bound).length;
          expect(cumulative[i]).toBe(below + (bound >= 0 ? zeroCount : 0));
        });
        const most = Math.max(0, ...values);
        expect(bounds.at(-1)).toBeGreaterThanOrEqual(most);
      },
    ),
    { numRuns: 300 },
  );
});

test("bounds that no double holds are left to the next one", () => {
  const side = { offset: 1_100, counts: [1, 2] };
  const made = powersOfTwo({
    scale: 0,
    zeroCount: 1,
    zeroThreshold: 0.001,
    positive: side,
    negative: { offset: -1_200, counts: [4, 8] },
  });
  expect(made).toEqual({ ok: true, value: { bounds: [-0, 0.001], cumulative: [12, 13] } });
});

test("a zero bucket wider than the first buckets: they are within it", () => {
  const made = powersOfTwo({
    scale: 0,
    zeroCount: 5,
    zeroThreshold: 1,
    positive: { offset: -2, counts: [1, 1, 1] },
    negative: { offset: 0, counts: [] },
  });
  expect(made).toEqual({ ok: true, value: { bounds: [1, 2], cumulative: [7, 8] } });
});

test("what no sender means is said", () => {
  const none = { offset: 0, counts: [] };
  const of = (scale: number, zeroThreshold: number): unknown =>
    powersOfTwo({ scale, zeroCount: 0, zeroThreshold, positive: none, negative: none });
  expect(of(21, 0)).toEqual({ ok: false, error: "scale 21 is not within -10 and 20" });
  expect(of(-11, 0)).toMatchObject({ ok: false });
  expect(of(0, NaN)).toEqual({ ok: false, error: "zeroThreshold NaN is no width" });
  expect(of(0, -1)).toMatchObject({ ok: false });
});
