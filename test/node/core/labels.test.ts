// Names, label values and series keys by example; and the hash that says which shard holds a metric.

import { describe, expect, test } from "vitest";
import {
  canonicalLabels,
  labelNameIssue,
  labelValueIssue,
  metricNameIssue,
  seriesKey,
} from "../../../src/core/series/labels.ts";
import { shardOf } from "../../../src/core/series/route.ts";

describe("names", () => {
  const allows = (name: string): void =>
    test(JSON.stringify(name.slice(0, 20)), () => {
      expect(metricNameIssue(name)).toBeUndefined();
    });
  const refuses = (name: string, problem: string): void =>
    test(`${JSON.stringify(name.slice(0, 20))} is refused`, () => {
      expect(metricNameIssue(name)).toBe(problem);
    });
  const forbidden = 'has a control character or one of " { }';
  const space = "starts or ends with white space";
  allows("cpu.load");
  allows("http_requests_total");
  allows("a");
  allows("CPU load, 1 min / ø %");
  allows("10");
  allows("__proto__");
  allows("日本語");
  allows("😀");
  allows("a=b,c;d'e\\f<g>[h]");
  allows("x".repeat(200));
  refuses("", "is empty");
  refuses("x".repeat(201), "is longer than 200 characters");
  refuses("a\u0000", forbidden);
  refuses("a\nb", forbidden);
  refuses("a\u007fb", forbidden);
  refuses("a\u009fb", forbidden);
  refuses('"', forbidden);
  refuses("{}", forbidden);
  refuses(" a", space);
  refuses("a ", space);
  refuses("\u3000a", space);
  refuses("a\ufeff", space);
  // A name with one of these looks like the name without it.
  for (const code of [
    0xad, 0x34f, 0x61c, 0x115f, 0x180e, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x202a, 0x202e,
    0x2028, 0x2029, 0x2060, 0x2066, 0x2069, 0x206f, 0x3164, 0xfe0f, 0xfeff, 0xffa0, 0xfff9, 0xe0001,
  ])
    refuses(
      `a${String.fromCodePoint(code)}b`,
      `has an invisible character (U+${code.toString(16).toUpperCase().padStart(4, "0")})`,
    );
  refuses(".", "is a path, and no name");
  refuses("..", "is a path, and no name");
  allows("...");
  allows("a/./b");
  allows("__name__");
  refuses("\ud83d", "is not valid Unicode (a lone surrogate)");
  refuses("\ude00\ud83d", "is not valid Unicode (a lone surrogate)");
});

test("a label is not called as the metric's name in Prometheus, nor as a metric must not be", () => {
  expect(labelNameIssue("__name__")).toBe("is the name of the metric, and no label");
  expect(labelNameIssue("..")).toBe("is a path, and no name");
  expect(labelNameIssue("a\u200bb")).toBe("has an invisible character (U+200B)");
  expect(labelNameIssue("name")).toBeUndefined();
});

test("label values hold anything but half characters, up to 1,000", () => {
  for (const value of ["", "\u200b", " ", "\u0000", '"{}', "v".repeat(1_000), "😀"])
    expect(labelValueIssue(value)).toBeUndefined();
  expect(labelValueIssue("v".repeat(1_001))).toBe("is longer than 1000 characters");
  expect(labelValueIssue("\ud83d")).toBe("is not valid Unicode (a lone surrogate)");
});

test("a series key: sorted by UTF-16 code units, integers are no exception", () => {
  const labels = canonicalLabels([
    ["b", "2"],
    ["10", "x"],
    ["9", "y"],
    ["B", '"'],
    ["none", ""],
  ]);
  expect(seriesKey("m", labels)).toBe('m{"10":"x","9":"y","B":"\\"","b":"2"}');
});

describe("the shard of a metric never changes, since stored data depends on it", () => {
  const isIn = (metric: string, ...shards: readonly number[]): void =>
    test(JSON.stringify(metric.slice(0, 20)), () => {
      expect([1, 2, 3, 4, 7, 16, 64].map((of) => shardOf(metric, of))).toEqual(shards);
    });
  isIn("", 0, 1, 2, 3, 4, 11, 11);
  isIn("a", 0, 1, 2, 3, 3, 7, 39);
  isIn("cpu.load", 0, 0, 1, 0, 4, 4, 36);
  isIn("é", 0, 1, 1, 3, 3, 7, 55);
  isIn("😀", 0, 0, 1, 2, 1, 6, 6);
  isIn("x".repeat(200), 0, 0, 1, 2, 6, 6, 22);

  test("and metrics are spread evenly", () => {
    const counts = Array(16).fill(0);
    for (let i = 0; i < 16_000; i++) counts[shardOf(`service.${i}.latency`, 16)]++;
    expect(Math.min(...counts)).toBeGreaterThan(850);
    expect(Math.max(...counts)).toBeLessThan(1_150);
  });
});
