// Laws of the planner: whatever is dirty and whatever is deleted, reading what the plan says gives
// each point of the range once. The store is made of sets here; the reader's parts are the real ones.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Buckets } from "../../../src/core/bucket.ts";
import * as LIMITS from "../../../src/core/limits.ts";
import {
  type Gone,
  hoursOf,
  isGone,
  keptFrom,
  plan,
  type Retention,
  sourcesOf,
  spans,
} from "../../../src/core/query/plan.ts";
import { Merge } from "../../../src/core/query/merge.ts";
import {
  DAY,
  dayOf,
  HOUR,
  hourOf,
  MINUTE,
  spanOf,
  spanStart,
  type TierName,
  TIERS,
} from "../../../src/core/tiers.ts";

/** Around the turn of a year. */
const TODAY = dayOf(Date.UTC(2027, 0, 2));
const FIRST = TODAY - 9;

const tier = fc.constantFrom<TierName>("minute", "hour", "day");
const at = fc.oneof(
  fc.integer({ min: FIRST * DAY, max: (TODAY + 1) * DAY }),
  fc.integer({ min: FIRST * 24, max: TODAY * 24 + 24 }).map((hour) => hour * HOUR),
);
const range = fc
  .tuple(at, at)
  .filter(([from, to]) => from !== to)
  .map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
const retention: fc.Arbitrary<Retention> = fc.record({
  minute: fc.nat(8),
  hour: fc.nat(10),
  day: fc.constantFrom(0, 0, 9),
});
const now = fc.integer({ min: TODAY * DAY, max: TODAY * DAY + DAY - 1 });

interface Point {
  readonly series: number;
  readonly at: number;
  /** Came after its day was rolled up for the last time. */
  readonly late: boolean;
}

const point: fc.Arbitrary<Point> = fc.record({ series: fc.nat(2), at, late: fc.boolean() });

/** Which (day, series) are dirty; up to where minutes were deleted. */
const marks = fc.record({
  dirty: fc.array(fc.tuple(fc.integer({ min: FIRST, max: TODAY }), fc.nat(2)), { maxLength: 12 }),
  gone: fc.record({ ago: fc.nat(4), series: fc.nat(3) }),
});

/** Of one series: one bucket of one point. */
const bucketAt = (time: number, step: number): Buckets => {
  const buckets = new Buckets(1);
  buckets.add(buckets.push(Math.floor(time / step) * step), 1, time);
  return buckets;
};

describe("reading by the plan", () => {
  test("gives each point of the range once", () => {
    fc.assert(
      fc.property(
        fc.array(point, { maxLength: 60 }),
        marks,
        tier,
        range,
        retention,
        now,
        (points, { dirty, gone: { ago, series: goneSeries } }, of, asked, kept, time) => {
          const planned = plan(asked, of, time, kept);
          // Minutes are deleted up to a day before those that their tier keeps, and not for ever.
          const keptDay = dayOf(keptFrom("minute", time, kept));
          const gone: Gone =
            kept.minute === 0
              ? { day: 0, series: 0 }
              : { day: keptDay - ago, series: ago === 0 ? 0 : goneSeries };
          const isDirty = (day: number, series: number): boolean =>
            dirty.some(([d, s]) => d === day && s === series);
          const merge = new Merge(planned, "*");
          const read = (p: Point, step: number): void =>
            merge.add([["s", String(p.series)]], bucketAt(p.at, step));
          const ownSpans = new Set(spans(planned));
          for (const p of points) {
            const day = dayOf(p.at);
            const wasGone = isGone(gone, day, p.series);
            const stillDirty = isDirty(day, p.series);
            const inMinutes = !wasGone || (stillDirty && p.late);
            const inCoarse = !stillDirty || !p.late;
            const inSpan = ownSpans.has(spanOf(of, p.at));
            if (of === "minute") {
              if (inMinutes && inSpan) read(p, MINUTE);
              continue;
            }
            const sources = sourcesOf(stillDirty, wasGone);
            if (inCoarse && inSpan && sources.coarse) read(p, planned.step);
            const hours = spans({ ...planned, tier: "hour" }).includes(day)
              ? hoursOf(planned, day)
              : [];
            if (inMinutes && sources.minutes && hours.includes(hourOf(p.at))) read(p, MINUTE);
          }
          const expected = new Map<string, number>();
          for (const p of points) {
            const start = Math.floor(p.at / planned.step) * planned.step;
            if (start < planned.kept || start >= planned.to) continue;
            const key = `${p.series}@${start}`;
            expected.set(key, (expected.get(key) ?? 0) + 1);
          }
          const found = new Map(
            merge
              .finish(100)
              .series.flatMap(({ labels, t, count }) =>
                t.map((start, i): [string, number] => [`${labels.s}@${start}`, count[i]!]),
              ),
          );
          expect([...found].sort()).toEqual([...expected].sort());
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test("a day that is fresh comes from one source, one that is dirty and gone from both", () => {
    expect(sourcesOf(false, false)).toEqual({ coarse: true, minutes: false });
    expect(sourcesOf(true, false)).toEqual({ coarse: false, minutes: true });
    expect(sourcesOf(false, true)).toEqual({ coarse: true, minutes: false });
    expect(sourcesOf(true, true)).toEqual({ coarse: true, minutes: true });
  });
});

describe("a plan", () => {
  test("widens the range to whole buckets, and no further", () => {
    fc.assert(
      fc.property(range, tier, now, retention, (asked, of, time, kept) => {
        const { from, to, step, tier: planned } = plan(asked, of, time, kept);
        expect([planned, step]).toEqual([of, TIERS[of].step]);
        expect([from % step, to % step]).toEqual([0, 0]);
        expect(from).toBeLessThanOrEqual(asked.from);
        expect(from).toBeGreaterThan(asked.from - step);
        expect(to).toBeGreaterThanOrEqual(asked.to);
        expect(to).toBeLessThan(asked.to + step);
      }),
    );
  });

  test("its spans ascend without gaps, cover it, and touch it at both ends", () => {
    fc.assert(
      fc.property(range, tier, now, retention, (asked, of, time, retained) => {
        const planned = plan(asked, of, time, retained);
        const keys = spans(planned);
        const { kept, to } = planned;
        expect(keys.length === 0).toBe(kept >= to);
        if (kept >= to) return;
        expect(keys).toEqual(keys.map((_, i) => keys[0]! + i));
        expect(spanStart(of, keys[0]!)).toBeLessThanOrEqual(kept);
        expect(spanStart(of, keys[0]! + 1)).toBeGreaterThan(kept);
        expect(spanStart(of, keys.at(-1)!)).toBeLessThan(to);
        expect(spanStart(of, keys.at(-1)! + 1)).toBeGreaterThanOrEqual(to);
      }),
    );
  });

  test("the hours of its days are its hours, each once", () => {
    fc.assert(
      fc.property(range, tier, now, retention, (asked, of, time, retained) => {
        const planned = plan(asked, of, time, retained);
        const hours = spans({ ...planned, tier: "hour" }).flatMap((day) => hoursOf(planned, day));
        expect(hours.length === 0).toBe(planned.kept >= planned.to);
        if (planned.kept >= planned.to) return;
        const first = hourOf(planned.kept);
        const last = hourOf(planned.to - 1);
        expect(hours).toEqual(Array.from({ length: last - first + 1 }, (_, i) => first + i));
      }),
    );
  });

  test("auto is the finest tier of at most 1,500 buckets that still keeps the start", () => {
    const anyRange = fc
      .tuple(fc.integer({ min: 0, max: 40_000 * HOUR }), fc.integer({ min: 1, max: 40_000 * HOUR }))
      .map(([ago, length]) => ({ from: TODAY * DAY - ago, to: TODAY * DAY - ago + length }));
    /** As long as the limit of buckets, or a little less, off the boundaries of buckets. */
    const nearLimit = fc
      .tuple(fc.constantFrom(MINUTE, HOUR), fc.nat(2), fc.integer({ min: -2, max: 2 }))
      .map(([step, off, more]) => ({
        from: TODAY * DAY - LIMITS.autoBuckets * step + off,
        to: TODAY * DAY + more,
      }));
    fc.assert(
      fc.property(fc.oneof(range, anyRange, nearLimit), now, retention, (asked, time, retained) => {
        const planned = plan(asked, "auto", time, retained);
        const fits = (of: TierName): boolean => {
          const { from, to, step } = plan(asked, of, time, retained);
          return (
            (to - from) / step <= LIMITS.autoBuckets && keptFrom(of, time, retained) <= asked.from
          );
        };
        const finest = (["minute", "hour", "day"] as const).find(fits) ?? "day";
        expect(planned.tier).toBe(finest);
      }),
    );
  });
});
