// The merge of a query by example: grouping, the range, limits, order, and averages that stay between
// their minimum and maximum.

import { describe, expect, test } from "vitest";
import { columnsOf } from "../../../src/core/query/answer.ts";
import { Buckets } from "../../../src/core/bucket.ts";
import type { Labels } from "../../../src/core/series/labels.ts";
import { plan } from "../../../src/core/query/plan.ts";
import { type GroupBy, groupLabels, Merge } from "../../../src/core/query/merge.ts";
import type { StatName } from "../../../src/core/stats.ts";
import { HOUR, MINUTE } from "../../../src/core/tiers.ts";

const START = Date.UTC(2026, 10, 20);
const PLAN = plan({ from: START, to: START + HOUR }, "minute", START + HOUR, {
  minute: 15,
  hour: 400,
  day: 0,
});

const bucketsOf = (...points: readonly (readonly [at: number, value: number])[]): Buckets => {
  const buckets = new Buckets();
  for (const [at, value] of points)
    buckets.add(buckets.push(Math.floor(at / MINUTE) * MINUTE), value, at);
  return buckets;
};

const A: Labels = [
  ["dc", "eu"],
  ["host", "a"],
];
const B: Labels = [["host", "b"]];

test("groups keep the labels that they are made by, in canonical order", () => {
  expect(groupLabels(A, ["host", "dc"])).toEqual(A);
  expect(groupLabels(A, ["host"])).toEqual([["host", "a"]]);
  expect(groupLabels(A, ["rack"])).toEqual([]);
  expect(groupLabels(A, [])).toEqual([]);
  expect(groupLabels(A, "*")).toEqual(A);
});

describe("merging", () => {
  const merged = (by: GroupBy, limit = 100): ReturnType<Merge["finish"]> => {
    const merge = new Merge(PLAN, by);
    merge.add(B, bucketsOf([START, 1], [START + MINUTE, 5]));
    merge.add(A, bucketsOf([START, 3]));
    merge.add(A, bucketsOf([START + 1, 4], [START + 2, 8]));
    return merge.finish(limit);
  };

  test("all in one, times ascending", () => {
    expect(merged([])).toMatchObject({
      total: 1,
      series: [
        {
          labels: {},
          t: [START, START + MINUTE],
          sum: [16, 5],
          count: [4, 1],
          first: [1, 5],
          last: [8, 5],
        },
      ],
    });
  });

  test("apart, by labels", () => {
    expect(merged("*").series).toMatchObject([
      { labels: { dc: "eu", host: "a" }, sum: [15] },
      { labels: { host: "b" }, sum: [1, 5] },
    ]);
  });

  test("the limit keeps the largest count, not the first", () => {
    const merge = new Merge(PLAN, "*");
    merge.add(A, bucketsOf([START, 1]));
    merge.add(B, bucketsOf([START, 1], [START, 1]));
    expect(merge.finish(1)).toMatchObject({ total: 2, series: [{ labels: { host: "b" } }] });
  });

  test("the order is by the statistic over the range, not by one of its buckets", () => {
    const merge = new Merge(PLAN, "*");
    // The averages of a's minutes are 9 and 1, of all its points 2.
    const ones = Array.from({ length: 7 }, (_, i): [number, number] => [START + MINUTE + i, 1]);
    merge.add(A, bucketsOf([START, 9], ...ones));
    merge.add(B, bucketsOf([START, 3], [START + MINUTE, 3]));
    const first = (order: StatName): unknown => merge.finish(1, order).series[0]?.labels;
    expect(first("avg")).toEqual({ host: "b" });
    expect(first("min")).toEqual({ host: "b" });
    expect(first("last")).toEqual({ host: "b" });
    expect(first("max")).toEqual({ dc: "eu", host: "a" });
    expect(first("sum")).toEqual({ dc: "eu", host: "a" });
    expect(first("count")).toEqual({ dc: "eu", host: "a" });
    expect(merge.finish(9, "avg").series.map(({ labels }) => labels.host)).toEqual(["b", "a"]);
    expect(merge.finish(9).series.map(({ labels }) => labels.host)).toEqual(["a", "b"]);
  });

  test("size counts buckets, each once", () => {
    const merge = new Merge(PLAN, "*");
    merge.add(A, bucketsOf([START, 1], [START, 2], [START + MINUTE, 1]));
    merge.add(B, bucketsOf([START, 1]));
    expect(merge.size).toBe(3);
  });
});

test("what lies outside of the range or of what is kept is left out", () => {
  const merge = new Merge({ ...PLAN, kept: START + MINUTE }, []);
  const times = [START - 1, START, START + MINUTE, START + HOUR - 1, START + HOUR];
  merge.add(A, bucketsOf(...times.map((at) => [at, 1] as const)));
  expect(merge.finish(1).series).toMatchObject([{ t: [START + MINUTE, START + HOUR - MINUTE] }]);
});

test("a series without anything in the range is no series", () => {
  const merge = new Merge(PLAN, "*");
  merge.add(A, bucketsOf([START - 1, 1]));
  expect(merge.finish(1)).toEqual({ series: [], total: 0 });
});

test("rows of one series among others", () => {
  const merge = new Merge(PLAN, []);
  merge.add(A, bucketsOf([START, 1], [START, 2], [START, 4], [START, 8]), 1, 3);
  expect(merge.finish(1).series).toMatchObject([{ sum: [6], count: [2] }]);
});

test("an average lies between minimum and maximum, whatever rounding and overflow do", () => {
  const averageOf = (...values: readonly number[]): number => {
    const buckets = new Buckets(1);
    const row = buckets.push(0);
    for (const value of values) buckets.add(row, value, 0);
    return columnsOf(buckets, [row]).avg[0]!;
  };
  expect(averageOf(0.1, 0.1, 0.1)).toBe(0.1);
  expect(averageOf(1e308, 1e308, 1e308)).toBe(1e308);
  expect(averageOf(-1e308, -1e308, -1e308)).toBe(-1e308);
  expect(averageOf(1, 2)).toBe(1.5);
});
