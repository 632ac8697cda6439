// The CSV of an answer: quoting, formulas, numbers, and series that do not have the same labels.

import { describe, expect, test } from "vitest";
import type { QueryAnswer, SeriesAnswer } from "../../../src/core/api.ts";
import { toCsv } from "../../../src/core/query/csv.ts";

const START = Date.UTC(2026, 10, 20);

const series = (labels: Record<string, string>, ...values: readonly number[]): SeriesAnswer => ({
  labels,
  t: values.map((_, i) => START + i * 60_000),
  avg: values,
  min: values,
  max: values,
  sum: values,
  count: values.map(() => 1),
  last: values,
});

const csv = (...list: readonly SeriesAnswer[]): string[] => {
  const answer: QueryAnswer = {
    metric: "m",
    resolution: "minute",
    step: 60_000,
    from: START,
    to: START + 600_000,
    series: list,
  };
  const text = toCsv(answer);
  expect(text.endsWith("\r\n")).toBe(true);
  return text.slice(0, -2).split("\r\n");
};

test("no series: only the header", () => {
  expect(csv()).toEqual(["time,avg,min,max,sum,count,last"]);
});

test("a row a bucket, by series", () => {
  expect(csv(series({ a: "1" }, 1, 2), series({ a: "2" }, 3))).toEqual([
    "time,a,avg,min,max,sum,count,last",
    "2026-11-20T00:00:00.000Z,1,1,1,1,1,1,1",
    "2026-11-20T00:01:00.000Z,1,2,2,2,2,1,2",
    "2026-11-20T00:00:00.000Z,2,3,3,3,3,1,3",
  ]);
});

test("labels that only some series have are empty cells", () => {
  expect(csv(series({ b: "1" }, 1), series({ a: "2" }, 3))).toEqual([
    "time,a,b,avg,min,max,sum,count,last",
    "2026-11-20T00:00:00.000Z,,1,1,1,1,1,1,1",
    "2026-11-20T00:00:00.000Z,2,,3,3,3,3,1,3",
  ]);
});

test("numbers keep all their digits, and no formula is made of a negative one", () => {
  expect(csv(series({}, -0.1, 1e300, 5e-324, 0.1 + 0.2)).slice(1)).toEqual(
    ["-0.1", "1e+300", "5e-324", "0.30000000000000004"].map(
      (n, i) => `2026-11-20T00:0${i}:00.000Z,${n},${n},${n},${n},1,${n}`,
    ),
  );
});

describe("cells", () => {
  const writes = (value: string, cell: string): void =>
    test(JSON.stringify(value), () => {
      const text = csv(series({ a: value }, 1))
        .slice(1)
        .join("\r\n");
      expect(text).toBe(`2026-11-20T00:00:00.000Z,${cell},1,1,1,1,1,1`);
    });
  writes("plain", "plain");
  writes("a b", "a b");
  writes("é😀", "é😀");
  writes("a,b", '"a,b"');
  writes('a"b', '"a""b"');
  writes("a\nb", '"a\nb"');
  writes("a\r\nb", '"a\r\nb"');
  writes("=1+1", "'=1+1");
  writes("+1", "'+1");
  writes("-1", "'-1");
  writes("@a", "'@a");
  writes("\t=1", "'\t=1");
  writes('=HYPERLINK("x","y")', '"\'=HYPERLINK(""x"",""y"")"');
  writes("a=1", "a=1");
});

test("names of labels are cells too", () => {
  expect(csv(series({ "a,b": "1", "=c": "2" }, 1))[0]).toBe(
    `time,'=c,"a,b",avg,min,max,sum,count,last`,
  );
});
