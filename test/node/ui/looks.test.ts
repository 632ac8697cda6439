// How a panel shows its series besides lines: stacked, as rows of colours, as numbers; and on other scales.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ChartData, chartData, COLUMNS_PER_LINE } from "../../../src/ui/chart/data.ts";
import { endsOf } from "../../../src/ui/chart/drag-axis.ts";
import { bucketForm } from "../../../src/ui/chart/form.ts";
import { coloursOf, rowAtPart, rowName, rowsOf } from "../../../src/ui/chart/heat.ts";
import { LINES } from "../../../src/ui/chart/look.ts";
import { beyondOf, fenceOf, logTicks, scaledLook } from "../../../src/ui/chart/scales.ts";
import type { ChartSeries } from "../../../src/ui/chart/series.ts";
import { columnsOfValues } from "../../../src/ui/chart/series.ts";
import { stacked, totalAt } from "../../../src/ui/chart/stack.ts";
import { changeIn, figureOf } from "../../../src/ui/chart/tile.ts";

const MINUTE = 60_000;
/** A whole hour. */
const T = 1_790_002_800_000;

/** A series by its values in successive minutes; undefined: none there. */
const series = (host: string, values: readonly (number | undefined)[]): ChartSeries => {
  const rows = [...values.keys()].filter((i) => values[i] !== undefined);
  return {
    labels: { host },
    ...columnsOfValues(
      rows.map((i) => T + i * MINUTE),
      rows.map((i) => values[i]!),
    ),
  };
};

const data = (all: readonly ChartSeries[], other: Partial<Parameters<typeof chartData>[0]> = {}) =>
  chartData({
    series: all,
    from: T,
    to: T + 60 * MINUTE,
    step: MINUTE,
    partialFrom: Infinity,
    form: bucketForm("avg", "none"),
    ...other,
  });

/** The upper edges of the lines, the first of the legend first. */
const edges = (of: ChartData) =>
  of.lines.map((_, line) => stacked(of)[line * COLUMNS_PER_LINE + 2]);

describe("stacked", () => {
  test("the first of the legend is on top, and its edge is the total", () => {
    const of = data([series("a", [1, 2, 3]), series("b", [10, 20, 30])]);
    expect(edges(of)).toEqual([
      [11, 22, 33],
      [10, 20, 30],
    ]);
    expect(totalAt(of, 1)).toBe(22);
  });
  test("where a line leads through, it counts with what it leads through", () => {
    const of = data([
      series("a", [1, 1, 1, 1, 1]),
      series("b", [10, undefined, 20, undefined, 30]),
    ]);
    expect(edges(of)[0]).toEqual([11, 16, 21, 26, 31]);
  });
  test("what has ended is nothing", () => {
    const of = data([series("a", [1, 1, 1, 1]), series("b", [10, 20])]);
    expect(edges(of)).toEqual([
      [11, 21, 1, 1],
      [10, 20, null, null],
    ]);
  });
  test("what is below 0 lies below it", () => {
    const of = data([series("a", [1, -2]), series("b", [-10, -20])]);
    expect(edges(of)).toEqual([
      [1, -22],
      [-10, -20],
    ]);
  });
  test("of many, those that are not drawn by themselves count as well", () => {
    const of = data(Array.from({ length: 14 }, (_, i) => series(`h${i}`, [i + 1, i + 1])));
    const columns = stacked(of);
    expect(of.lines).toHaveLength(10);
    expect(columns).toHaveLength(10 * COLUMNS_PER_LINE + 2);
    expect(columns.at(-2)).toEqual([1 + 2 + 3 + 4, 10]);
    expect(columns[0]).toEqual([105, 105]);
    expect(totalAt(of, 0)).toBe(105);
  });
  test("the bucket that is still filling joins the one before", () => {
    const of = data([series("a", [1, 2, 3])], { partialFrom: T + 2 * MINUTE });
    const [, , closed, open] = stacked(of);
    expect([closed, open]).toEqual([
      [1, 2, null],
      [null, 2, 3],
    ]);
  });
  const value = fc.option(fc.integer({ min: 0, max: 1_000 }), { nil: undefined });
  const one = fc.array(value, { minLength: 4, maxLength: 12 });
  test("each edge is the one below and its own value", () => {
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 5 }), (all) => {
        const of = data(all.map((values, i) => series(`h${i}`, values)));
        const columns = stacked(of);
        for (const [line, { rows, columns: own }] of of.lines.entries())
          for (const [place, row] of rows.entries())
            if (row != null)
              expect(
                columns[line * COLUMNS_PER_LINE]![place]! -
                  columns[line * COLUMNS_PER_LINE + 1]![place]!,
              ).toBeCloseTo(own.avg[row]!, 6);
      }),
    );
  });
});

describe("clipped", () => {
  test("a spike is beyond the fence, what most are is not", () => {
    const values = Array.from({ length: 60 }, (_, i) => 10 + (i % 7));
    expect(fenceOf(values)).toBeUndefined();
    const [low, high] = fenceOf([...values, 900])!;
    expect(low).toBe(10);
    expect(high).toBeGreaterThanOrEqual(16);
    expect(high).toBeLessThan(40);
  });
  test("of nothing but spikes there is no fence", () => {
    expect(fenceOf([])).toBeUndefined();
    expect(fenceOf([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7])).toBeUndefined();
  });
  test("at most a tenth of any values is beyond it, and all lie in it or are told", () => {
    const numbers = fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1 });
    fc.assert(
      fc.property(numbers, (values) => {
        const fence = fenceOf(values);
        if (fence === undefined) return;
        const beyond = values.filter((one) => one < fence[0] || one > fence[1]);
        expect(beyond.length).toBeGreaterThan(0);
        expect(beyond.length).toBeLessThanOrEqual(Math.ceil(values.length / 10) + 1);
      }),
    );
  });
  test("what is beyond is counted, by line and bucket", () => {
    const of = data([
      series("a", [...Array.from({ length: 40 }, (_, i) => 10 + (i % 5)), 900, 12, 400]),
    ]);
    const beyond = beyondOf(of, scaledLook(LINES, { scale: "clip" }), false);
    expect(beyond).toMatchObject({ above: 2, highest: 900, below: 0, flat: 0 });
    expect(beyond.top).toBeLessThan(40);
    const set = beyondOf(of, scaledLook(LINES, { y: [11, 500] }), false);
    expect(set).toMatchObject({ above: 1, below: 8, lowest: 10, top: 500, bottom: 11 });
  });
});

describe("logarithmic", () => {
  test.each([
    [1, 1_000, 10, [1, 10, 100, 1_000]],
    [7, 30, 10, [10, 20]],
    [0.001, 1e9, 5, [0.001, 1, 1_000, 1e6, 1e9]],
  ])("%d to %d", (bottom, top, most, least) => {
    const ticks = logTicks("none", bottom, top, most);
    expect(ticks.length).toBeGreaterThanOrEqual(3);
    for (const tick of least) expect(ticks).toContain(tick);
  });
  test("any axis has three labels, within its ends", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
        fc.double({ min: 1.05, max: 1e6, noNaN: true }),
        (bottom, part) => {
          const ticks = logTicks("none", bottom, bottom * part, 8);
          expect(ticks.length).toBeGreaterThanOrEqual(3);
          expect(ticks).toEqual([...new Set(ticks)].sort((a, b) => a - b));
        },
      ),
    );
  });
  test("what has no logarithm stands at the foot, and is told", () => {
    const of = data([series("a", [0, 1, 10, -5, 100])]);
    const look = scaledLook(LINES, { scale: "log" });
    const scale = look.scale!(of, [[0, 1, 10, -5, 100]]);
    expect(scale.to(0)).toBe(scale.to(-5));
    expect(scale.to(0)).toBeLessThan(scale.to(1));
    expect(scale.to(100) - scale.to(10)).toBeCloseTo(scale.to(10) - scale.to(1), 9);
    expect(beyondOf(of, look, true)).toMatchObject({ flat: 2, above: 0, below: 0 });
  });
});

test("ends that are dragged are round, and never one", () => {
  expect(endsOf(12.3456, 98.7654)).toEqual([12.3, 98.8]);
  expect(endsOf(98.7654, 12.3456)).toEqual([12.3, 98.8]);
  fc.assert(
    fc.property(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), fc.double({ noNaN: true, min: 1e-3, max: 1e12 }), (a, span) => {
      fc.pre(a + span > a);
      const [low, high] = endsOf(a, a + span);
      expect(low).toBeLessThan(high);
      expect(Math.abs(low - a)).toBeLessThanOrEqual(span / 100);
    }),
  ); // prettier-ignore
});

describe("heatmap", () => {
  const rows = Array.from({ length: 12 }, (_, i) => series(`h${i}`, [i, 12 - i]));
  test("every series is a row, in the order of their labels or of the list", () => {
    const of = data(rows, { most: Infinity });
    expect(of.lines).toHaveLength(12);
    expect(rowsOf(of, undefined).map(({ labels }) => labels.host)).toEqual(
      rows.map(({ labels }) => labels.host),
    );
    expect(rowsOf(of, "last")[0]?.labels.host).toBe("h0");
  });
  test("the row under the pointer", () => {
    const { lines } = data(rows, { most: Infinity });
    expect(rowAtPart(lines, 0)?.labels.host).toBe("h0");
    expect(rowAtPart(lines, 0.5)?.labels.host).toBe("h6");
    expect(rowAtPart(lines, 1)?.labels.host).toBe("h11");
    expect(rowAtPart([], 0.5)).toBeUndefined();
  });
  test("colours from the smallest to the largest, logarithmic, or cut", () => {
    const of = data([series("a", [...Array.from({ length: 40 }, (_, i) => 10 + (i % 5)), 1_000])]);
    const plain = coloursOf(of);
    expect([plain.part(10), plain.part(505), plain.part(1_000)]).toEqual([0, 0.5, 1]);
    expect(coloursOf(of, "log").part(100)).toBeCloseTo(0.5, 9);
    const cut = coloursOf(of, "clip");
    expect(cut).toMatchObject({ above: true, below: false });
    expect(cut.part(1_000)).toBe(1);
    expect(cut.part(12)).toBeGreaterThan(0.2);
    expect(coloursOf(data([series("a", [5, 5])])).part(5)).toBe(0.5);
  });
  test("a long name loses its middle", () => {
    const [line] = data([series("a-very-long-name-of-a-host-17", [1, 1])]).lines;
    expect(rowName(line!, 13)).toBe("a-very…ost-17");
    expect(rowName(line!, 40)).toBe("a-very-long-name-of-a-host-17");
  });
});

describe("numbers", () => {
  test("one that the form does not have is its last", () => {
    const form = bucketForm("avg", "none");
    expect(figureOf(form, "max").name).toBe("max");
    expect(figureOf({ legend: form.legend.slice(0, 2) }, "max").name).toBe("last");
  });
  test("the change over the range leaves out what is still filling", () => {
    const of = data([series("a", [10, 11, 15, 1])], { partialFrom: T + 3 * MINUTE });
    expect(changeIn(of.lines[0]!, { name: "last", title: "last" }, of)).toBeCloseTo(0.5, 9);
  });
  test("the change since the period before is that of the number shown", () => {
    const of = data([series("a", [10, 30])], { before: [series("a", [10, 10])] });
    const changeOf = (name: "max" | "avg") => changeIn(of.lines[0]!, { name, title: name }, of);
    expect([changeOf("max"), changeOf("avg")]).toEqual([2, 1]);
  });
});
