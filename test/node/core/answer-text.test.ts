// The text of an answer that is written in parts is the text of the answer as a whole.

import { expect, test } from "vitest";
import { Buckets } from "../../../src/core/bucket.ts";
import {
  type AnswerHead,
  jsonParts,
  lazily,
  numbersOf,
} from "../../../src/core/query/answer-text.ts";
import { csvParts, notesOf, toCsv } from "../../../src/core/query/csv.ts";
import { Merge } from "../../../src/core/query/merge.ts";
import { plan } from "../../../src/core/query/plan.ts";
import { shelfOf } from "../../../src/core/query/shelf.ts";
import { STAT_NAMES, type StatName } from "../../../src/core/stats.ts";
import { labelsObject } from "../../../src/core/series/labels.ts";
import { HOUR, MINUTE } from "../../../src/core/tiers.ts";

const START = Date.UTC(2026, 10, 20);
const PLAN = plan({ from: START, to: START + 20 * HOUR }, "minute", START, {
  minute: 0,
  hour: 0,
  day: 0,
});

const HEAD: AnswerHead = {
  metric: 'm "quoted"',
  resolution: "minute",
  step: MINUTE,
  from: PLAN.from,
  to: PLAN.to,
  keptFrom: PLAN.from + HOUR,
  truncated: true,
  seriesTotal: 9,
};

/** Groups of so many minutes each. */
function mergeOf(...minutes: readonly number[]): Merge {
  const merge = new Merge(PLAN, "*", shelfOf(PLAN, 100));
  for (const [n, length] of minutes.entries()) {
    const buckets = new Buckets();
    for (let i = 0; i < length; i++) {
      const start = START + i * MINUTE;
      const row = buckets.push(start);
      // Sums that are no decimals, that are beyond all doubles, and −0.
      const values = [0.1 * i, i % 7 === 3 ? 1.7e308 : -0, i % 7 === 3 ? 1.7e308 : n];
      // Now and then there is one alone.
      for (const value of i % 5 === 2 ? [values[(i + n) % 3]!] : values)
        buckets.add(row, value, start + 5);
    }
    merge.add([["host", `h,${n}`]], buckets);
  }
  return merge;
}

const SIZES: number[][] = [[], [0], [1], [255, 256, 257], [1_200, 3, 600]];

test.each(SIZES)("JSON of groups of %j minutes", (...minutes) => {
  const merge = mergeOf(...minutes);
  const { series } = merge.finish(100);
  const lazy = lazily(merge.ranked(100).groups, merge.size, HEAD);
  const textOf = (names: readonly StatName[]): string => [...jsonParts(HEAD, lazy, names)].join("");
  expect(textOf(STAT_NAMES)).toBe(`${JSON.stringify({ ...HEAD, series })}\n`);
  const some = series.map(({ labels, t, avg, last }) => ({ labels, t, avg, last }));
  const stats = new Set(["avg", "last"]);
  const fewer = lazily(merge.ranked(100).groups, merge.size, { ...HEAD, stats });
  expect(
    fewer.map(({ labels, columns }) => ({
      labels: labelsObject(labels),
      ...Object.fromEntries(Object.entries(columns()).map(([name, of]) => [name, Array.from(of)])),
    })),
  ).toEqual(some);
  expect(textOf(["avg", "last"])).toBe(`${JSON.stringify({ ...HEAD, series: some })}\n`);
  // As if there were more than are kept: columns have one place, one series after the other.
  const large = lazily(merge.ranked(100).groups, Infinity, HEAD);
  expect([...jsonParts(HEAD, large, STAT_NAMES)].join("")).toBe(textOf(STAT_NAMES));
});

test.each(SIZES)("CSV of groups of %j minutes", (...minutes) => {
  const merge = mergeOf(...minutes);
  const { series } = merge.finish(100);
  const { groups } = merge.ranked(100);
  const parts = csvParts(
    // As if there were more of them than are kept.
    lazily(groups, Infinity, HEAD).map(({ labels, columns }) => ({
      labels: labelsObject(labels),
      columns,
    })),
    notesOf(HEAD, groups.length, Math.min(Infinity, ...series.flatMap(({ t }) => t))),
    "plain",
  );
  const text = [...parts].join("");
  expect(text).toBe(toCsv({ ...HEAD, series }));
  expect(text).not.toMatch(/null|NaN|Infinity/);
});

test("what is hashed of an answer is what it shows", () => {
  const numbers = (merge: Merge, size = merge.size): number[] =>
    lazily(merge.ranked(100).groups, size, HEAD).flatMap((series) =>
      [...numbersOf(series, STAT_NAMES)].flatMap((one) => [...one]),
    );
  expect(numbers(mergeOf(300, 2))).toEqual(numbers(mergeOf(300, 2)));
  expect(numbers(mergeOf(300, 2), Infinity)).toEqual(numbers(mergeOf(300, 2)));
  expect(numbers(mergeOf(300, 2))).not.toEqual(numbers(mergeOf(300, 1)));
  expect(numbers(mergeOf(2))).toHaveLength(2 * (1 + STAT_NAMES.length));
});
