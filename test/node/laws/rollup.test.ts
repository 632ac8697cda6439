// Laws of the roll-up: hours and the day are the merge of the minutes, in whatever parts and order
// they come, with and without what was rolled up before; a year takes days in and gives them back.

import fc from "fast-check";
import { expect, test } from "vitest";
import { Accumulator } from "../../../src/core/series/accumulator.ts";
import { type Bucket, Buckets } from "../../../src/core/bucket.ts";
import type { Result } from "../../../src/core/result.ts";
import {
  type DirtyDay,
  encodeHours,
  replaceDays,
  type RolledDay,
  rollUpDay,
  type UnreadableSegment,
} from "../../../src/core/rollup.ts";
import { decodeSegment, encodeSegment } from "../../../src/core/codec/segment.ts";
import { DAY, HOUR, hourOf, MINUTE, yearOf, yearStart } from "../../../src/core/tiers.ts";

type Point = readonly [at: number, value: number];

const YEAR = 2028;
const TODAY = Math.floor(Date.UTC(YEAR, 1, 29) / DAY);

const points = fc.array(
  fc.tuple(
    fc.nat(DAY - 1).map((ms) => TODAY * DAY + ms),
    fc.integer({ min: -9_999, max: 9_999 }).map((n) => n / 100),
  ),
  { maxLength: 80 },
);

/** From scratch: values by period, with no merge at all. */
function naive(list: readonly Point[], step: number): Map<number, Omit<Bucket, "sum" | "carry">> {
  const periods = Map.groupBy(list, ([at]) => Math.floor(at / step) * step);
  return new Map(
    [...periods].map(([start, of]) => {
      const values = of.map(([, value]) => value);
      const lastAt = Math.max(...of.map(([at]) => at));
      return [
        start,
        {
          count: of.length,
          min: Math.min(...values),
          max: Math.max(...values),
          last: Math.max(...of.filter(([at]) => at === lastAt).map(([, value]) => value)),
          lastAt,
        },
      ];
    }),
  );
}

/** Sums in hundredths, exactly. */
const cents = (list: readonly Point[], step: number): Map<number, number> =>
  new Map(
    [...Map.groupBy(list, ([at]) => Math.floor(at / step) * step)].map(([start, of]) => [
      start,
      of.reduce((sum, [, value]) => sum + Math.round(value * 100), 0),
    ]),
  );

function expectBuckets(buckets: Buckets, list: readonly Point[], step: number): void {
  const starts = [...buckets.start.subarray(0, buckets.length)];
  expect(starts).toEqual([...new Set(starts)].sort((a, b) => a - b));
  const reference = naive(list, step);
  const sums = cents(list, step);
  expect(starts).toEqual([...reference.keys()].sort((a, b) => a - b));
  starts.forEach((start, row) => {
    const { sum, carry: _, ...rest } = buckets.at(row);
    expect(rest).toEqual(reference.get(start));
    expect(sum).toBeCloseTo(sums.get(start)! / 100, 9);
  });
}

/** Minute segments of the points, an hour and a part each, in random order. */
const partsOf = (list: readonly Point[], parts: number): { hour: number; body: string }[] =>
  Array.from({ length: parts }, (_, part) => {
    const minutes = new Accumulator();
    list.forEach(([at, value], i) => {
      if (i % parts === part) minutes.add(hourOf(at), at, value);
    });
    return [...new Set(minutes.series.subarray(0, minutes.length))].map((hour) => {
      const buckets = new Buckets();
      for (let row = 0; row < minutes.length; row++)
        if (minutes.series[row] === hour)
          buckets.pushCopy(minutes.buckets.start[row]!, minutes.buckets, row);
      return { hour, body: encodeSegment(buckets, hour * HOUR, MINUTE) };
    });
  })
    .flat()
    .toReversed();

/** The value of what must have gone well. */
function value<T>(result: Result<T, UnreadableSegment>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

const rolled = (dirty: DirtyDay): RolledDay => value(rollUpDay(dirty));

test("hours and the day are what the points make from scratch, whatever the parts", () => {
  fc.assert(
    fc.property(points, fc.integer({ min: 1, max: 4 }), (list, parts) => {
      const { hours, day } = rolled({ day: TODAY, minutes: partsOf(list, parts), late: null });
      expectBuckets(hours, list, HOUR);
      expectBuckets(day, list, DAY);
    }),
  );
});

test("late minutes are merged into the hours of before", () => {
  fc.assert(
    fc.property(points, points, (early, late) => {
      const before = rolled({ day: TODAY, minutes: partsOf(early, 2), late: null });
      const after = rolled({
        day: TODAY,
        minutes: partsOf(late, 2),
        late: {
          hours: encodeHours(before.hours, TODAY),
          year: value(replaceDays(YEAR, null, new Map([[TODAY, before.day]]))),
        },
      });
      expectBuckets(after.hours, [...early, ...late], HOUR);
      expectBuckets(after.day, [...early, ...late], DAY);
    }),
  );
});

test("a bucket of another day is a bug, and is told", () => {
  const minutes = partsOf([[TODAY * DAY, 1]], 1);
  expect(() => rollUpDay({ day: TODAY + 1, minutes, late: null })).toThrow(/outside day/);
});

test("a late point keeps the day bucket whose hours are past their retention", () => {
  const before = rolled({ day: TODAY, minutes: partsOf([[TODAY * DAY, 5]], 1), late: null });
  const year = value(replaceDays(YEAR, null, new Map([[TODAY, before.day]])));
  const minutes = partsOf([[TODAY * DAY + HOUR, 7]], 1);
  const after = rolled({ day: TODAY, minutes, late: { hours: null, year } });
  expect([after.day.count[0], after.day.sum[0]]).toEqual([2, 12]);
});

test("a year keeps the other days, and has each day's latest bucket", () => {
  const changes = fc.array(
    fc.array(fc.tuple(fc.nat(365), fc.option(fc.integer({ min: -99, max: 99 }))), { maxLength: 9 }),
    { maxLength: 5 },
  );
  fc.assert(
    fc.property(changes, (rounds) => {
      const year = yearOf(TODAY * DAY);
      const first = yearStart(year) / DAY;
      const expected = new Map<number, number>();
      let body: string | null = null;
      for (const round of rounds) {
        const replaced = new Map<number, Buckets>();
        for (const [day, value] of round) {
          const bucket = new Buckets(1);
          if (value !== null)
            bucket.add(bucket.push((first + day) * DAY), value, (first + day) * DAY);
          replaced.set(first + day, bucket);
          if (value === null) expected.delete((first + day) * DAY);
          else expected.set((first + day) * DAY, value);
        }
        body = value(replaceDays(year, body, replaced));
      }
      const found = new Buckets();
      if (body !== null) decodeSegment(body, yearStart(year), DAY, found);
      const pairs = Array.from({ length: found.length }, (_, row) => [
        found.start[row],
        found.sum[row],
      ]);
      expect(pairs).toEqual([...expected].sort(([a], [b]) => a - b));
    }),
  );
});

test("a day of another year is a bug, and is told", () => {
  const bucket = new Buckets(1);
  bucket.add(bucket.push(TODAY * DAY), 1, TODAY * DAY);
  expect(() => replaceDays(2027, null, new Map([[TODAY, bucket]]))).toThrow(/not in 2027/);
});

/** A segment of version 9, and one that ends too soon. */
const unreadable = fc.constantFrom("CQEEAAAApBMBAKoL", "AQEEAAAApBMBAK");

test("a segment that cannot be read is named, whichever it is, and nothing is made of the rest", () => {
  fc.assert(
    fc.property(points, unreadable, (list, body) => {
      const minutes = partsOf(list, 1);
      const hour = TODAY * 24 + 7;
      const late = { hours: null, year: null };
      for (const [error, dirty] of [
        [
          { tier: "minute", span: hour },
          { minutes: [...minutes, { hour, body }], late: null },
        ],
        [
          { tier: "hour", span: TODAY },
          { minutes, late: { ...late, hours: body } },
        ],
        [
          { tier: "day", span: YEAR },
          { minutes, late: { ...late, year: body } },
        ],
      ] as const)
        expect(rollUpDay({ day: TODAY, ...dirty })).toMatchObject({ ok: false, error });
      expect(replaceDays(YEAR, body, new Map())).toMatchObject({
        ok: false,
        error: { tier: "day", span: YEAR },
      });
    }),
  );
});

test("a bucket outside the span of its segment makes the segment unreadable", () => {
  const buckets = new Buckets(1);
  buckets.add(buckets.push((TODAY * 24 + 8) * HOUR), 1, (TODAY * 24 + 8) * HOUR);
  const body = encodeSegment(buckets, TODAY * 24 * HOUR, MINUTE);
  const minutes = [{ hour: TODAY * 24, body }];
  expect(rollUpDay({ day: TODAY, minutes, late: null })).toMatchObject({
    ok: false,
    error: { tier: "minute", span: TODAY * 24 },
  });
});
