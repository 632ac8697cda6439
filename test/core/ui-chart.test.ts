// What a chart draws: places, gaps, the bucket that is still filling, and the y axis.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SeriesAnswer } from "../../src/core/api.ts";
import { HOUR, MINUTE } from "../../src/core/tiers.ts";
import {
  chartData,
  drawn,
  gaps,
  lonely,
  middles,
  totals,
  yRange,
} from "../../src/ui/chart/data.ts";
import { timeLabels, valueLabels } from "../../src/ui/chart/options.ts";

const series = (
  t: readonly number[],
  values: readonly number[],
  labels: Record<string, string> = {},
): SeriesAnswer => ({
  labels,
  t: t.map((minute) => minute * MINUTE),
  avg: values,
  min: values.map((value) => value - 1),
  max: values.map((value) => value + 1),
  sum: values.map((value) => value * 2),
  count: values.map(() => 2),
  last: values,
});

const whole = { from: 0, to: HOUR };
const chart = (all: readonly SeriesAnswer[], partialFrom = Infinity, range = whole) =>
  chartData(all, range, MINUTE, partialFrom);
const minutes = (starts: readonly number[]): number[] => starts.map((start) => start / MINUTE);

describe("places", () => {
  test("one for each bucket", () =>
    expect(minutes(chart([series([1, 2, 3], [5, 6, 7])]).starts)).toEqual([1, 2, 3]));
  test("one empty place breaks the line, however wide the hole", () => {
    const data = chart([series([1, 2, 30], [5, 6, 7])]);
    expect(minutes(data.starts)).toEqual([1, 2, 3, 30]);
    expect(drawn(data.lines[0]!, data).closed).toEqual([5, 6, null, 7]);
    expect(gaps(data.lines[0]!.rows)).toBe(1);
  });
  test("another series does not close a hole", () => {
    const data = chart([
      series([1, 3], [5, 6], { host: "a" }),
      series([1, 2, 3], [7, 8, 9], { host: "b" }),
    ]);
    expect(drawn(data.lines[0]!, data).closed).toEqual([5, null, 6]);
    expect(data.lines.map(({ rows }) => gaps(rows))).toEqual([1, 0]);
  });
  test("what lies outside the range is left out", () => {
    const range = { from: 2 * MINUTE, to: 4 * MINUTE };
    expect(minutes(chart([series([1, 2, 3, 4], [1, 2, 3, 4])], Infinity, range).starts)).toEqual([
      2, 3,
    ]);
  });
  test("a series without a bucket in the range has no line", () =>
    expect(chart([series([100], [1])]).lines).toEqual([]));
  test("buckets are drawn at their middle", () =>
    expect(middles(chart([series([1], [5])]))).toEqual([1.5 * MINUTE]));
});

describe("the bucket that is still filling", () => {
  test("is drawn apart, and joined to the one before", () => {
    const data = chart([series([1, 2, 3], [5, 6, 7])], 3 * MINUTE);
    const { closed, open } = drawn(data.lines[0]!, data);
    expect(closed).toEqual([5, 6, null]);
    expect(open).toEqual([null, 6, 7]);
  });
  test("stands alone after a gap", () => {
    const data = chart([series([1, 3], [5, 7])], 3 * MINUTE);
    expect(drawn(data.lines[0]!, data).open).toEqual([null, null, 7]);
  });
});

test("lonely values are those that no line touches", () => {
  expect(lonely([1])).toEqual([0]);
  expect(lonely([1, 2, null, 3, null, 4, 5])).toEqual([3]);
  expect(lonely([null, undefined])).toEqual([]);
});

test("totals add up over the drawn range only", () => {
  const data = chart([series([1, 2, 70], [5, 8, 1_000])]);
  expect(totals(data.lines[0]!)).toEqual({ avg: 6.5, min: 4, max: 9, sum: 26, count: 4, last: 8 });
});

describe("the y axis", () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
  test("holds the values, and has a length that can be divided", () => {
    fc.assert(
      fc.property(finite, finite, (a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const [bottom, top] = yRange(low, high);
        expect(bottom).toBeLessThan(top);
        expect(Number.isFinite(top - bottom)).toBe(true);
        if (Math.abs(low) < 1e307 && Math.abs(high) < 1e307) {
          expect(bottom).toBeLessThanOrEqual(low);
          expect(top).toBeGreaterThanOrEqual(high);
        }
      }),
    );
  });
  test("starts at zero when that is near", () => expect(yRange(1, 11)[0]).toBe(0));
  test("does not when it is far", () => expect(yRange(100, 110)[0]).toBeGreaterThan(90));
  test("shows a constant against zero", () => expect(yRange(4, 4)).toEqual([0, 5]));
  test("shows nothing as something", () => {
    expect(yRange(null, null)).toEqual([0, 1]);
    expect(yRange(0, 0)).toEqual([0, 1]);
  });
});

describe("labels of the axes", () => {
  test("the date stands under the first time of each day", () => {
    const evening = new Date(2026, 10, 23, 22).getTime();
    const lines = timeLabels([evening, evening + HOUR, evening + 2 * HOUR], HOUR);
    expect(lines.map((label) => label.includes("\n"))).toEqual([true, false, true]);
  });
  test("values that are close are told apart", () =>
    expect(new Set(valueLabels([1_000_000.1, 1_000_000.2, 1_000_000.3])).size).toBe(3));
});
