// The min–max band, column of pixels by column: it never shows less than the buckets have.

import fc from "fast-check";
import { expect, test } from "vitest";
import { bandOf } from "../../../src/ui/chart/band.ts";

const columns = (band: Float32Array): (number | null)[] =>
  [...band].map((y) => (Number.isNaN(y) ? null : y));

test("between two buckets it goes from one to the other", () => {
  const { top, bottom } = bandOf([0.5, 4.5], [0, 40], [10, 50], 5);
  expect(columns(top)).toEqual([0, 10, 20, 30, 40]);
  expect(columns(bottom)).toEqual([10, 20, 30, 40, 50]);
});

test("a spike narrower than a pixel is as high as it is", () => {
  const { top, bottom } = bandOf([0, 1, 1.3, 1.6, 2.5], [9, 9, 1, 9, 9], [10, 10, 10, 30, 10], 3);
  expect(columns(top)[1]).toBe(1);
  expect(columns(bottom)[1]).toBe(30);
});

test("a gap stays empty, and a bucket alone has no band", () => {
  const { top } = bandOf([0, 1, 2, 5, 6, 8], [1, 1, null, 1, null, 1], [2, 2, null, 2, null, 2], 9);
  expect(columns(top)).toEqual([1, 1, null, null, null, null, null, null, null]);
});

test("an empty bucket does not break it", () => {
  const none = undefined;
  const { top } = bandOf([0.5, 2, 4.5], [0, none, 40], [10, none, 50], 5);
  expect(columns(top)).toEqual([0, 10, 20, 30, 40]);
});

test("what lies outside is cut off, what leads there is drawn", () => {
  const { top } = bandOf([-10, 10], [0, 20], [0, 20], 3);
  expect(columns(top)).toEqual([10.5, 11.5, 12.5]);
});

test("in every column it holds the extremes of its buckets", () => {
  const bucket = fc.record({
    gap: fc.double({ min: 0.01, max: 7, noNaN: true }),
    high: fc.integer({ min: 0, max: 100 }),
    size: fc.integer({ min: 0, max: 100 }),
  });
  fc.assert(
    fc.property(fc.array(bucket, { minLength: 2, maxLength: 60 }), (buckets) => {
      let at = -5;
      const x = buckets.map(({ gap }) => (at += gap));
      const high = buckets.map((one) => one.high);
      const low = buckets.map((one) => one.high + one.size);
      const { top, bottom } = bandOf(x, high, low, 100);
      for (const [i, place] of x.entries()) {
        const column = Math.floor(place);
        if (column < 0 || column >= 100) continue;
        expect(top[column]).toBeLessThanOrEqual(high[i]!);
        expect(bottom[column]).toBeGreaterThanOrEqual(low[i]!);
      }
      for (const [column, y] of top.entries())
        if (!Number.isNaN(y)) expect(y).toBeLessThanOrEqual(bottom[column]!);
    }),
  );
});
