// What a reader of many series does between two of its rows is little: nobody else has a turn meanwhile.

import { expect, test } from "vitest";
import { Buckets } from "../../../src/core/bucket.ts";
import type { Shelf } from "../../../src/core/query/group.ts";
import { combined } from "../../../src/core/query/across.ts";
import { Increases } from "../../../src/core/query/increase.ts";
import { Merge } from "../../../src/core/query/merge.ts";
import { plan } from "../../../src/core/query/plan.ts";
import { shelfOf } from "../../../src/core/query/shelf.ts";
import type { Labels } from "../../../src/core/series/labels.ts";
import { MINUTE } from "../../../src/core/tiers.ts";

const START = Date.UTC(2026, 0, 1);
const SERIES = 50;
const ROWS = 20;
/** Ten series have room. */
const ROOM = 10 * ROWS;
const PLAN = plan({ from: START, to: START + 2 * ROWS * MINUTE }, "minute", START, {
  minute: 0,
  hour: 0,
  day: 0,
});
const LABELS = Array.from({ length: SERIES }, (_, i): Labels => [["host", String(i)]]);

/** Of a counter, from the `nth` minute on. */
function rows(nth: number): Buckets {
  const buckets = new Buckets();
  for (let i = nth; i < nth + ROWS; i++) {
    const at = START + i * MINUTE;
    buckets.add(buckets.push(at), i, at);
  }
  return buckets;
}

/** All series in turn, and again, as slices of a range come. */
const RUNS = [0, ROWS].flatMap((nth) => LABELS.map((labels) => [labels, rows(nth)] as const));

test("no more groups are packed at once than must make room", () => {
  const shelf = shelfOf(PLAN, ROOM);
  let packed = 0;
  const counting: Shelf = { ...shelf, pack: (sorted) => (packed++, shelf.pack(sorted)) };
  const merge = new Merge(PLAN, "*", counting);
  const each = RUNS.map(([labels, buckets]) => {
    const before = packed;
    merge.add(labels, buckets);
    return packed - before;
  });
  expect(packed).toBeGreaterThan(SERIES);
  // What is unpacked, to be added to, is twice as long as what it takes the place of.
  expect(Math.max(...each)).toBeLessThanOrEqual(3);
  expect(merge.ranked(SERIES).groups).toHaveLength(SERIES);
});

test("no more series are counted at once than must make room, and the others one by one", () => {
  let rose = 0;
  let told = 0;
  const increases = new Increases(
    PLAN,
    (_labels, _at, amount) => ((rose += amount), told++),
    undefined,
    ROOM,
  );
  const each = RUNS.map(([labels, buckets]) => {
    const before = told;
    increases.add(labels, buckets);
    return told - before;
  });
  // Those of two series, the first of which was counted before: one row of it is left.
  expect(Math.max(...each)).toBeLessThanOrEqual(2 * ROWS);
  const parts = [...increases.finishInParts()];
  expect(parts.length).toBeGreaterThan(1);
  expect(Math.max(...parts)).toBeLessThanOrEqual(3 * (2 * ROWS + 1));
  expect(rose).toBe(SERIES * (2 * ROWS - 1));
});

test("series are combined into one, and ranked, one after the other", () => {
  const merge = new Merge(PLAN, "*", shelfOf(PLAN, ROOM));
  for (const [labels, buckets] of RUNS) merge.add(labels, buckets);
  const { groups: alone } = merge.ranked(Infinity);
  const range = { from: START, to: START + 2 * ROWS * MINUTE };
  const asked = { across: "sum", by: [], limit: 1, order: "max" } as const;
  const steps = stepsOf(combined(alone, range, asked));
  expect(steps.each).toEqual(Array.from({ length: 2 * SERIES }, () => 2 * ROWS));
  const [group] = steps.value.groups;
  const columns = stepsOf(group!.columnsInParts());
  expect(columns.each).toEqual(Array.from({ length: 2 * SERIES }, () => 2 * ROWS));
  expect(columns.value.series).toEqual(Array.from({ length: 2 * ROWS }, () => SERIES));
});

/** How much each part was, and what came of all. */
function stepsOf<T>(parts: Generator<number, T>): { readonly each: number[]; readonly value: T } {
  const each: number[] = [];
  for (;;) {
    const { done, value } = parts.next();
    if (done === true) return { each, value };
    each.push(value);
  }
}
