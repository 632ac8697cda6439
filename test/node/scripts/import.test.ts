// What `npm run import` makes of lines of other stores.

import { expect, test } from "vitest";
import { cellsOf, SOURCES } from "../../../scripts/import/sources.ts";

const convert = (source: string, ...lines: string[]): unknown[] => {
  const one = SOURCES[source]!.convert();
  return lines.flatMap((line, i) => {
    const body = one(line, i + 1);
    return body === undefined ? [] : [JSON.parse(body) as unknown];
  });
};
const point = (
  { __name__: name, ...labels }: Record<string, string>,
  at: number,
  value: number,
): unknown => ({ name, labels, datapoints: [[at, value]] });

test("Prometheus: what promtool dumps in ms, and OpenMetrics in seconds", () => {
  const lines = [
    "# TYPE up gauge",
    '{__name__="up", job="a, \\"b\\"}"} 1 1700000000123',
    'up{job="web",} 2.5e-3 1700000000.25',
    'up 3 1700000000 # {trace="x"} 1',
    "up NaN 1700000000",
    "# EOF",
  ];
  expect(convert("prometheus", ...lines)).toEqual([
    point({ __name__: "up", job: 'a, "b"}' }, 1_700_000_000_123, 1),
    point({ __name__: "up", job: "web" }, 1_700_000_000_250, 0.0025),
    point({ __name__: "up" }, 1_700_000_000_000, 3),
  ]);
  expect(() => convert("prometheus", "up 1")).toThrow("line 1 is no sample with a time");
  expect(() => convert("prometheus", "up{a=b} 1 1700000000")).toThrow("line 1");
});

test("CSV: other columns are labels, empty values no points", () => {
  const lines = [
    "name,time,value,label.host,room",
    'cpu,2026-11-20T12:00:00Z,0.5,"a ""b"", c",',
    "cpu,1700000000,1,x,y",
    "cpu,1700000000,,x,y",
  ];
  expect(convert("csv", ...lines)).toEqual([
    point({ __name__: "cpu", host: 'a "b", c' }, Date.UTC(2026, 10, 20, 12), 0.5),
    point({ __name__: "cpu", host: "x", room: "y" }, 1_700_000_000_000, 1),
  ]);
  expect(() => convert("csv", "name,value")).toThrow("no column time or timestamp");
  expect(() => convert("csv", lines[0]!, "cpu,1")).toThrow("line 2 has 2 cells, the header 5");
  expect(() => convert("csv", lines[0]!, "cpu,soon,1,,")).toThrow("no time or no number");
  expect(cellsOf('a,"",')).toEqual(["a", "", ""]);
});

test("InfluxDB: the lines themselves, to where they are understood, without what is none", () => {
  const { path, type, convert: of } = SOURCES.influx!;
  expect([path, type]).toEqual(["/write?precision=ns", "text/plain"]);
  const one = of();
  const none = ["# CONTEXT-DATABASE:telegraf", "", "CREATE DATABASE telegraf WITH NAME autogen"];
  const line = "cpu,host=a load=0.5 1700000000000000000";
  expect([...none, line].map((text, i) => one(text, i + 1))).toEqual([
    ...none.map(() => undefined),
    line,
  ]);
});
