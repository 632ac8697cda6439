// Laws of a query's merge: whatever the order in which runs come, and however little room there is for
// groups that are not packed, the answer is the same, bit for bit where the sums are exact.

import fc from "fast-check";
import { expect, test } from "vitest";
import { Buckets } from "../../../src/core/bucket.ts";
import { Merge } from "../../../src/core/query/merge.ts";
import { plan } from "../../../src/core/query/plan.ts";
import { shelfOf } from "../../../src/core/query/shelf.ts";
import type { Labels } from "../../../src/core/series/labels.ts";
import { STAT_NAMES } from "../../../src/core/stats.ts";
import { HOUR, MINUTE, type TierName } from "../../../src/core/tiers.ts";

const START = Date.UTC(2026, 10, 20);
const PLAN = plan({ from: START, to: START + 2 * HOUR }, "minute", START, {
  minute: 0,
  hour: 0,
  day: 0,
});

interface Run {
  readonly series: number;
  /** By minute of the plan; some lie outside of it. */
  readonly points: ReadonlyMap<number, number>;
}

const run: fc.Arbitrary<Run> = fc.record({
  series: fc.nat(5),
  points: fc
    .array(
      fc.tuple(
        fc.integer({ min: -3, max: 123 }),
        fc.oneof(fc.integer({ min: -99, max: 99 }), fc.constantFrom(0.5, -0, 1e300, 2 ** 1000)),
      ),
      { minLength: 1, maxLength: 20 },
    )
    .map((points) => new Map([...points].sort(([a], [b]) => a - b))),
});

/** As live messages may bring them. */
const unordered: fc.Arbitrary<Run> = fc
  .tuple(run, fc.infiniteStream(fc.nat()))
  .map(([{ series, points }, keys]): Run => ({
    series,
    points: new Map(
      [...points]
        .map((point) => [keys.next().value, point] as const)
        .sort(([a], [b]) => a - b)
        .map(([, point]) => point),
    ),
  }));

/** The same array each time, as a source gives it. */
const LABELS: readonly Labels[] = [0, 1, 2, 3, 4, 5].map((i) => [
  ["host", String(i)],
  ["parity", String(i % 2)],
]);

function merged(runs: readonly Run[], by: readonly string[] | "*", room?: number): Merge {
  const merge = new Merge(PLAN, by, room === undefined ? undefined : shelfOf(PLAN, room));
  for (const one of runs) merge.add(LABELS[one.series]!, bucketsOf(one));
  return merge;
}

function bucketsOf({ points }: Run): Buckets {
  const buckets = new Buckets();
  for (const [minute, value] of points)
    buckets.add(buckets.push(START + minute * MINUTE), value, START + minute * MINUTE + 7);
  return buckets;
}

const by = fc.constantFrom<readonly string[] | "*">("*", [], ["parity"]);
const order = fc.option(fc.constantFrom(...STAT_NAMES), { nil: undefined });

test("groups that are packed and unpacked are the same", () => {
  fc.assert(
    fc.property(
      fc.array(run, { maxLength: 40 }),
      by,
      fc.constantFrom(0, 1, 30, 200),
      fc.integer({ min: 1, max: 7 }),
      order,
      (runs, of, room, limit, ranked) => {
        const [loose, packed] = [merged(runs, of), merged(runs, of, room)];
        const expected = loose.finish(limit, ranked);
        expect(packed.size).toBe(loose.size);
        expect(packed.finish(limit, ranked)).toEqual(expected);
        // And once more: an answer is read twice, for its tag and for its text.
        expect(packed.finish(limit, ranked)).toEqual(expected);
      },
    ),
    { numRuns: 500 },
  );
});

test("runs in any order, each bucket once, by time", () => {
  fc.assert(
    fc.property(
      fc
        .array(run, { maxLength: 20 })
        .chain((runs) =>
          fc.tuple(
            fc.constant(runs),
            fc.shuffledSubarray(runs, { minLength: runs.length, maxLength: runs.length }),
          ),
        ),
      by,
      ([runs, shuffled], of) => {
        const [one, other] = [merged(runs, of).finish(9), merged(shuffled, of, 5).finish(9)];
        expect(other.total).toBe(one.total);
        const counts = runs.flatMap(({ points }) =>
          [...points.keys()].filter((minute) => minute >= 0 && minute < 120),
        );
        let found = 0;
        for (const [i, { t, count, min, max }] of one.series.entries()) {
          expect(t).toEqual([...new Set(t)].sort((a, b) => a - b));
          expect(other.series[i]).toMatchObject({ t, count, min, max });
          found += count.reduce((sum, n) => sum + n, 0);
        }
        expect(found).toBe(counts.length);
      },
    ),
  );
});

test("rows handed in one by one are the same, in any order, also many of one bucket", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(run, unordered), { maxLength: 20 }),
      by,
      fc.constantFrom<TierName>("minute", "hour", "day"),
      (runs, of, tier) => {
        const planned = plan(PLAN, tier, START, { minute: 0, hour: 0, day: 0 });
        const [whole, single] = [new Merge(planned, of), new Merge(planned, of)];
        for (const one of runs) {
          const [labels, buckets] = [LABELS[one.series]!, bucketsOf(one)];
          whole.add(labels, buckets);
          for (let i = 0; i < buckets.length; i++) single.add(labels, buckets, i, i + 1);
        }
        expect(whole.size).toBe(single.size);
        expect(whole.finish(9)).toEqual(single.finish(9));
      },
    ),
    { numRuns: 500 },
  );
});

test("series that come side by side, in the order of time, are packed bit by bit and unpacked once", () =>
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 6, maxLength: 6 }), {
        minLength: 2,
        maxLength: 12,
      }),
      fc.integer({ min: 1, max: 60 }),
      (parts, room) => {
        const shelf = shelfOf(PLAN, room);
        let unpacked = 0;
        const counting = {
          ...shelf,
          unpack: (packed: Uint8Array, into: Buckets) => {
            unpacked++;
            shelf.unpack(packed, into);
          },
        };
        const side = new Merge(PLAN, "*", counting);
        const apart = new Merge(PLAN, "*");
        // Each part is 10 minutes, in which each series has some of the first.
        for (const [part, sizes] of parts.entries())
          for (const [series, size] of sizes.entries()) {
            const rows = new Buckets();
            for (let i = 0; i < Math.min(size, 10); i++) {
              const at = START + (part * 10 + i) * MINUTE;
              rows.add(rows.push(at), size * i, at);
            }
            for (const merge of [side, apart]) merge.add(LABELS[series]!, rows);
          }
        expect(unpacked).toBe(0);
        expect(side.size).toBe(apart.size);
        // What a counter rose reaches back into what is packed.
        for (const merge of [side, apart])
          for (const [series, labels] of LABELS.entries()) merge.raise(labels, START, series + 1);
        expect(side.finish(9)).toEqual(apart.finish(9));
        for (const [i, { buckets }] of side.ranked(9).groups.entries())
          expect(buckets().at(0)).toEqual(apart.ranked(9).groups[i]!.buckets().at(0));
      },
    ),
  ));
