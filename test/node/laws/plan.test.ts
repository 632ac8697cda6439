// Laws of the planner: whatever is rolled up, made, dirty, deleted or kept, reading what it says gives
// each point of the range once. The store is a list of points here; what says where each is read is real.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as LIMITS from "../../../src/core/limits.ts";
import {
  deletedTo,
  type DirtyHour,
  keptFrom,
  plan,
  type Retention,
  Sources,
  spans,
  withoutDeleted,
} from "../../../src/core/query/plan.ts";
import {
  DAY,
  dayOf,
  HOUR,
  hourOf,
  MINUTE,
  spanStart,
  type TierName,
  TIERS,
} from "../../../src/core/tiers.ts";

/** Around the turn of a year. */
const TODAY = dayOf(Date.UTC(2027, 0, 2));
const FIRST = TODAY - 6;

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
  readonly pack: number;
  readonly at: number;
  /** Came after its hour was rolled up for the last time. */
  readonly late: boolean;
}

const point: fc.Arbitrary<Point> = fc.record({
  pack: fc.nat(2),
  // Few hours, so that what is dirty meets what is there.
  at: fc
    .tuple(fc.integer({ min: FIRST, max: TODAY }), fc.constantFrom(0, 1, 13, 23), fc.nat(59))
    .map(([day, hour, minute]) => day * DAY + hour * HOUR + minute * MINUTE),
  late: fc.boolean(),
});

/** A place between the first day and `to`, in hours; the pack is often 0. */
const place = fc.record({
  hour: fc.integer({ min: 0, max: (TODAY - FIRST + 1) * 24 }),
  pack: fc.constantFrom(0, 0, 1, 2),
});

type Place = readonly [span: number, pack: number];
const isBefore = (span: number, pack: number, [to, toPack]: Place): boolean =>
  span < to || (span === to && pack < toPack);
const earlier = (a: Place, b: Place): Place => (isBefore(a[0], a[1], b) ? a : b);

/** How far the cron is: hours are rolled up before days are made, which are made before minutes go. */
const cron = fc
  .record({ rolled: place, made: place, gone: place, hoursKept: fc.nat(6) })
  .map(({ rolled, made, gone, hoursKept }) => {
    const hour: Place = [FIRST * 24 + rolled.hour, rolled.pack];
    const whole: Place = [Math.floor(hour[0] / 24), hour[0] % 24 === 23 ? hour[1] : 0];
    const day = earlier([FIRST + Math.floor(made.hour / 24), made.pack], whole);
    const minutes = earlier([FIRST + Math.floor(gone.hour / 24), gone.pack], day);
    return { hour, day, minutes, hoursKept: Math.min(FIRST + hoursKept, minutes[0]) };
  });

/** Which pairs that are rolled up are dirty, and which of them retention has passed over. */
const marks = fc.array(
  fc.record({
    pack: fc.nat(2),
    day: fc.integer({ min: FIRST, max: TODAY }),
    hour: fc.constantFrom(0, 1, 13, 23),
    kept: fc.constantFrom(0, 0, 1),
  }),
  { maxLength: 12 },
);

describe("reading by the rule", () => {
  test("gives each point of the range once", () => {
    fc.assert(
      fc.property(
        fc.array(point, { maxLength: 60 }),
        marks,
        cron,
        tier,
        range,
        (points, asMarked, { hour, day, minutes, hoursKept }, of, asked) => {
          const isRolled = (pack: number, at: number): boolean => isBefore(at, pack, hour);
          const isMade = (pack: number, at: number): boolean => isBefore(at, pack, day);
          const dirty = new Map<string, DirtyHour>();
          for (const { pack, day: d, hour: h, kept } of asMarked)
            if (isRolled(pack, d * 24 + h))
              dirty.set(`${pack}/${d * 24 + h}`, {
                pack,
                hour: d * 24 + h,
                kept: isBefore(d, pack, minutes) ? kept : 0,
              });
          const progress = new Map([
            ["rolledHour", hour[0]],
            ["rolledPack", hour[1]],
            ["rolledDay", day[0]],
            ["rolledDayPack", day[1]],
            ["goneDay", minutes[0]],
            ["gonePack", minutes[1]],
            ["hourKept", hoursKept],
          ]);
          const planned = withoutDeleted(plan(asked, of, TODAY * DAY, FOR_EVER), progress);
          const sources = new Sources(progress, dirty.values());
          const times = new Map<Point, number>();
          const taken = (p: Point, is: boolean): void => {
            if (is) times.set(p, (times.get(p) ?? 0) + 1);
          };
          const expected: Point[] = [];
          for (const p of points) {
            const [d, h] = [dayOf(p.at), hourOf(p.at)];
            const start = Math.floor(p.at / planned.step) * planned.step;
            if (start < planned.kept || start >= planned.to) continue;
            expected.push(p);
            const mark = dirty.get(`${p.pack}/${h}`);
            const late = p.late && mark !== undefined;
            const purged = isBefore(d, p.pack, minutes) && mark?.kept !== 1;
            const rolled = isRolled(p.pack, h) && !late;
            if (!purged || late) taken(p, sources.minutes(of, p.pack, h));
            const dirtyDay = [...dirty.values()].some(
              (one) => one.pack === p.pack && Math.floor(one.hour / 24) === d,
            );
            if (of !== "minute" && rolled && (d >= hoursKept || dirtyDay))
              taken(p, sources.hour(of, p.pack, h));
            if (of === "day" && rolled && isMade(p.pack, d)) taken(p, sources.day(p.pack, d));
          }
          expect(expected.map((p) => [p, times.get(p)])).toEqual(expected.map((p) => [p, 1]));
        },
      ),
      { numRuns: 3_000 },
    );
  });

  test("what is rolled up is read there, what is not in minutes, what changed in minutes again", () => {
    const [d, h] = [TODAY, TODAY * 24];
    const progress = new Map([
      ["rolledHour", h + 5],
      ["rolledPack", 1],
      ["rolledDay", d],
    ]);
    const of = (pack: number, hour: number, dirty: readonly DirtyHour[] = []): boolean[] => {
      const sources = new Sources(progress, dirty);
      return [sources.minutes("hour", pack, hour), sources.hour("hour", pack, hour)];
    };
    expect(of(0, h + 5)).toEqual([false, true]);
    expect(of(1, h + 5)).toEqual([true, false]);
    expect(of(1, h + 4)).toEqual([false, true]);
    expect(of(1, h + 4, [{ pack: 1, hour: h + 4, kept: 0 }])).toEqual([true, false]);
    progress.set("goneDay", d + 1);
    expect(of(1, h + 4, [{ pack: 1, hour: h + 4, kept: 0 }])).toEqual([true, true]);
    expect(of(1, h + 4, [{ pack: 1, hour: h + 4, kept: 1 }])).toEqual([true, false]);
  });

  test("minutes of days that are deleted in part are not read", () => {
    expect(deletedTo("minute", new Map([["goneDay", 7]]))).toBe(7 * DAY);
    const part = new Map([
      ["goneDay", 7],
      ["gonePack", 1],
    ]);
    expect(deletedTo("minute", part)).toBe(8 * DAY);
  });
});

const FOR_EVER: Retention = { minute: 0, hour: 0, day: 0 };

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
