// Laws of the roll-up: hours and days are the merge of the minutes, in whatever parts, order and rounds
// they come, in time or late; and what cannot be read is named, left as it was, and stops nothing else.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Buckets } from "../../../src/core/bucket.ts";
import { decodePack, encodePack } from "../../../src/core/codec/pack.ts";
import {
  decodeMinuteSegment,
  decodeSegment,
  encodeMinuteSegment,
  encodeSegment,
  encodeWholeHour,
} from "../../../src/core/codec/segment.ts";
import { Minutes } from "../../../src/core/minutes.ts";
import {
  dayOfHours,
  hourOfMinutes,
  isReadable,
  type Period,
  putInto,
} from "../../../src/core/rollup.ts";
import {
  type DueDay,
  rollUpPack as rollUpKeeping,
  type RolledPack,
} from "../../../src/core/rollup-pack.ts";
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

interface Point {
  readonly slot: number;
  readonly at: number;
  readonly value: number;
}

const YEAR = 2028;
/** 28 February to 1 March of a leap year. */
const FIRST = Date.UTC(YEAR, 1, 28);
const DAYS = 3;
/** Few, so that minutes of both kinds come, and some that are one only together. */
const SAMPLES = 2;

const rollUpPack = (
  year: number,
  body: string | null,
  days: readonly DueDay[],
  samples = SAMPLES,
): RolledPack => rollUpKeeping(year, body, days, samples);

const point: fc.Arbitrary<Point> = fc.record({
  slot: fc.constantFrom(0, 3, 15),
  // Few hours, so that many points share one.
  at: fc
    .tuple(fc.nat(DAYS - 1), fc.constantFrom(0, 7, 23), fc.nat(HOUR - 1))
    .map(([day, hour, ms]) => FIRST + day * DAY + hour * HOUR + ms),
  value: fc.integer({ min: -9_999, max: 9_999 }),
});

/** What points make in periods of a tier: "slot/start" → what is kept, with no merge at all. */
function naive(points: readonly Point[], tier: TierName): Map<string, readonly number[]> {
  const { step } = TIERS[tier];
  const periods = Map.groupBy(points, ({ slot, at }) => `${slot}/${Math.floor(at / step) * step}`);
  return new Map(
    [...periods].map(([key, of]) => {
      const values = of.map(({ value }) => value);
      const lastAt = Math.max(...of.map(({ at }) => at));
      const last = Math.max(...of.filter(({ at }) => at === lastAt).map(({ value }) => value));
      const sum = values.reduce((all, value) => all + value, 0);
      return [key, [of.length, sum, Math.min(...values), Math.max(...values), last, lastAt]];
    }),
  );
}

/** What a pack holds, likewise. */
function found(tier: TierName, span: number, body: string): [string, readonly number[]][] {
  return [...decodePack(body)].flatMap(([slot, segment]) => {
    const rows = new Buckets();
    decodeSegment(segment, spanStart(tier, span), TIERS[tier].step, rows);
    return Array.from({ length: rows.length }, (_, i): [string, readonly number[]] => {
      const { count, sum, min, max, last, lastAt } = rows.at(i);
      return [`${slot}/${rows.start[i]}`, [count, sum, min, max, last, lastAt]];
    });
  });
}

const byKey = (entries: Iterable<[string, readonly number[]]>): unknown[] =>
  [...entries].sort(([a], [b]) => (a < b ? -1 : 1));

/** The minute pack of points of one hour. */
function minutePack(points: readonly Point[], samples = SAMPLES): string {
  const slots = Map.groupBy(points, ({ slot }) => slot);
  return encodePack(
    new Map(
      [...slots].map(([slot, of]) => {
        const minutes = new Minutes(samples);
        const rows = new Map<number, number>();
        for (const { at, value } of of) {
          const start = Math.floor(at / MINUTE) * MINUTE;
          if (!rows.has(start)) rows.set(start, minutes.push(start));
          minutes.add(rows.get(start)!, value, at);
        }
        return [slot, encodeMinuteSegment(minutes, Math.floor(of[0]!.at / HOUR) * HOUR)];
      }),
    ),
  );
}

/** One pack of a store: what D1 holds of it, by the rules of the roll-up. */
class Store {
  readonly samples: number;
  readonly minutes = new Map<number, string[]>();
  readonly hours = new Map<number, string>();
  year: string | null = null;
  /** Days whose minutes are gone. */
  readonly gone = new Set<number>();
  /** Days whose bucket is made. */
  readonly made = new Set<number>();
  readonly due = new Set<number>();

  constructor(samples = SAMPLES) {
    this.samples = samples;
  }

  /** A part of each hour that the points are of. */
  flush(points: readonly Point[]): void {
    for (const [hour, of] of Map.groupBy(points, ({ at }) => hourOf(at))) {
      this.minutes.set(hour, [...(this.minutes.get(hour) ?? []), minutePack(of, this.samples)]);
      this.due.add(hour);
    }
  }

  /** Rolls up some of what is due. */
  rollUp(hours: readonly number[]): void {
    const days = [...Map.groupBy(hours, (hour) => Math.floor(hour / 24))].map(
      ([day, of]): DueDay => ({
        day,
        hours: of.map((hour) => ({
          hour,
          parts: this.minutes.get(hour) ?? [],
          late: this.gone.has(day),
        })),
        body: this.hours.get(day) ?? null,
        made: this.made.has(day),
      }),
    );
    const rolled = rollUpPack(YEAR, this.year, days, this.samples);
    expect(rolled.unreadable).toEqual([]);
    expect([...rolled.done].sort()).toEqual([...hours].sort());
    for (const [day, body] of rolled.hours) this.hours.set(day, body);
    this.year = rolled.year ?? this.year;
    for (const hour of rolled.done) {
      this.due.delete(hour);
      if (this.gone.has(Math.floor(hour / 24))) this.minutes.delete(hour);
    }
  }

  /** Makes a day from its hours. */
  make(day: number): void {
    this.made.add(day);
    const body = this.hours.get(day);
    if (body === undefined) return;
    const period = dayOfHours(day, body);
    if (!isReadable(period)) throw new Error(period.message);
    this.year = putInto("day", YEAR, this.year, [period]).body ?? this.year;
  }

  /** Deletes the minutes of a day that is made and has nothing that is due. */
  forget(day: number): void {
    if (!this.made.has(day) || [...this.due].some((hour) => Math.floor(hour / 24) === day)) return;
    this.gone.add(day);
    for (let hour = day * 24; hour < day * 24 + 24; hour++) this.minutes.delete(hour);
  }
}

test("any parts, rounds and order, in time or late, also when minutes are gone: the same buckets", () => {
  const event = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ flush: fc.array(point, { minLength: 1, maxLength: 12 }) }),
    },
    { weight: 3, arbitrary: fc.record({ rollUp: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ make: fc.nat(DAYS - 1) }) },
    { weight: 1, arbitrary: fc.record({ forget: fc.nat(DAYS - 1) }) },
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), (events) => {
      const store = new Store();
      const points: Point[] = [];
      for (const event of events)
        if ("flush" in event) {
          store.flush(event.flush);
          points.push(...event.flush);
        } else if ("rollUp" in event) {
          const due = [...store.due];
          store.rollUp(due.slice(event.rollUp % (due.length + 1)));
        } else if ("make" in event) store.make(dayOf(FIRST) + event.make);
        else store.forget(dayOf(FIRST) + event.forget);
      store.rollUp([...store.due]);
      for (let day = 0; day < DAYS; day++) store.make(dayOf(FIRST) + day);
      expect(byKey([...store.hours].flatMap(([day, body]) => found("hour", day, body)))).toEqual(
        byKey(naive(points, "hour")),
      );
      expect(byKey(store.year === null ? [] : found("day", YEAR, store.year))).toEqual(
        byKey(naive(points, "day")),
      );
    }),
    { numRuns: 500 },
  );
});

test("late hours keep the day's bucket when the hours of before are past their retention", () => {
  const day = dayOf(FIRST);
  const store = new Store();
  store.flush([{ slot: 3, at: FIRST + HOUR, value: 5 }]);
  store.rollUp([...store.due]);
  store.make(day);
  store.forget(day);
  store.hours.clear();
  store.flush([{ slot: 3, at: FIRST + HOUR + 1, value: 7 }]);
  store.rollUp([...store.due]);
  expect(found("day", YEAR, store.year!)).toEqual([
    [`3/${FIRST}`, [2, 12, 5, 7, 7, FIRST + HOUR + 1]],
  ]);
});

describe("what cannot be read", () => {
  const HOUR_0 = FIRST / HOUR;
  const DAY_0 = dayOf(FIRST);
  /** Segments of version 9, cut short, of another time; and one with letters that are not base64. */
  const far = new Buckets(1);
  far.add(far.push(100_000 * MINUTE), 1, 100_000 * MINUTE);
  const broken9 = "CQEEAAAApBMBAKoL";
  const wrong = fc.constantFrom(broken9, "AQEEAAAApBMBAK", encodeSegment(far, 0, MINUTE), "~~");
  const farMinute = new Minutes(SAMPLES);
  farMinute.add(farMinute.push(100_000 * MINUTE), 1, 100_000 * MINUTE);
  const wrongMinutes = fc.constantFrom(
    broken9,
    encodeMinuteSegment(farMinute, 0).slice(0, -2),
    encodeMinuteSegment(farMinute, 0),
    "~~",
  );
  const good = (slot: number, hour = 0): Point => ({ slot, at: FIRST + hour * HOUR, value: slot });
  /** A pack with one slot that cannot be read. */
  const broken = (body: string, slot: number, segment: string): string =>
    encodePack(new Map([...decodePack(body), [slot, segment]]));
  const due = (hour: number, ...parts: string[]) => ({ hour: HOUR_0 + hour, parts, late: false });
  const day = { day: DAY_0, body: null, made: false };
  const hourPack = (points: readonly Point[]): string =>
    rollUpPack(YEAR, null, [
      {
        ...day,
        hours: [...Map.groupBy(points, ({ at }) => hourOf(at))].map(([hour, of]) => ({
          hour,
          parts: [minutePack(of)],
          late: false,
        })),
      },
    ]).hours[0]![1];

  test("a minute segment: its hour waits as a whole, all slots are named, the others go on", () => {
    fc.assert(
      fc.property(wrongMinutes, fc.boolean(), (segment, also) => {
        const part = broken(minutePack([good(2)]), 5, segment);
        const parts = also ? [part, broken(part, 7, segment)] : [part];
        const hours = [due(0, ...parts), due(1, minutePack([good(2, 1), good(5, 1)]))];
        const rolled = rollUpPack(YEAR, null, [{ ...day, hours }]);
        expect(rolled.done).toEqual([HOUR_0 + 1]);
        expect(rolled.unreadable).toEqual([
          [
            HOUR_0,
            {
              slots: also ? 0b10100000 : 0b100000,
              message: expect.stringMatching(
                /^the minute segment of 2028-02-28T00:00:00.000Z cannot/,
              ),
            },
          ],
        ]);
        expect(found("hour", DAY_0, rolled.hours[0]![1]).map(([key]) => key)).toEqual([
          `2/${FIRST + HOUR}`,
          `5/${FIRST + HOUR}`,
        ]);
      }),
    );
  });

  test("a pack that is no pack: all its slots", () => {
    for (const body of ["", "{", "[]", "7", '{"16":""}', '{"3":1}'])
      expect(
        rollUpPack(YEAR, null, [{ ...day, hours: [due(0, minutePack([good(1)]), body)] }]),
      ).toMatchObject({ done: [], hours: [], unreadable: [[HOUR_0, { slots: 0xffff }]] });
  });

  test("an hour pack's slot: only hours that would change it wait, and it stays as it is", () => {
    fc.assert(
      fc.property(wrong, (segment) => {
        const body = broken(hourPack([good(2), good(5)]), 5, segment);
        const hours = [
          due(1, minutePack([good(2, 1), good(5, 1)])),
          due(2, minutePack([good(2, 2)])),
        ];
        const rolled = rollUpPack(YEAR, null, [{ ...day, body, hours }]);
        expect(rolled.done).toEqual([HOUR_0 + 2]);
        expect(rolled.unreadable).toMatchObject([[HOUR_0 + 1, { slots: 0b100000 }]]);
        const after = decodePack(rolled.hours[0]![1]);
        expect(after.get(5)).toBe(segment);
        expect([...after.keys()]).toEqual([2, 5]);
      }),
    );
  });

  test("a day pack's slot: the hours of a day that would change it wait, and nothing of it is written", () => {
    fc.assert(
      fc.property(wrong, (segment) => {
        const yearBody = encodePack(new Map([[5, segment]]));
        const second = { ...day, day: DAY_0 + 1, made: true };
        const rolled = rollUpPack(YEAR, yearBody, [
          { ...day, made: true, hours: [due(0, minutePack([good(2), good(5)]))] },
          { ...second, hours: [due(24, minutePack([good(2, 24)]))] },
        ]);
        expect(rolled.done).toEqual([HOUR_0 + 24]);
        expect(rolled.unreadable).toMatchObject([[HOUR_0, { slots: 0b100000 }]]);
        expect(rolled.hours.map(([of]) => of)).toEqual([DAY_0 + 1]);
        expect([...decodePack(rolled.year!)]).toContainEqual([5, segment]);
      }),
    );
  });

  test("what is copied as text must not break the pack", () => {
    const body = '{"5":"a\\"b","2":"AQ"}';
    const hours = [due(0, minutePack([good(3)]))];
    expect(rollUpPack(YEAR, null, [{ ...day, body, hours }])).toMatchObject({
      done: [],
      hours: [],
      unreadable: [[HOUR_0, { slots: 0b100000 }]],
    });
  });

  test("a day of an hour pack", () => {
    const period = dayOfHours(DAY_0, broken(hourPack([good(2)]), 5, "CQEE"));
    expect(period).toMatchObject({ slots: 0b100000 });
    expect(isReadable(period)).toBe(false);
  });
});

test("an hour without minutes is done, and changes nothing", () => {
  const hours = [{ hour: FIRST / HOUR, parts: [], late: true }];
  expect(rollUpPack(YEAR, null, [{ day: dayOf(FIRST), body: null, made: true, hours }])).toEqual({
    hours: [],
    year: null,
    done: [FIRST / HOUR],
    unreadable: [],
  });
});

test("an empty segment makes no bucket", () => {
  const parts = [encodePack(new Map([[4, encodeMinuteSegment(new Minutes(6), FIRST)]]))];
  const hours = [{ hour: FIRST / HOUR, parts, late: false }];
  const rolled = rollUpPack(YEAR, null, [{ day: dayOf(FIRST), body: null, made: false, hours }]);
  expect(rolled).toMatchObject({ hours: [], done: [FIRST / HOUR] });
});

test("an end mark makes no bucket, and does not change one", () => {
  const minutes = new Minutes(6);
  minutes.add(minutes.push(FIRST), NaN, FIRST + 7);
  const alone = encodePack(new Map([[4, encodeMinuteSegment(minutes, FIRST)]]));
  const both = [alone, minutePack([{ slot: 4, at: FIRST, value: 3 }])];
  const roll = (parts: readonly string[]): RolledPack =>
    rollUpPack(YEAR, null, [
      {
        day: dayOf(FIRST),
        body: null,
        made: false,
        hours: [{ hour: FIRST / HOUR, parts, late: false }],
      },
    ]);
  expect(roll([alone])).toMatchObject({ hours: [], done: [FIRST / HOUR] });
  expect(roll(both)).toEqual(roll(both.slice(1)));
});

test("an hour as a whole is merged with the minutes of its other parts, and minutes find none in it", () => {
  const counts = fc.array(fc.tuple(fc.nat(3_599_999), fc.integer({ min: -99, max: 99 })), {
    minLength: 1,
    maxLength: 30,
  });
  fc.assert(
    fc.property(counts, counts, fc.boolean(), (whole, late, isFirst) => {
      const hour = new Buckets(1);
      hour.push(FIRST);
      for (const [after, value] of whole) hour.add(0, value, FIRST + after);
      hour.seeRise(0);
      const text = encodeWholeHour(hour, 0, FIRST);
      const minutes = new Minutes(6);
      decodeMinuteSegment(text, FIRST, minutes);
      expect(minutes.length).toBe(0);
      const parts = [
        encodePack(new Map([[4, text]])),
        minutePack(late.map(([after, value]) => ({ slot: 4, at: FIRST + after, value }))),
      ];
      const all = [...whole, ...late].map(([after, value]) => ({
        slot: 4,
        at: FIRST + after,
        value,
      }));
      const of = (bodies: readonly string[]): readonly unknown[] => {
        const period = hourOfMinutes(FIRST / HOUR, bodies, false, 6);
        if (!isReadable(period)) throw new Error(period.message);
        const { rise: _, ...rest } = period.buckets.at(period.rows.get(4)!);
        return Object.values(rest);
      };
      expect(of(isFirst ? parts : parts.toReversed())).toEqual(of([minutePack(all)]));
      // Alone, it comes out bit for bit.
      expect(of(parts.slice(0, 1))).toEqual(of([minutePack(all.slice(0, whole.length))]));
    }),
  );
});

test("a year keeps the other days, and has each day's latest bucket", () => {
  const changes = fc.array(fc.array(fc.tuple(fc.nat(365), fc.integer({ min: -99, max: 99 }))), {
    maxLength: 5,
  });
  fc.assert(
    fc.property(changes, (rounds) => {
      const start = Date.UTC(YEAR, 0, 1);
      const expected = new Map<number, number>();
      let body: string | null = null;
      for (const round of rounds) {
        const periods = [...new Map(round)].map(([day, value]): Period => {
          const buckets = new Buckets(1);
          buckets.add(buckets.push(start + day * DAY), value, start + day * DAY);
          expected.set(start + day * DAY, value);
          return { start: start + day * DAY, buckets, rows: new Map([[9, 0]]), late: false };
        });
        body = putInto("day", YEAR, body, periods).body ?? body;
      }
      const sums = body === null ? [] : found("day", YEAR, body).map(([key, of]) => [key, of[1]]);
      expect(sums).toEqual(
        [...expected].sort(([a], [b]) => a - b).map(([at, value]) => [`9/${at}`, value]),
      );
    }),
  );
});

test("a counter's increase by day is that of its points: resets anywhere, parts of an hour in any order", () => {
  // A step, and the time to it: minutes, or half a day.
  const move = fc.record({
    value: fc.nat(1_000),
    after: fc.oneof(fc.integer({ min: 1, max: 200_000 }), fc.constant(DAY / 2)),
    part: fc.nat(2),
  });
  fc.assert(
    // No more than sixteen resets: so many are kept of any bucket.
    fc.property(fc.array(move, { minLength: 1, maxLength: 12 }), (moves) => {
      let at = Date.UTC(YEAR, 1, 1);
      const points = moves.map(({ value, after, part }) => ({
        point: { slot: 3, at: (at += after), value },
        part,
      }));
      // Minutes keep all of them, and so the parts of one are united without loss.
      const parts = [0, 1, 2].map((part) => points.filter((of) => of.part === part));
      const store = new Store(12);
      for (const part of parts) store.flush(part.map(({ point }) => point));
      store.rollUp([...store.due]);
      for (const day of store.hours.keys()) store.make(day);
      const days = new Buckets();
      decodeSegment(decodePack(store.year!).get(3)!, spanStart("day", YEAR), DAY, days);
      const step = (from: number, to: number): number => (to >= from ? to - from : to);
      const sum = (list: readonly number[]): number => list.reduce((all, one) => all + one, 0);
      const increase = Array.from(
        { length: days.length },
        (_, i) => days.rise[i]! + (i === 0 ? 0 : step(days.last[i - 1]!, days.first[i]!)),
      );
      const values = points.map(({ point }) => point.value);
      expect(sum(increase)).toBe(
        sum(values.map((v, i) => (i === 0 ? 0 : step(values[i - 1]!, v)))),
      );
    }),
  );
});
