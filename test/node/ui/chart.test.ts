// What a chart draws: places, gaps, the bucket that is still filling, and the y axis.

import fc from "fast-check";
import { bucketForm } from "../../../src/ui/chart/form.ts";
import { describe, expect, test } from "vitest";
import type { SeriesAnswer } from "../../../src/core/api.ts";
import { HOUR, MINUTE } from "../../../src/core/tiers.ts";
import {
  chartData,
  type ChartQuestion,
  chosenBy,
  drawn,
  gaps,
  keyOf,
  middles,
  slotOf,
} from "../../../src/ui/chart/data.ts";
import { LARGEST_DRAWN, listed } from "../../../src/ui/chart/ranking.ts";

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
  first: values,
  last: values,
});

const whole: Omit<ChartQuestion, "series"> = {
  from: 0,
  to: HOUR,
  step: MINUTE,
  partialFrom: Infinity,
  form: bucketForm("avg", "none"),
};
const chart = (all: readonly SeriesAnswer[], more: Partial<ChartQuestion> = {}) =>
  chartData({ ...whole, series: all, ...more });
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
      series([1, 2, 5, 6], [5, 6, 7, 8], { host: "a" }),
      series([1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6], { host: "b" }),
    ]);
    expect(drawn(data.lines[0]!, data).closed).toEqual([5, 6, null, null, 7, 8]);
    expect(data.lines.map(({ rows }) => gaps(rows))).toEqual([1, 0]);
  });
  test("a series that reports every five minutes is one line, also beside one that is quicker", () => {
    const slow = series([5, 10, 15, 20], [1, 2, 3, 4], { host: "slow" });
    const alone = chart([slow]);
    expect(minutes(alone.starts)).toEqual([5, 10, 15, 20]);
    expect(drawn(alone.lines[0]!, alone).closed).toEqual([1, 2, 3, 4]);
    const quick = series([8, 9, 10, 11, 12], [7, 7, 7, 7, 7], { host: "quick" });
    const beside = chart([slow, quick]);
    const line = beside.lines.find(({ labels }) => labels["host"] === "slow")!;
    const none = undefined;
    expect(drawn(line, beside).closed).toEqual([1, none, none, 2, none, none, 3, 4]);
    expect(beside.lines.map(({ rows }) => gaps(rows))).toEqual([0, 0]);
    // Before its first bucket and after its last there is no line.
    const [first] = beside.lines;
    expect(drawn(first!, beside).high).toEqual([null, 8, 8, 8, 8, 8, null, null]);
  });
  test("its outage is still a gap, and what came before and after keeps its line", () => {
    const data = chart([series([0, 5, 10, 30, 35, 40], [1, 2, 3, 4, 5, 6])]);
    expect(drawn(data.lines[0]!, data).closed).toEqual([1, 2, 3, null, 4, 5, 6]);
  });
  test("what is usual is seen in the whole answer, not only in the window", () => {
    const range = { from: 5 * MINUTE, to: 13 * MINUTE };
    const data = chart([series([1, 2, 3, 4, 5, 12], [1, 2, 3, 4, 5, 6])], range);
    expect(gaps(data.lines[0]!.rows)).toBe(1);
  });
  test("what lies outside the range is left out", () => {
    const range = { from: 2 * MINUTE, to: 4 * MINUTE };
    expect(minutes(chart([series([1, 2, 3, 4], [1, 2, 3, 4])], range).starts)).toEqual([2, 3]);
  });
  test("a series without a bucket in the range has no line", () =>
    expect(chart([series([100], [1])]).lines).toEqual([]));
  test("buckets are drawn at their middle", () =>
    expect(middles(chart([series([1], [5])]))).toEqual([1.5 * MINUTE]));
});

describe("the bucket that is still filling", () => {
  test("is drawn apart, and joined to the one before", () => {
    const data = chart([series([1, 2, 3], [5, 6, 7])], { partialFrom: 3 * MINUTE });
    const { closed, open } = drawn(data.lines[0]!, data);
    expect(closed).toEqual([5, 6, null]);
    expect(open).toEqual([null, 6, 7]);
  });
  test("stands alone after a gap", () => {
    const data = chart([series([1, 2, 9], [5, 6, 7])], { partialFrom: 9 * MINUTE });
    expect(drawn(data.lines[0]!, data).open).toEqual([null, null, null, 7]);
  });
  test("is joined to the one before where a series reports every five minutes", () => {
    const data = chart(
      [
        series([0, 5, 10, 15], [1, 2, 3, 4], { host: "a" }),
        series([13, 14, 15], [7, 8, 9], { host: "b" }),
      ],
      { partialFrom: 15 * MINUTE },
    );
    const { closed, open } = drawn(data.lines[0]!, data);
    expect(closed).toEqual([1, 2, 3, undefined, undefined, null]);
    expect(open).toEqual([null, null, 3, undefined, undefined, 4]);
  });
  test("none yet: no dashed line", () => {
    const data = chart(
      [series([1, 2], [5, 6], { host: "a" }), series([1, 2, 3], [7, 8, 9], { host: "b" })],
      { partialFrom: 3 * MINUTE },
    );
    expect(drawn(data.lines[0]!, data).open).toEqual([null, null, null]);
  });
});

test("totals add up over the drawn range only", () => {
  const data = chart([series([1, 2, 70], [5, 8, 1_000])]);
  expect(data.lines[0]!.totals).toEqual({
    avg: 6.5,
    min: 4,
    max: 9,
    sum: 26,
    count: 4,
    first: 5,
    last: 8,
  });
});

describe("statistics", () => {
  const only = [series([1, 2], [5, 6])];
  test("each is drawn as itself", () => {
    const data = chart(only, { form: bucketForm("sum", "none") });
    expect(drawn(data.lines[0]!, data).closed).toEqual([10, 12]);
  });
  test("sums and counts have no band: it is of another size", () => {
    for (const stat of ["sum", "count"] as const) {
      const data = chart(only, { form: bucketForm(stat, "none") });
      expect(drawn(data.lines[0]!, data).high).toEqual([null, null]);
    }
    const data = chart(only, { form: bucketForm("last", "none") });
    expect(drawn(data.lines[0]!, data).high).toEqual([6, 7]);
  });
});

describe("the period before", () => {
  test("is joined to the same series, whatever the order of its labels", () => {
    const now = series([1, 2], [5, 6], { a: "1", b: "2" });
    const then = series([2, 3], [7, 8], { b: "2", a: "1" });
    const data = chart([now, series([1], [1], { a: "other" })], { before: [then] });
    const line = data.lines.find(({ labels }) => labels["b"] === "2")!;
    expect(minutes(data.starts)).toEqual([1, 2, 3]);
    expect(drawn(line, data).before).toEqual([null, 7, 8]);
    expect(drawn(line, data).closed).toEqual([5, 6, null]);
  });
  test("has gaps of its own", () => {
    const now = series([0, 1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 1, 1]);
    const data = chart([now], { before: [series([0, 1, 2, 6], [2, 2, 2, 2])] });
    const none = null;
    expect(drawn(data.lines[0]!, data).before).toEqual([2, 2, 2, none, none, none, 2]);
    const slow = chart([now], { before: [series([0, 3, 6], [2, 2, 2])] });
    expect(gaps(slow.lines[0]!.before!.rows)).toBe(0);
  });
  test("does not count in the totals", () => {
    const data = chart([series([1], [5])], { before: [series([1, 2], [100, 100])] });
    expect(data.lines[0]!.totals.max).toBe(6);
  });
});

describe("many series", () => {
  test("the one that reaches highest is drawn, however small its average; the others are the rest", () => {
    const many = Array.from({ length: 30 }, (_, i) =>
      series([1, 2, 3], i === 4 ? [0, 200, 0] : [100 + i, 100 + i, 100 + i], { host: `h${i}` }),
    );
    const data = chart(many);
    const drawnHosts = data.lines.map(({ labels }) => labels["host"]);
    expect(drawnHosts).toHaveLength(LARGEST_DRAWN);
    expect(drawnHosts).toContain("h4");
    expect(drawnHosts).toContain("h29");
    // From the band of the smallest, h0, to that of the largest that is not drawn, h20.
    expect(data.rest).toEqual({ count: 20, low: [99, 99, 99], high: [121, 121, 121] });
    expect(chart(many, { only: [keyOf({ host: "h4" })] }).rest).toBeUndefined();
    // What the answer has no room for is behind them as well.
    const t = [0, 1, 2, 4].map((minute) => minute * MINUTE);
    const cut = { series: 400, t, min: [1, 7, 200, 1], max: [9, 300, 200, 9] };
    expect(chart(many, { rest: cut }).rest).toEqual({
      count: 420,
      low: [7, 99, 99],
      high: [300, 200, 121],
    });
    expect(chart(many.slice(0, LARGEST_DRAWN), { rest: cut }).rest).toMatchObject({ count: 400 });
    expect(chart(many.slice(0, LARGEST_DRAWN)).rest).toBeUndefined();
  });
  const hosts = Array.from({ length: 50 }, (_, i) => series([1, 2], [i, i], { host: `host-${i}` }));
  const keys = (lines: readonly { readonly key: string }[]): string[] =>
    lines.map(({ key }) => key).sort();
  const key = (host: number): string => keyOf({ host: `host-${host}` });

  test("the largest by the statistic are drawn, all are known", () => {
    const data = chart(hosts);
    expect(data.all).toHaveLength(50);
    expect(keys(data.lines)).toEqual(
      Array.from({ length: LARGEST_DRAWN }, (_, i) => key(40 + i)).sort(),
    );
  });
  test("the one that is largest by the statistic shown comes first, few points or not", () => {
    const spike = { ...series([7], [9_999], { host: "spike" }), max: [9_999], count: [1] };
    const data = chart(
      [...hosts, ...hosts.map((one, i) => ({ ...one, labels: { n: `${i}` } })), spike],
      {
        form: bucketForm("max", "none"),
      },
    );
    expect(keys(data.lines)).toContain(keyOf({ host: "spike" }));
    expect(listed(data)[0]!.labels).toEqual({ host: "spike" });
    const byCount = chart([...hosts, spike], { form: bucketForm("count", "none") });
    expect(listed(byCount).at(-1)!.labels).toEqual({ host: "spike" });
  });
  test("what is drawn is listed first, the largest before all; few stay by their labels", () => {
    const names = (lines: readonly { readonly labels: Record<string, string> }[]) =>
      lines.map(({ labels }) => labels["host"]);
    expect(names(listed(chart(hosts))).slice(0, 3)).toEqual(["host-49", "host-48", "host-47"]);
    const chosen = chart(hosts, { only: [key(3), key(5)] });
    expect(names(listed(chosen)).slice(0, 3)).toEqual(["host-5", "host-3", "host-49"]);
    expect(names(listed(chart(hosts.slice(0, 3))))).toEqual(["host-0", "host-1", "host-2"]);
    expect(names(listed(chart(hosts.slice(0, 3)), "max"))[0]).toBe("host-2");
  });
  test("numbers in labels are counted, not spelt", () =>
    expect(chart(hosts.slice(0, 12)).all.map(({ labels }) => labels["host"])).toEqual(
      Array.from({ length: 12 }, (_, i) => `host-${i}`),
    ));
  test("the chosen are drawn instead", () =>
    expect(keys(chart(hosts, { only: [key(3), key(5)] }).lines)).toEqual([key(3), key(5)]));
  test("chosen series that are not there leave the largest", () =>
    expect(chart(hosts, { only: [keyOf({ host: "gone" })] }).lines).toHaveLength(LARGEST_DRAWN));

  test("a series keeps its colour, whatever is drawn besides", () => {
    const first = chart(hosts);
    const alone = chart(hosts, { only: [key(45)], slots: first.slots });
    expect(slotOf(alone, { key: key(45) })).toBe(slotOf(first, { key: key(45) }));
    const more = chart(hosts, { only: [key(3), key(45)], slots: alone.slots });
    expect(slotOf(more, { key: key(45) })).toBe(slotOf(first, { key: key(45) }));
    expect(slotOf(more, { key: key(3) })).not.toBe(slotOf(more, { key: key(45) }));
    const back = chart(hosts, { slots: more.slots });
    expect(back.lines.map((line) => slotOf(back, line))).toEqual(
      first.lines.map((line) => slotOf(first, line)),
    );
  });
  test("few series have the colours of their order, also in a link that draws one", () => {
    const few = hosts.slice(0, 4);
    expect(slotOf(chart(few, { only: [key(2)] }), { key: key(2) })).toBe(2);
  });
  test("no two lines have one colour", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.subarray(
            hosts.map((_, i) => key(i)),
            { minLength: 1, maxLength: 12 },
          ),
        ),
        (rounds) => {
          let slots = chart(hosts).slots;
          for (const only of rounds) {
            const data = chart(hosts, { only, slots });
            ({ slots } = data);
            expect(new Set(data.lines.map((line) => slotOf(data, line))).size).toBe(only.length);
          }
        },
      ),
    );
  });

  test("a click isolates, another brings the others back", () => {
    expect(chosenBy(chart(hosts), key(3), "isolate")).toEqual([key(3)]);
    const alone = chart(hosts, { only: [key(3)] });
    expect(chosenBy(alone, key(3), "isolate")).toBeUndefined();
    expect(chosenBy(alone, key(4), "isolate")).toEqual([key(4)]);
  });
  test("a toggle adds and takes away; nothing drawn is everything again", () => {
    const alone = chart(hosts, { only: [key(3)] });
    expect(chosenBy(alone, key(4), "toggle")).toEqual([key(3), key(4)]);
    expect(chosenBy(alone, key(3), "toggle")).toBeUndefined();
    const few = chart(hosts.slice(0, 3));
    const without = chosenBy(few, key(1), "toggle")!;
    expect(without).toEqual([key(0), key(2)]);
    expect(chosenBy(chart(hosts.slice(0, 3), { only: without }), key(1), "toggle")).toBeUndefined();
  });
});
