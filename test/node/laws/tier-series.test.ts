// The buckets of a tier, as PromQL gets them: whatever order rows come in, however fine they are, and however little
// room there is, each bucket is what its points make, and rises from the one before.

import fc from "fast-check";
import { expect, test } from "vitest";
import { Buckets } from "../../../src/core/bucket.ts";
import { TierSeries } from "../../../src/core/promql/tier-series.ts";
import type { Plan } from "../../../src/core/query/plan.ts";
import { stepOf } from "../../../src/core/rise.ts";
import { HOUR, MINUTE } from "../../../src/core/tiers.ts";

const FROM = Date.UTC(2030, 0, 1);
const PLAN: Plan = { tier: "hour", step: HOUR, from: FROM, to: FROM + 1_000 * HOUR, kept: FROM };

interface Point {
  readonly at: number;
  readonly value: number;
}

/** Points of one series, a time each, in order. */
const points: fc.Arbitrary<readonly Point[]> = fc
  .array(fc.record({ after: fc.constantFrom(7_001, 40_003, HOUR + 11), value: fc.nat(50) }), {
    minLength: 1,
    maxLength: 40,
  })
  .map((steps) => {
    let at = FROM + 5;
    return steps.map(({ after, value }) => ({ at: (at += after), value }));
  });

function rowsOf(all: readonly Point[], width: number): Buckets {
  const rows = new Buckets(4);
  for (const { at, value } of all) {
    const start = Math.floor(at / width) * width;
    const top = rows.length - 1;
    rows.add(top >= 0 && rows.start[top] === start ? top : rows.push(start), value, at);
  }
  return rows;
}

const history = fc.record({
  series: fc.array(points, { minLength: 1, maxLength: 5 }),
  /** Of each run of points: how fine its rows are, and when it comes. */
  runs: fc.array(
    fc.record({ size: fc.integer({ min: 1, max: 15 }), fine: fc.boolean(), turn: fc.nat(9) }),
    { minLength: 5, maxLength: 5 },
  ),
  /** Of two databases, whose objects of a series differ. */
  databases: fc.constantFrom(1, 2),
  room: fc.constantFrom(1, 8, 1_000),
  /** Of what is not wanted, anything may come. */
  wanted: fc.constantFrom("all" as const, "ends" as const),
});

test("of any history", () => {
  fc.assert(
    fc.property(history, ({ series, runs, databases, room, wanted: columns }) => {
      const found = new TierSeries(PLAN, columns, room);
      const told = columns === "all" ? allOf : endsOf;
      const objects = series.map((_, i) =>
        Array.from({ length: databases }, () => ({
          metric: "m",
          labels: [["i", String(i)]] as const,
        })),
      );
      const parts = series.flatMap((all, i) => {
        const list = [];
        for (let from = 0, n = 0; from < all.length; n++) {
          const { size, fine, turn } = runs[n % runs.length]!;
          const rows = rowsOf(all.slice(from, from + size), fine ? MINUTE : HOUR);
          list.push({ of: objects[i]![n % databases]!, rows, turn });
          from += size;
        }
        return list;
      });
      for (const { of, rows } of parts.toSorted((a, b) => a.turn - b.turn))
        expect(found.add(of, rows, 0, rows.length)).toBeUndefined();

      const got: unknown[] = [];
      for (const { labels, buckets, width } of found.series()) {
        expect(width).toBe(HOUR);
        got.push([labels, Array.from({ length: buckets.length }, (_, row) => told(buckets, row))]);
      }
      const wanted = series.map((all, i) => {
        const whole = rowsOf(all, HOUR);
        for (let row = whole.length - 1; row > 0; row--)
          whole.rise[row] = whole.rise[row]! + stepOf(whole.last[row - 1]!, whole.first[row]!);
        const labels = [
          ["__name__", "m"],
          ["i", String(i)],
        ];
        return [labels, Array.from({ length: whole.length }, (_, row) => told(whole, row))];
      });
      expect(got).toEqual(wanted);
    }),
    { numRuns: 500 },
  );
});

test.each([
  [3_000, 24],
  [800, 200],
  [30, 8_000],
])("%d series of %d buckets take no more memory than there is room for", (series, rows) => {
  const found = new TierSeries({ ...PLAN, to: FROM + 10_000 * HOUR });
  const buckets = new Buckets(rows);
  for (let row = 0; row < rows; row++)
    buckets.add(buckets.push(FROM + row * HOUR), row % 7, FROM + row * HOUR + 7);
  // As hours of a day come, of 16 series side by side.
  for (let pack = 0; pack < series; pack += 16) {
    const objects = Array.from({ length: 16 }, (_, i) => ({
      metric: "m",
      labels: [["i", String(pack + i)]] as const,
    }));
    for (let first = 0; first < rows; first += 24)
      for (const object of objects) {
        found.add(object, buckets, first, Math.min(rows, first + 24));
        expect(found.bytes).toBeLessThan(26e6);
      }
  }
  // Columns that have room count as if they were full.
  expect(found.bytes).toBeGreaterThan(6e6);
  let size = 0;
  for (const one of found.series()) size += one.buckets.length;
  expect(size).toBe(Math.ceil(series / 16) * 16 * rows);
});

const allOf = (buckets: Buckets, row: number) => ({
  start: buckets.start[row],
  ...buckets.at(row),
});

function endsOf(buckets: Buckets, row: number) {
  const { start, count, first, firstAt, last, lastAt, rise } = allOf(buckets, row);
  return { start, count, first, firstAt, last, lastAt, rise };
}
