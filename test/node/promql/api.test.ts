// Parameters in every form that clients send, and answers as they parse them.

import { describe, expect, test } from "vitest";
import { answerParts } from "../../../src/core/promql/answer-text.ts";
import type { Value } from "../../../src/core/promql/evaluate.ts";
import { parseApiDuration, parseApiTime, rangeTimes } from "../../../src/core/promql/parameters.ts";

test.each([
  ["0", 0],
  ["4", 4_000],
  ["-1.5", -1_500],
  ["1435781430.781", 1_435_781_430_781],
  ["1.435781430781e9", 1_435_781_430_781],
  ["2015-07-01T20:10:51.781Z", 1_435_781_451_781],
  ["2015-07-01T20:10:51.781999999Z", 1_435_781_451_781],
  ["2015-07-01T22:10:51+02:00", 1_435_781_451_000],
  ["1763996400000", undefined],
  ["-292273086-05-16T16:47:06Z", -9_223_372_036_854],
  ["292277025-08-18T07:12:54.999999999Z", 9_223_372_036_854],
  ["", undefined],
  ["now", undefined],
  ["2015-07-01", undefined],
  ["2015-13-01T00:00:00Z", undefined],
  ["NaN", undefined],
  ["1e400", undefined],
])("the time %s", (text, expected) => {
  const parsed = parseApiTime(text);
  expect(parsed.ok ? parsed.value : undefined).toBe(expected);
});

test.each([
  ["15", 15_000],
  ["0.5", 500],
  ["1h30m", 5_400_000],
  ["10ms", 10],
  ["1y", 31_536_000_000],
  ["5", 5_000],
  ["m", undefined],
  ["1m1h", undefined],
  ["", undefined],
])("the duration %s", (text, expected) => {
  const parsed = parseApiDuration(text);
  expect(parsed.ok ? parsed.value : undefined).toBe(expected);
});

describe("a range", () => {
  const range = (start: string, end: string, step: string): unknown => {
    const times = rangeTimes((name) => ({ start, end, step })[name]);
    return times.ok ? times.value : times.error;
  };

  test("of exactly as many steps as may be", () => {
    for (const [text, end] of [
      ["11000", 11_000_000],
      ["11000.999", 11_000_999],
    ] as const)
      expect(range("0", text, "1")).toEqual({ start: 0, end, step: 1_000 });
  });

  test.each([
    [
      "0",
      "11001",
      "1",
      "step",
      "exceeded maximum resolution of 11000 points per timeseries (limit pointsPerSeries)",
    ],
    ["10", "0", "1", "end", "end timestamp must not be before start time"],
    ["0", "10", "0", "step", "zero or negative query resolution step widths are not accepted"],
    ["0", "10", "-1", "step", "zero or negative query resolution step widths are not accepted"],
    ["0", "10", "x", "step", 'cannot parse "x" to a valid duration'],
    ["x", "10", "1", "start", 'cannot parse "x" to a valid timestamp'],
  ])("%s to %s by %s is refused", (start, end, step, name, message) => {
    expect(range(start, end, step)).toEqual({ name, message: expect.stringContaining(message) });
  });
});

describe("an answer", () => {
  const written = (value: Value, notes: { warnings?: string[]; infos?: string[] } = {}): unknown =>
    JSON.parse(
      [
        ...answerParts(
          {
            value,
            warnings: [],
            infos: [],
            ...notes,
            stats: { series: 1, samples: 7, peak: 7, steps: undefined },
          },
          undefined,
        ),
      ].join(""),
    );

  test("of points: times are seconds, values texts", () => {
    const values = Float64Array.from([NaN, Infinity, -Infinity, -0, 1e21, 1e-7, 0.1]);
    const times = values.map((_, i) => 1_435_781_430_781 + i);
    const series = [{ labels: [["a", 'b"'] as const], times, values }];
    expect(written({ type: "matrix", series })).toEqual({
      status: "success",
      data: {
        resultType: "matrix",
        result: [
          {
            metric: { a: 'b"' },
            values: ["NaN", "+Inf", "-Inf", "-0", "1e+21", "1e-7", "0.1"].map((text, i) => [
              (1_435_781_430_781 + i) / 1_000,
              text,
            ]),
          },
        ],
      },
    });
  });

  test("of many points is one list", () => {
    const values = Float64Array.from({ length: 1_777 }, (_, i) => i);
    const { data } = written({
      type: "matrix",
      series: [
        { labels: [], times: values, values },
        { labels: [["a", "b"]], times: values.slice(0, 1), values },
      ],
    }) as { data: { result: { values: unknown[] }[] } };
    expect(data.result.map(({ values }) => values.length)).toEqual([1_777, 1]);
  });

  test("of one value, a text, a vector and nothing", () => {
    const one = Float64Array.of(1);
    expect(written({ type: "scalar", at: 1_500, value: 2 })).toMatchObject({
      data: { resultType: "scalar", result: [1.5, "2"] },
    });
    expect(written({ type: "string", at: 0, value: 'a"' })).toMatchObject({
      data: { resultType: "string", result: [0, 'a"'] },
    });
    expect(
      written({ type: "vector", series: [{ labels: [], times: one, values: one }] }),
    ).toMatchObject({ data: { result: [{ metric: {}, value: [0.001, "1"] }] } });
    expect(written({ type: "vector", series: [] })).toMatchObject({ data: { result: [] } });
  });

  test("lists ten notes of a kind, and counts the others", () => {
    const infos = Array.from({ length: 13 }, (_, i) => `info ${i}`);
    expect(written({ type: "vector", series: [] }, { infos, warnings: ["w"] })).toMatchObject({
      warnings: ["w"],
      infos: [...infos.slice(0, 10), "3 more info annotations omitted"],
    });
  });
});
