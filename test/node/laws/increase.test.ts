// Laws of the increase of counters, against a naive reference over all points: whatever the buckets, and
// wherever a counter begins again.

import fc from "fast-check";
import { expect, test } from "vitest";
import { Buckets } from "../../../src/core/bucket.ts";
import { counterColumns } from "../../../src/core/query/answer.ts";
import { Increases, leadOf } from "../../../src/core/query/increase.ts";
import { type GroupBy, Merge } from "../../../src/core/query/merge.ts";
import { plan } from "../../../src/core/query/plan.ts";
import { shelfOf } from "../../../src/core/query/shelf.ts";
import type { Labels } from "../../../src/core/series/labels.ts";
import { DAY, HOUR, MINUTE, type TierName, TIERS } from "../../../src/core/tiers.ts";

const START = Date.UTC(2026, 0, 1);
const FOREVER = { minute: 0, hour: 0, day: 0 };
type Point = readonly [at: number, value: number];

/** As a shard and the roll-up make them: of points in the order of time. */
function bucketsOf(points: readonly Point[], step: number): Buckets {
  const buckets = new Buckets();
  for (const [at, value] of points) {
    const start = Math.floor(at / step) * step;
    const row = buckets.length - 1;
    buckets.add(buckets.start[row] === start ? row : buckets.push(start), value, at);
  }
  return buckets;
}

/** What one series rose in each bucket of the range, by start. */
function naive(points: readonly Point[], from: number, to: number, step: number) {
  const rose = new Map<number, number>();
  for (const [i, [at, value]] of points.entries()) {
    if (at < from || at >= to) continue;
    const before = points[i - 1];
    // What was longer ago than is read before the range is not known.
    const known = before !== undefined && before[0] >= from - leadOf({ tier: tierOf(step), step });
    const more = !known ? 0 : value >= before[1] ? value - before[1] : value;
    const start = Math.floor(at / step) * step;
    rose.set(start, (rose.get(start) ?? 0) + more);
  }
  return rose;
}

const tierOf = (step: number): TierName =>
  step === MINUTE ? "minute" : step === HOUR ? "hour" : "day";

interface Asked {
  readonly from: number;
  readonly to: number;
  readonly tier: TierName;
  readonly by?: GroupBy;
  /** Rows that wait, and buckets that are not packed. */
  readonly room?: number;
}

function read(
  { from, to, tier, by = [], room = 1000 }: Asked,
  runs: readonly (readonly [Labels, Buckets])[],
) {
  const planned = plan({ from, to }, tier, to, FOREVER);
  const merge = new Merge(planned, by, shelfOf(planned, room));
  const increases = new Increases(
    planned,
    (...one) => merge.raise(...one),
    (...one) => merge.begin(...one),
    room,
  );
  for (const [labels, buckets] of runs) {
    merge.add(labels, buckets);
    increases.add(labels, buckets);
  }
  increases.finish();
  return merge.ranked(100).groups.map(({ labels, begun, buckets }) => {
    const rows = buckets();
    return {
      labels,
      t: Array.from(rows.start.slice(0, rows.length)),
      ...counterColumns(rows, planned.step, begun),
    };
  });
}

/** Points of a counter: gaps, and what it does then; a rise below 0 is a reset to what is left. */
const counter = (gap: fc.Arbitrary<number>, minLength = 1): fc.Arbitrary<readonly Point[]> =>
  fc
    .array(fc.tuple(gap, fc.oneof(fc.nat(50), fc.constant(-1), fc.integer({ min: -9, max: 3 }))), {
      minLength,
      maxLength: 120,
    })
    .map((steps) => {
      let [at, value] = [START, 100];
      return steps.map(([wait, rise]): Point => {
        at += wait;
        value = rise < 0 ? -rise : value + rise;
        return [at, value];
      });
    });

const LABELS: readonly Labels[] = [0, 1, 2].map((i) => [
  ["host", String(i)],
  ["parity", String(i % 2)],
]);

test("all buckets of a year by day add up to what the samples say, with resets anywhere", () => {
  fc.assert(
    fc.property(
      counter(fc.oneof(fc.integer({ min: 1, max: 3 * DAY }), fc.constantFrom(HOUR, DAY, 1))),
      fc.constantFrom<TierName>("hour", "day"),
      (points, tier) => {
        const rows = bucketsOf(points, TIERS[tier].step);
        const series = read({ from: START, to: START + 365 * DAY, tier }, [[LABELS[0]!, rows]]);
        const rose = points.reduce((sum, [, value], i) => {
          const before = points[i - 1]?.[1] ?? value;
          return sum + (value >= before ? value - before : value);
        }, 0);
        expect(series[0]!.increase.reduce((sum, one) => sum + one, 0)).toBe(rose);
      },
    ),
  );
});

test("each bucket of each group is the sum of what its series rose, in any order of the rows", () => {
  const asked = fc.record({
    tier: fc.constantFrom<TierName>("minute", "hour", "day"),
    by: fc.constantFrom<GroupBy>("*", [], ["parity"]),
  });
  fc.assert(
    fc.property(
      fc.tuple(...LABELS.map(() => counter(fc.integer({ min: 1, max: 4 * MINUTE })))),
      asked,
      fc.boolean(),
      fc.infiniteStream(fc.nat()),
      (series, { tier, by }, fine, keys) => {
        const { step } = TIERS[tier];
        const [from, to] = [START + step, START + 1000 * step];
        const runs = series
          .flatMap((points, i) => {
            const rows = bucketsOf(points, fine ? MINUTE : step);
            return Array.from({ length: rows.length }, (_, row) => {
              const one = new Buckets(1);
              one.pushCopy(rows.start[row]!, rows, row);
              return [LABELS[i]!, one] as const;
            });
          })
          .map((run) => [keys.next().value, run] as const)
          .sort(([a], [b]) => a - b)
          .map(([, run]) => run);
        const expected = new Map<string, Map<number, number>>();
        for (const [i, points] of series.entries()) {
          const key = by === "*" ? i : by.length === 0 ? "" : i % 2;
          const of = expected.get(String(key)) ?? new Map<number, number>();
          expected.set(String(key), of);
          for (const [start, rose] of naive(points, from, to, step))
            of.set(start, (of.get(start) ?? 0) + rose);
        }
        /** Whether all points of a bucket of a group are the first that are known of their series. */
        const begun =
          (key: string) =>
          (start: number): boolean =>
            series
              .filter((_, i) => key === "" || key === String(by === "*" ? i : i % 2))
              .every((points) => {
                const read = points.filter(
                  ([at]) => at >= from - leadOf({ tier, step }) && at < start + step,
                );
                const here = read.filter(([at]) => at >= start);
                return here.length === 0 || read.length === 1;
              });
        const got = read({ from, to, tier, by }, runs);
        for (const { labels, t, increase, rate } of got) {
          const of = expected.get(labels[0]?.[1] ?? "")!;
          expect(t).toEqual([...of.keys()].sort((a, b) => a - b));
          expect(increase).toEqual(t.map((start) => of.get(start)));
          const nothing = begun(labels[0]?.[1] ?? "");
          expect(rate).toEqual(
            increase.map((rose, i) => (nothing(t[i]!) ? null : rose / (step / 1000))),
          );
        }
        expect(got.length).toBe([...expected.values()].filter(({ size }) => size > 0).length);
      },
    ),
    { numRuns: 300 },
  );
});

test("however little room there is, rows in the order of time are counted exactly", () => {
  fc.assert(
    fc.property(
      fc.tuple(...LABELS.map(() => counter(fc.integer({ min: 1, max: 3 * HOUR })))),
      fc.integer({ min: 1, max: 20 }),
      fc.constantFrom<GroupBy>("*", [], ["parity"]),
      (series, room, by) => {
        const rows = series.map((points) => bucketsOf(points, HOUR));
        // In turn, a few rows each, as slices come.
        const runs = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((turn) =>
          rows.map((of, i) => {
            const part = new Buckets();
            const [first, end] = [turn, turn + 1].map((n) => Math.floor((of.length * n) / 10));
            for (let row = first!; row < end!; row++) part.pushCopy(of.start[row]!, of, row);
            return [LABELS[i]!, part] as const;
          }),
        );
        const asked = { from: START, to: START + 30 * DAY, tier: "hour", by } as const;
        expect(read({ ...asked, room }, runs)).toEqual(read(asked, runs));
      },
    ),
  );
});

const one = (points: readonly Point[], tier: TierName, from = START) =>
  read({ from, to: START + 10 * DAY, tier }, [
    [LABELS[0]!, bucketsOf(points, TIERS[tier].step)],
  ])[0]!;

test("a reset exactly between two coarse buckets is seen, though the second one ends higher", () => {
  // https://github.com/thanos-io/thanos/issues/1568: 95, 100 | 97, 107.
  const points = [95, 100, 97, 107].map((value, i): Point => [START + i * (DAY / 2), value]);
  expect(one(points, "day").increase).toEqual([5, 97 + 10]);
});

test("two resets in one bucket are both counted", () => {
  const points = [10, 20, 3, 5, 1, 8].map((value, i): Point => [START + i * MINUTE, value]);
  expect(one(points, "hour").increase).toEqual([10 + 3 + 2 + 1 + 7]);
});

test("what was before a reset at the edge of a bucket, and what came after it, is kept", () => {
  // https://github.com/elastic/elasticsearch/pull/143381: the last value before a reset counts, wherever
  // in its bucket the reset is: its first point, its last one, or the only one.
  const rows = (values: readonly (readonly number[])[]) =>
    values.flatMap((of, day) => of.map((value, i): Point => [START + day * DAY + i * HOUR, value]));
  expect(one(rows([[10, 50], [2, 7], [9]]), "day").increase).toEqual([40, 2 + 5, 2]);
  expect(one(rows([[10, 50, 4], [7], [9]]), "day").increase).toEqual([40 + 4, 3, 2]);
  expect(one(rows([[10, 50], [4], [3, 9]]), "day").increase).toEqual([40, 4, 3 + 6]);
});

test("the bucket before the range has the step into the first one, and is not in the answer", () => {
  const points: Point[] = [
    [START, 10],
    [START + DAY, 14],
    [START + 2 * DAY, 15],
  ];
  expect(one(points, "day", START + DAY)).toMatchObject({
    t: [START + DAY, START + 2 * DAY],
    increase: [4, 1],
  });
});
