// The CSV of an answer: quoting, formulas, numbers, and series that do not have the same labels.

import { expect, test } from "vitest";
import type { QueryAnswer, SeriesAnswer } from "../../../src/core/api.ts";
import { type CsvDialect, toCsv } from "../../../src/core/query/csv.ts";

const START = Date.UTC(2026, 10, 20);

const series = (labels: Record<string, string>, ...values: readonly number[]): SeriesAnswer => ({
  labels,
  t: values.map((_, i) => START + i * 60_000),
  avg: values,
  min: values,
  max: values,
  sum: values,
  count: values.map(() => 1),
  first: values,
  last: values,
});

const answerOf = (list: readonly SeriesAnswer[]): QueryAnswer => ({
  metric: "m",
  resolution: "minute",
  step: 60_000,
  from: START,
  to: START + 600_000,
  keptFrom: 0,
  series: list,
});

const csv = (list: readonly SeriesAnswer[], dialect?: CsvDialect): string[] => {
  const text = toCsv(answerOf(list), dialect);
  expect(text.endsWith("\r\n")).toBe(true);
  return text.slice(0, -2).split("\r\n");
};

test("no series: only the header", () => {
  expect(csv([])).toEqual(["time,avg,min,max,sum,count,first,last"]);
});

test("a row a bucket, by series", () => {
  expect(csv([series({ a: "1" }, 1, 2), series({ a: "2" }, 3)])).toEqual([
    "time,label.a,avg,min,max,sum,count,first,last",
    "2026-11-20T00:00:00.000Z,1,1,1,1,1,1,1,1",
    "2026-11-20T00:01:00.000Z,1,2,2,2,2,1,2,2",
    "2026-11-20T00:00:00.000Z,2,3,3,3,3,1,3,3",
  ]);
});

test("labels that only some series have are empty cells", () => {
  expect(csv([series({ b: "1" }, 1), series({ a: "2" }, 3)])).toEqual([
    "time,label.a,label.b,avg,min,max,sum,count,first,last",
    "2026-11-20T00:00:00.000Z,,1,1,1,1,1,1,1,1",
    "2026-11-20T00:00:00.000Z,2,,3,3,3,3,1,3,3",
  ]);
});

test("numbers keep all their digits, and no formula is made of a negative one", () => {
  expect(csv([series({}, -0.1, 1e300, 5e-324, 0.1 + 0.2)]).slice(1)).toEqual(
    ["-0.1", "1e+300", "5e-324", "0.30000000000000004"].map(
      (n, i) => `2026-11-20T00:0${i}:00.000Z,${n},${n},${n},${n},1,${n},${n}`,
    ),
  );
});

const cells: readonly [value: string, plain: string, excel: string][] = [
  ["plain", "plain", "plain"],
  ["a b", "a b", "a b"],
  ["é😀", "é😀", "é😀"],
  ["a,b", '"a,b"', '"a,b"'],
  ['a"b', '"a""b"', '"a""b"'],
  ["a\nb", '"a\nb"', '"a\nb"'],
  ["a\r\nb", '"a\r\nb"', '"a\r\nb"'],
  ["=1+1", "=1+1", "'=1+1"],
  ["+1", "+1", "'+1"],
  ["-1", "-1", "'-1"],
  ["@a", "@a", "'@a"],
  ["\t=1", "\t=1", "'\t=1"],
  ['=HYPERLINK("x","y")', '"=HYPERLINK(""x"",""y"")"', '"\'=HYPERLINK(""x"",""y"")"'],
  ["a=1", "a=1", "a=1"],
];

test.each(cells)("the cell of %j", (value, plain, excel) => {
  const row = (cell: string): string => `2026-11-20T00:00:00.000Z,${cell},1,1,1,1,1,1,1`;
  const list = [series({ a: value }, 1)];
  expect(csv(list).slice(1).join("\r\n")).toBe(row(plain));
  expect(csv(list, "excel").slice(1).join("\r\n")).toBe(row(excel));
});

test("names of labels are cells too", () => {
  expect(csv([series({ "a,b": "1", "=c": "2" }, 1)], "excel")[0]).toBe(
    `time,label.=c,"label.a,b",avg,min,max,sum,count,first,last`,
  );
});

test("labels named as other columns or as what every object has", () => {
  const odd = JSON.parse('{"__proto__":"p","constructor":"c","count":"n","time":"t"}');
  expect(csv([series(odd, 1), series({}, 2)])).toEqual([
    "time,label.__proto__,label.constructor,label.count,label.time,avg,min,max,sum,count,first,last",
    "2026-11-20T00:00:00.000Z,p,c,n,t,1,1,1,1,1,1,1",
    "2026-11-20T00:00:00.000Z,,,,,2,2,2,2,1,2,2",
  ]);
});

test("an answer that was cut says so in its last line", () => {
  const text = toCsv({ ...answerOf([series({}, 1)]), truncated: true, seriesTotal: 150 });
  expect(text.split("\r\n").at(-2)).toBe(
    "# cut: 1 of 150 series; raise limit, or filter with where",
  );
});

test("what is no longer kept is said, unless it is there all the same", () => {
  const asked = { ...answerOf([series({}, 1)]), from: START - 86_400_000, keptFrom: START };
  const last = (answer: QueryAnswer): string | undefined => toCsv(answer).split("\r\n").at(-2);
  expect(last(asked)).toBe(
    "# kept: by the minute from 2026-11-20T00:00:00.000Z; ask for a coarser resolution before",
  );
  expect(last({ ...asked, from: START })).not.toMatch(/^#/);
  expect(last({ ...asked, keptFrom: START + 1 })).not.toMatch(/^#/);
});
