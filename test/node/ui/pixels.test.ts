// More buckets than pixels: what is drawn of them keeps their extremes, and their average by weight.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { columnsBy } from "../../../src/core/query/answer.ts";
import { type ChartData, chartData, drawn, gaps } from "../../../src/ui/chart/data.ts";
import { bucketForm, rateForm } from "../../../src/ui/chart/form.ts";
import { toPixels, widthFor } from "../../../src/ui/chart/pixels.ts";
import { type ChartSeries, columnsOfValues } from "../../../src/ui/chart/series.ts";
import { stacked } from "../../../src/ui/chart/stack.ts";

const MINUTE = 60_000;
/** A whole day. */
const T = 1_790_035_200_000;
const HOURS = 4;

interface Minute {
  readonly at: number;
  readonly avg: number;
  readonly spread: number;
  readonly count: number;
}
const series = (host: string, minutes: readonly Minute[]): ChartSeries => {
  const numbers: Readonly<Record<string, (one: Minute) => number>> = {
    t: ({ at }) => T + at * MINUTE,
    min: ({ avg, spread }) => avg - spread,
    max: ({ avg, spread }) => avg + spread,
    sum: ({ avg, count }) => avg * count,
    count: ({ count }) => count,
  };
  return {
    labels: { host },
    ...columnsBy((name) => minutes.map(numbers[name] ?? (({ avg }) => avg))),
  };
};
const data = (all: readonly ChartSeries[], other: Partial<Parameters<typeof chartData>[0]> = {}) =>
  chartData({
    series: all,
    from: T,
    to: T + HOURS * 60 * MINUTE,
    step: MINUTE,
    partialFrom: Infinity,
    form: bucketForm("avg", "none"),
    ...other,
  });
const every = (step: number, avg: (at: number) => number, until = HOURS * 60): Minute[] =>
  Array.from({ length: Math.ceil(until / step) }, (_, i) => ({
    at: i * step,
    avg: avg(i * step),
    spread: 1,
    count: 1 + (i % 3),
  }));
const inPixels = (of: ChartData, pixels: number) =>
  toPixels(of, HOURS * 60 * MINUTE, pixels, false);

describe("widths", () => {
  test.each([
    [40_000, MINUTE, MINUTE],
    [61_000, MINUTE, 2 * MINUTE],
    [7 * MINUTE, MINUTE, 10 * MINUTE],
    [31 * MINUTE, MINUTE, 60 * MINUTE],
    [61 * MINUTE, 60 * MINUTE, 120 * MINUTE],
    [30 * 60 * MINUTE, 1_440 * MINUTE, 2_880 * MINUTE],
    [430, 0, 500],
  ])("%d ms a pixel of buckets of %d", (perPixel, step, width) =>
    expect(widthFor(perPixel, step)).toBe(width),
  );
});

const minute = fc.record({
  avg: fc.integer({ min: -1_000, max: 1_000 }),
  spread: fc.integer({ min: 0, max: 50 }),
  count: fc.integer({ min: 1, max: 60 }),
});
const minutes = fc
  .array(fc.option(minute, { nil: undefined, freq: 8 }), {
    minLength: HOURS * 60,
    maxLength: HOURS * 60,
  })
  .map((all): Minute[] => all.flatMap((one, at) => (one === undefined ? [] : [{ ...one, at }])))
  .filter(({ length }) => length > 1);

describe("laws", () => {
  test("extremes, points and weighted averages stay, in at most a bucket for a pixel", () => {
    fc.assert(
      fc.property(minutes, fc.constantFrom(24, 50, 120), (one, pixels) => {
        const of = inPixels(data([series("a", one)]), pixels);
        const [{ columns, rows, totals }] = of.lines as [ChartData["lines"][0]];
        expect(rows.filter((row) => row != null).length).toBeLessThanOrEqual(pixels);
        expect(Math.max(...columns.max)).toBe(totals.max);
        expect(Math.min(...columns.min)).toBe(totals.min);
        expect(columns.count.reduce((a, b) => a + b)).toBe(totals.count);
        for (const [row, start] of columns.t.entries()) {
          const within = one.filter(
            ({ at }) => T + at * MINUTE >= start && T + at * MINUTE < start + of.step,
          );
          const points = within.reduce((sum, { count }) => sum + count, 0);
          const sum = within.reduce((sum, { avg, count }) => sum + avg * count, 0);
          expect(columns.avg[row]).toBeCloseTo(sum / points, 9);
        }
      }),
      { numRuns: 50 },
    );
  });
});

test("few buckets, and amounts, are as they were", () => {
  const of = data([
    series(
      "a",
      every(1, () => 1),
    ),
  ]);
  expect(inPixels(of, 240)).toBe(of);
  const sums = data(
    [
      series(
        "a",
        every(1, () => 1),
      ),
    ],
    { form: bucketForm("sum", "none") },
  );
  expect(inPixels(sums, 60)).toBe(sums);
});

test("a spike within a pixel is in the band", () => {
  const of = inPixels(
    data([
      series(
        "a",
        every(1, (at) => (at === 77 ? 900 : 10)),
      ),
    ]),
    60,
  );
  expect(of.step).toBe(4 * MINUTE);
  expect(Math.max(...drawn(of.lines[0]!, of).high.map((value) => value ?? 0))).toBe(901);
});

test("a spike of a rate is in the band as well, and its average is the increase by the time", () => {
  const t = every(1, () => 0).map(({ at }) => T + at * MINUTE);
  const rates = t.map((_, i) => (i === 77 ? 40 : 2));
  const rose = rates.map((rate) => rate * 60);
  const one = { labels: {}, ...columnsOfValues(t, rates, rose, rates.map(() => 60)) }; // prettier-ignore
  const of = inPixels(data([one], { form: rateForm("none") }), 60);
  const { high, closed } = drawn(of.lines[0]!, of);
  expect(Math.max(...high.map((value) => value ?? 0))).toBe(40);
  expect(closed[19]).toBe((40 + 3 * 2) / 4);
});

test("a gap is one as long as it is wider than a pixel", () => {
  const with60 = (one: number) => one < 100 || one >= 160;
  const of = data([
    series(
      "a",
      every(1, () => 1).filter(({ at }) => with60(at)),
    ),
  ]);
  expect(gaps(of.lines[0]!.rows)).toBe(1);
  expect(gaps(inPixels(of, 60).lines[0]!.rows)).toBe(1);
  const short = data([
    series(
      "a",
      every(1, () => 1).filter(({ at }) => at < 101 || at >= 104),
    ),
  ]);
  expect(gaps(short.lines[0]!.rows)).toBe(1);
  expect(gaps(inPixels(short, 24).lines[0]!.rows)).toBe(0);
});

test("what is still filling is not merged with what is whole", () => {
  const partialFrom = T + 239 * MINUTE;
  const of = inPixels(
    data(
      [
        series(
          "a",
          every(1, (at) => at),
        ),
      ],
      { partialFrom },
    ),
    60,
  );
  const { columns } = of.lines[0]!;
  expect(columns.t.slice(-2)).toEqual([T + 236 * MINUTE, partialFrom]);
  expect(columns.avg.at(-1)).toBe(239);
});

test("wider buckets of before stay as they are", () => {
  const until = T + 120 * MINUTE;
  const older = [{ resolution: "hour" as const, step: 60 * MINUTE, until }];
  const one = series("a", [
    { at: 0, avg: 5, spread: 1, count: 60 },
    { at: 60, avg: 6, spread: 1, count: 60 },
    ...every(1, () => 1).filter(({ at }) => at >= 120),
  ]);
  const of = inPixels(data([one], { older }), 60);
  expect(of.older).toEqual(older);
  expect(of.lines[0]!.columns.avg.slice(0, 3)).toEqual([5, 6, 1]);
});

test("a stack is of the same width for what is drawn and for the others", () => {
  const all = Array.from({ length: 14 }, (_, i) =>
    series(
      `h${i}`,
      every(1, () => i + 1),
    ),
  );
  const of = toPixels(data(all), HOURS * 60 * MINUTE, 60, true);
  expect(stacked(of)[0]!.slice(0, 3)).toEqual([105, 105, 105]);
  expect(of.rest!.high.filter((value) => value !== undefined)).toHaveLength(60);
});
