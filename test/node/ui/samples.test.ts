// Samples as a chart draws them: at their own times, with the buckets of minutes that keep none, and with
// breaks where a series was silent or over.

import { describe, expect, test } from "vitest";
import type { LiveMinutes, LiveSeries, RawAnswer, SeriesAnswer } from "../../../src/core/api.ts";
import { HOUR, MINUTE } from "../../../src/core/tiers.ts";
import { chartData, drawn, middles, periodAt, placeOf, rowAt } from "../../../src/ui/chart/data.ts";
import { samplesForm } from "../../../src/ui/chart/form.ts";
import { sampleColumns as columnsOf } from "../../../src/ui/chart/samples.ts";
import type { ChartSeries } from "../../../src/ui/chart/series.ts";
import { laterParts, withLater } from "../../../src/ui/models/samples-tail.ts";
import { Tail } from "../../../src/ui/models/tail.ts";
import { questionOf } from "../../../src/ui/question.ts";
import { panelOf, parseView } from "../../../src/ui/url.ts";

const sampleColumns = (samples: RawAnswer["series"][number], minutes?: SeriesAnswer) =>
  columnsOf({ samples, ...(minutes && { minutes }) });

type Points = readonly (readonly [seconds: number, value: number])[];

const samples = (points: Points, ends?: readonly number[]): RawAnswer["series"][number] => ({
  labels: {},
  t: points.map(([at]) => at * 1_000),
  value: points.map(([, value]) => value),
  ...(ends && { ends: ends.map((at) => at * 1_000) }),
});
const minutes = (...starts: readonly number[]): SeriesAnswer => ({
  labels: {},
  t: starts.map((start) => start * MINUTE),
  avg: starts.map(() => 5),
  min: starts.map(() => 1),
  max: starts.map(() => 9),
  sum: starts.map(() => 100),
  count: starts.map(() => 20),
  first: starts.map(() => 2),
  last: starts.map(() => 8),
});
const chart = (...series: readonly ChartSeries[]) =>
  chartData({
    series,
    from: 0,
    to: HOUR,
    step: 0,
    partialFrom: Infinity,
    form: samplesForm("avg", "none", true),
  });
const every10 = (first: number, end: number): Points =>
  Array.from({ length: (end - first) / 10 }, (_, i) => [first + i * 10, i]);
/** Seconds of the samples after which the line is broken. */
const breaks = (series: ReturnType<typeof sampleColumns>): number[] => {
  const data = chart({ labels: {}, ...series });
  const { closed } = drawn(data.lines[0]!, data);
  return data.starts.filter((_, i) => closed[i + 1] === null).map((at) => at / 1_000);
};

describe("samples", () => {
  test("stand at their own times, and every statistic is their value", () => {
    const data = chart({ labels: {}, ...sampleColumns(samples([[1.5, 3], [11, 4]])) }); // prettier-ignore
    expect(middles(data)).toEqual([1_500, 11_000]);
    expect(drawn(data.lines[0]!, data)).toMatchObject({ closed: [3, 4], high: [3, 4] });
    expect(data.lines[0]!.totals).toMatchObject({ avg: 3.5, count: 2, last: 4 });
    expect(periodAt(data, 1_500)).toEqual({ start: 1_500, width: 0 });
  });

  test("of one time are one place, which has all of them", () => {
    const one = sampleColumns(samples([[1, 2], [1, 4], [5, 6]])); // prettier-ignore
    expect(one).toMatchObject({ t: [1_000, 5_000], avg: [3, 6], max: [4, 6], count: [2, 1] });
  });

  test("stand beside the bucket of a minute that keeps none, which is no gap", () => {
    const points = [...every10(0, 60), ...every10(120, 180)];
    const both = sampleColumns(samples(points), minutes(0, 1, 2));
    expect(both.width?.filter((width) => width > 0)).toEqual([MINUTE]);
    const data = chart({ labels: {}, ...both });
    const place = data.starts.findIndex((at) => periodAt(data, at).width > 0);
    expect(periodAt(data, data.starts[place]!)).toEqual({ start: MINUTE, width: MINUTE });
    const { high, low, closed } = drawn(data.lines[0]!, data);
    expect([low[place], closed[place], high[place]]).toEqual([1, 5, 9]);
    expect(data.lines[0]!.totals).toMatchObject({ count: 32, min: 0, max: 9 });
    expect(breaks(both)).toEqual([]);
  });

  test("all in minutes that keep none are buckets alone", () =>
    expect(columnsOf({ minutes: minutes(0, 1) })).toMatchObject({
      avg: [5, 5],
      count: [20, 20],
    }));
});

describe("the line is broken", () => {
  test("where the series was silent for more than 2.5 of its usual intervals", () => {
    expect(breaks(sampleColumns(samples([...every10(0, 60), ...every10(74, 134)])))).toEqual([]);
    expect(breaks(sampleColumns(samples([...every10(0, 60), ...every10(76, 136)])))).toEqual([50]);
  });

  test("where a sender said that it ended, and nowhere else", () => {
    const points = every10(0, 120);
    expect(breaks(sampleColumns(samples(points, [55])))).toEqual([50]);
    expect(breaks(sampleColumns(samples(points, [200])))).toEqual([]);
  });
});

describe("of several series with times of their own", () => {
  const data = chart(
    { ...sampleColumns(samples([[0, 1], [10, 2], [20, 3]])), labels: { host: "a" } }, // prettier-ignore
    { ...sampleColumns(samples([[4, 7], [14, 8]])), labels: { host: "b" } }, // prettier-ignore
  );
  const [a, b] = data.lines;
  const at = (seconds: number): (number | null | undefined)[] => {
    const place = placeOf(data, seconds * 1_000)!;
    return [a!, b!].map((line) => {
      const row = rowAt(line, place, data);
      return row == null ? row : line.columns.avg[row];
    });
  };
  test("each has the value that is nearest in time, where its line is", () => {
    expect(at(4)).toEqual([1, 7]);
    expect(at(9)).toEqual([2, 8]);
    expect(at(0)).toEqual([1, null]);
    expect(at(30)).toEqual([3, null]);
  });
});

describe("with what the live socket tells", () => {
  const value = (i: number): number => (i * 7) % 11;
  /** A live series of minutes [first, end), in which a point comes every 10 s; the third keeps none. */
  const live = (first: number, end: number): LiveSeries => {
    const starts = Array.from({ length: end - first }, (_, i) => first + i);
    const { labels, ...columns } = minutes(...starts);
    const times = starts.map((start) => [0, 1, 2, 3, 4, 5].map((i) => start * 6 + i));
    return {
      labels,
      ...columns,
      firstAt: [],
      lastAt: [],
      carry: starts.map(() => 0),
      samples: times.map((all, row) =>
        starts[row] === 2 ? null : all.flatMap((i) => [(i % 6) * 10_000, value(i)]),
      ),
    };
  };
  const message = (type: "snapshot" | "changed", series: LiveSeries): LiveMinutes => ({
    type,
    metric: "m",
    step: 60000,
    at: 0,
    from: 0,
    series: [series],
  });
  const points = (first: number, end: number): Points =>
    Array.from({ length: (end - first) * 6 }, (_, i) => first * 6 + i)
      .filter((i) => Math.floor(i / 6) !== 2)
      .map((i) => [i * 10, value(i)]);

  test("are what the server would say, wherever the answer ends and the messages begin", () => {
    const whole = columnsOf({ samples: samples(points(0, 6)), minutes: minutes(2) });
    for (let since = 0; since <= 6; since++)
      for (let cut = since; cut <= 6; cut++) {
        const tail = new Tail(message("snapshot", live(since, cut)));
        tail.take(message("changed", live(Math.max(since, cut - 1), 6)));
        const parts = [{ labels: {}, samples: samples(points(0, since + 1)), minutes: minutes(2) }];
        const [joined] = withLater(
          parts,
          laterParts(tail, [], since * MINUTE, HOUR),
          since * MINUTE,
        );
        expect(columnsOf(joined!)).toEqual(whole);
      }
  });

  test("a minute that had samples keeps none any more", () => {
    const tail = new Tail(message("snapshot", live(0, 2)));
    const { samples: _, ...bare } = live(1, 2);
    tail.take(message("changed", bare));
    const [later] = laterParts(tail, [], 0, HOUR);
    expect(columnsOf(later!).t.slice(-2)).toEqual([50_000, MINUTE * 1.5 + 0.5]);
  });

  test("an end breaks the line", () => {
    const tail = new Tail(message("snapshot", live(0, 1)));
    tail.take(message("changed", { ...live(0, 0), ends: [55_000] }));
    tail.take(message("changed", live(1, 2)));
    const [later] = laterParts(tail, [], 0, HOUR);
    expect(columnsOf(later!).breaks).toEqual([6]);
  });

  test("samples that a message had no room for are the server's to tell", () => {
    const tail = new Tail(message("snapshot", live(0, 1)));
    expect(
      tail.take({ ...message("changed", live(1, 2)), reloadSamples: { from: 0, to: 2 * MINUTE } }),
    ).toBe(true);
    expect(tail.samplesFrom).toBe(2 * MINUTE);
    expect(tail.from).toBe(0);
  });
});

describe("are asked for", () => {
  const T = 1_764_000_000_000;
  const resolutionOf = (address: string): string | null => {
    const view = parseView("/", address);
    return new URLSearchParams(questionOf(view.panels[0]!, view)).get("resolution");
  };
  const range = (minutes: number): string => `?from=${T}&to=${T + minutes * MINUTE}`;

  test.each([
    ["in half an hour", `${range(30)}&metric=a&by=*`, "raw"],
    ["not in more", `${range(31)}&metric=a`, "auto"],
    ["by hand in a day", `?range=24h&resolution=raw&metric=a`, "raw"],
    ["not in a week", `?range=7d&resolution=raw&metric=a`, "auto"],
    ["not when minutes are chosen", `${range(10)}&resolution=minute&metric=a`, "minute"],
    ["not of a sum", `${range(10)}&metric=a&stat=sum`, "auto"],
    ["not of series as one", `${range(10)}&metric=a&across=sum`, "auto"],
    ["not of a rate", `${range(10)}&metric=a_total`, "auto"],
    ["of a counter's value", `${range(10)}&metric=a_total&show=value`, "raw"],
  ])("%s", (_, address, resolution) => expect(resolutionOf(address)).toBe(resolution));

  test("by default in no range that ends now", () =>
    expect(questionOf(panelOf("a"), { range: { kind: "last", span: "1h" }, resolution: "auto" })).toContain("resolution=auto")); // prettier-ignore
});
