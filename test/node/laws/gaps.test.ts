// Laws of where a line is broken: by far longer silence than usual, never by an empty bucket.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HOUR, MINUTE } from "../../../src/core/tiers.ts";
import { GAP, gapsIn, lonely, usualInterval } from "../../../src/ui/chart/gaps.ts";

/** The starts of the buckets that points at these times fill. */
const buckets = (at: readonly number[], width = MINUTE): number[] => [
  ...new Set(at.map((time) => Math.floor(time / width) * width)),
];
/** One point every `every` ms, each moved by at most `jitter`. */
const reports = (every: number, count: number, jitter: readonly number[] = [0], first = 0) =>
  Array.from({ length: count }, (_, i) => first + i * every + jitter[i % jitter.length]!);

describe("no gap has what reports", () => {
  test("288 times a day, every 5 minutes", () =>
    expect(gapsIn(buckets(reports(5 * MINUTE, 288)))).toEqual([]));
  test("once a minute with 0.8 s of jitter: minutes are empty, others hold two", () => {
    const starts = buckets(reports(MINUTE, 1_440, [-800, 800, 300, -500, 0, 799, -1]));
    expect(starts.length).toBeLessThan(1_300);
    expect(gapsIn(starts)).toEqual([]);
  });
  test.each([61, 65, 90, 119, 121, 150, 170])("every %d s", (seconds) =>
    expect(gapsIn(buckets(reports(seconds * 1_000, 500)))).toEqual([]),
  );
  test("at any interval, with a second of jitter, in buckets of any tier", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1_000, max: 3 * HOUR }),
        fc.array(fc.integer({ min: -800, max: 800 }), { minLength: 1, maxLength: 50 }),
        fc.integer({ min: 0, max: HOUR }),
        fc.constantFrom(MINUTE, HOUR),
        (every, jitter, first, width) => {
          const at = reports(every, 200, jitter, first + 1_000).sort((a, b) => a - b);
          expect(gapsIn(buckets(at, width))).toEqual([]);
        },
      ),
    );
  });
});

describe("an outage is a gap", () => {
  test("whatever the interval, and only the outage", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 3, max: 100 }),
        fc.integer({ min: 3, max: 100 }),
        // Hundredths of the interval.
        fc.integer({ min: GAP * 100 + 1, max: 100_000 }),
        (every, before, after, silence) => {
          const last = (before - 1) * every * 100;
          const times = [
            ...Array.from({ length: before }, (_, i) => i * every * 100),
            ...Array.from({ length: after }, (_, i) => last + (silence + i * 100) * every),
          ];
          expect(gapsIn(times)).toEqual([before]);
        },
      ),
    );
  });
  test("one report that is lost is none, nor are two points far apart", () => {
    expect(gapsIn([0, 5, 10, 20, 25])).toEqual([]);
    expect(gapsIn([0, 600])).toEqual([]);
  });
  test("two points and one far away: that one stands apart", () =>
    expect(gapsIn([0, 1, 60])).toEqual([2]));
});

describe("whatever the times", () => {
  const times = fc
    .uniqueArray(fc.integer({ min: 0, max: 100_000 }), { maxLength: 60 })
    .map((all) => all.sort((a, b) => a - b));

  test("a gap is more than 2.5 usual intervals, and everything else is none", () => {
    fc.assert(
      fc.property(times, (times) => {
        const gaps = new Set(gapsIn(times));
        const usual = usualInterval(times);
        for (let i = 1; i < times.length; i++)
          expect(gaps.has(i)).toBe(times[i]! - times[i - 1]! > GAP * usual!);
      }),
    );
  });
  test("at least half of the steps are no longer than the usual interval", () => {
    fc.assert(
      fc.property(times, (times) => {
        const usual = usualInterval(times);
        const steps = times.slice(1).map((time, i) => time - times[i]!);
        if (usual === undefined) expect(steps).toEqual([]);
        else {
          expect(steps).toContain(usual);
          expect(steps.filter((step) => step <= usual).length * 2).toBeGreaterThanOrEqual(
            steps.length,
          );
        }
      }),
    );
  });
  test("the unit, and where zero is, do not matter", () => {
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 1_000 }), fc.integer(), (times, unit, zero) => {
        expect(gapsIn(times.map((time) => time * unit + zero))).toEqual(gapsIn(times));
      }),
    );
  });
  test("nor does the direction of time", () => {
    fc.assert(
      fc.property(times, (times) => {
        const back = times.map((time) => -time).toReversed();
        const mirrored = gapsIn(back).map((place) => times.length - place);
        expect(mirrored.toReversed()).toEqual(gapsIn(times));
      }),
    );
  });
});

describe("lonely values", () => {
  test("are those that no line touches", () => {
    expect(lonely([1])).toEqual([0]);
    expect(lonely([1, 2, null, 3, null, 4, 5])).toEqual([3]);
    expect(lonely([null, undefined])).toEqual([]);
  });
  test("a line passes through empty places", () => {
    expect(lonely([1, undefined, undefined, 2])).toEqual([]);
    expect(lonely([1, undefined, null, undefined, 2, undefined])).toEqual([0, 4]);
  });
  test("are as many as there are stretches of one value", () => {
    const column = fc.array(fc.constantFrom(1, null, undefined), { maxLength: 60 });
    fc.assert(
      fc.property(column, (column) => {
        const stretches = column
          .map((value) => (value === null ? "|" : value === undefined ? "" : "x"))
          .join("")
          .split("|");
        expect(lonely(column)).toHaveLength(stretches.filter((one) => one === "x").length);
      }),
    );
  });
});
