// The time axis: ticks by the wall clock of a zone, across its changes, and their labels.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DAY, HOUR, MINUTE } from "../../../src/core/tiers.ts";
import { timeLabels, timeTicks } from "../../../src/ui/chart/axis.ts";
import {
  firstInstantOf,
  formatClock,
  formatDate,
  formatMonth,
  formatYear,
  instantsOf,
  localZone,
  offsetAt,
  wallAt,
  zoneName,
} from "../../../src/ui/zone.ts";
import { fieldOf, timeOfField } from "../../../src/ui/zone-field.ts";

const BERLIN = "Europe/Berlin";
const NEW_YORK = "America/New_York";
const KOLKATA = "Asia/Kolkata";
const LORD_HOWE = "Australia/Lord_Howe";
const ZONES = [BERLIN, NEW_YORK, KOLKATA, LORD_HOWE, "UTC"];

/** Instants at which clocks change, and by how many minutes. */
const CHANGES: readonly (readonly [zone: string, at: string, minutes: number])[] = [
  [BERLIN, "2026-03-29T01:00Z", 60],
  [BERLIN, "2026-10-25T01:00Z", -60],
  [BERLIN, "2027-03-28T01:00Z", 60],
  [BERLIN, "2027-10-31T01:00Z", -60],
  [NEW_YORK, "2026-03-08T07:00Z", 60],
  [NEW_YORK, "2026-11-01T06:00Z", -60],
  [NEW_YORK, "2027-03-14T07:00Z", 60],
  [NEW_YORK, "2027-11-07T06:00Z", -60],
  [LORD_HOWE, "2026-04-04T15:00Z", -30],
  [LORD_HOWE, "2026-10-03T15:30Z", 30],
  [LORD_HOWE, "2027-04-03T15:00Z", -30],
  [LORD_HOWE, "2027-10-02T15:30Z", 30],
];

/** The wall clock by other means than the axis: "2026-10-25 02:30", and the same as Unix ms. */
const clocks = new Map(
  ZONES.map((timeZone) => [
    timeZone,
    new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "short" }),
  ]),
);
const shown = (zone: string, at: number): string => clocks.get(zone)!.format(at);
const wall = (zone: string, at: number): number =>
  Date.parse(`${shown(zone, at).replace(" ", "T")}Z`);

const time = (text: string): number => Date.parse(text);
const ticksOf = (zone: string, from: string, to: string, most: number): string[] =>
  timeTicks(time(from), time(to), most, zone).map((at) => shown(zone, at));
const hours = (ticks: readonly number[]): number[] =>
  ticks.slice(1).map((at, i) => (at - ticks[i]!) / HOUR);

describe("a zone", () => {
  test.each(CHANGES)("%s changes at %s by %d minutes", (zone, at, minutes) => {
    const [before, after] = [time(at) - 1, time(at)].map((at) => offsetAt(zone, at));
    expect((after! - before!) / MINUTE).toBe(minutes);
  });
  test("has an offset at every time that there is", () => {
    expect(offsetAt(KOLKATA, 0)).toBe(5.5 * HOUR);
    expect(offsetAt("America/St_Johns", time("2026-01-01T00:00Z"))).toBe(-3.5 * HOUR);
    expect(offsetAt(BERLIN, -8.64e15)).toBe((53 * 60 + 28) * 1_000);
    expect(Object.is(offsetAt("Europe/London", time("2026-01-01T00:00Z")), 0)).toBe(true);
    expect(offsetAt(BERLIN, 8.64e15 + DAY)).toBe(offsetAt(BERLIN, 8.64e15));
  });
  test("shows a time once, twice or never", () => {
    const berlin = (text: string) =>
      instantsOf(BERLIN, time(text)).map((at) => new Date(at).toISOString().slice(0, 16));
    expect(berlin("2026-10-25T12:00Z")).toEqual(["2026-10-25T11:00"]);
    expect(berlin("2026-10-25T02:30Z")).toEqual(["2026-10-25T00:30", "2026-10-25T01:30"]);
    expect(berlin("2026-10-25T03:00Z")).toEqual(["2026-10-25T02:00"]);
    expect(berlin("2026-03-29T02:30Z")).toEqual([]);
    expect(berlin("2026-03-29T03:00Z")).toEqual(["2026-03-29T01:00"]);
  });
  test("starts a day later when midnight is skipped", () => {
    const cairo = firstInstantOf("Africa/Cairo", time("2026-04-24T00:00Z"));
    expect(new Date(wallAt("Africa/Cairo", cairo)).toISOString()).toBe("2026-04-24T01:00:00.000Z");
  });
  test("has a name", () => {
    expect(zoneName(BERLIN, time("2026-11-24T12:00Z"))).toBe("Europe/Berlin (GMT+1)");
    expect(zoneName(KOLKATA, 0)).toBe("Asia/Kolkata (GMT+5:30)");
    expect(zoneName("UTC", 0)).toBe("UTC");
    expect(() => offsetAt(localZone(), 0)).not.toThrow();
  });
  test("writes times into fields, and reads them", () => {
    const at = time("2026-11-24T13:02Z");
    expect(fieldOf(BERLIN, at + 42_000)).toBe("2026-11-24T14:02");
    expect(timeOfField(BERLIN, "2026-11-24T14:02")).toBe(at);
    expect(timeOfField(BERLIN, "2026-03-29T02:30")).toBe(time("2026-03-29T01:30Z"));
    expect(timeOfField(BERLIN, "2026-10-25T02:30")).toBe(time("2026-10-25T00:30Z"));
    expect(timeOfField(BERLIN, "")).toBe(undefined);
    expect(timeOfField(BERLIN, "2026-13-24T14:02")).toBe(undefined);
  });
});

describe("ticks across a change of the clock", () => {
  test("midnights stay at midnight: a day of 23 hours", () => {
    const ticks = timeTicks(time("2026-03-27T23:00Z"), time("2026-03-30T22:00Z"), 4, BERLIN);
    expect(ticks.map((at) => shown(BERLIN, at).slice(11))).toEqual(Array(4).fill("00:00"));
    expect(hours(ticks)).toEqual([24, 23, 24]);
  });
  test("midnights stay at midnight: a day of 25 hours", () => {
    const ticks = timeTicks(time("2026-10-31T04:00Z"), time("2026-11-03T05:00Z"), 4, NEW_YORK);
    expect(ticks.map((at) => shown(NEW_YORK, at).slice(11))).toEqual(Array(4).fill("00:00"));
    expect(hours(ticks)).toEqual([24, 25, 24]);
  });
  test("an hour that comes twice has both its ticks", () => {
    expect(ticksOf(BERLIN, "2026-10-24T23:00Z", "2026-10-25T03:00Z", 5)).toEqual(
      ["01:00", "02:00", "02:00", "03:00", "04:00"].map((clock) => `2026-10-25 ${clock}`),
    );
    expect(ticksOf(NEW_YORK, "2027-11-07T05:00Z", "2027-11-07T07:00Z", 5)).toEqual(
      ["01:00", "01:30", "01:00", "01:30", "02:00"].map((clock) => `2027-11-07 ${clock}`),
    );
  });
  test("an hour that is skipped has none", () => {
    expect(ticksOf(BERLIN, "2027-03-28T00:00Z", "2027-03-28T02:00Z", 3)).toEqual(
      ["01:00", "03:00", "04:00"].map((clock) => `2027-03-28 ${clock}`),
    );
    expect(ticksOf(NEW_YORK, "2026-03-08T05:00Z", "2026-03-08T11:00Z", 4)).toEqual(
      ["00:00", "04:00", "06:00"].map((clock) => `2026-03-08 ${clock}`),
    );
  });
  test("longer steps have the first of two times only", () => {
    const ticks = timeTicks(time("2026-10-24T22:00Z"), time("2026-10-25T07:00Z"), 5, BERLIN);
    expect(ticks.map((at) => shown(BERLIN, at).slice(11))).toEqual([
      "00:00",
      "02:00",
      "04:00",
      "06:00",
      "08:00",
    ]);
    expect(hours(ticks)).toEqual([2, 3, 2, 2]);
  });
  test("half an hour that comes twice", () =>
    expect(ticksOf(LORD_HOWE, "2026-04-04T14:00Z", "2026-04-04T16:00Z", 5)).toEqual(
      ["01:00", "01:30", "01:30", "02:00", "02:30"].map((clock) => `2026-04-05 ${clock}`),
    ));
  test("whole hours of a zone that is half an hour off", () =>
    expect(ticksOf(KOLKATA, "2026-11-24T12:00Z", "2026-11-24T15:00Z", 3)).toEqual(
      ["18:00", "19:00", "20:00"].map((clock) => `2026-11-24 ${clock}`),
    ));
  test("a day that never was has none", () => {
    const [from, to] = [time("2011-12-29T10:00Z"), time("2012-01-01T10:00Z")];
    const ticks = timeTicks(from, to, 4, "Pacific/Apia");
    expect(ticks.map((at) => new Date(wallAt("Pacific/Apia", at)).getUTCDate())).toEqual([
      29, 31, 1, 2,
    ]);
  });
});

describe("ticks of long ranges", () => {
  test("weeks start on Monday", () => {
    const ticks = timeTicks(time("2026-10-01T00:00Z"), time("2026-11-15T00:00Z"), 8, BERLIN);
    expect(ticks.map((at) => shown(BERLIN, at))).toEqual(
      ["10-05", "10-12", "10-19", "10-26", "11-02", "11-09"].map((day) => `2026-${day} 00:00`),
    );
  });
  test("months start on the first, quarters with the year", () => {
    const year = ["2026-01-10T00:00Z", "2027-01-10T00:00Z"] as const;
    expect(ticksOf(NEW_YORK, ...year, 12)[0]).toBe("2026-02-01 00:00");
    expect(ticksOf(NEW_YORK, ...year, 12)).toHaveLength(12);
    expect(ticksOf(NEW_YORK, ...year, 4)).toEqual(
      ["2026-04", "2026-07", "2026-10", "2027-01"].map((month) => `${month}-01 00:00`),
    );
  });
  test("years, and multiples of them", () => {
    expect(ticksOf("UTC", "2019-06-01T00:00Z", "2026-06-01T00:00Z", 4)).toEqual(
      ["2020", "2022", "2024", "2026"].map((year) => `${year}-01-01 00:00`),
    );
    expect(ticksOf(BERLIN, "1970-06-01T00:00Z", "2070-06-01T00:00Z", 5)).toEqual(
      ["1980", "2000", "2020", "2040", "2060"].map((year) => `${year}-01-01 00:00`),
    );
  });
  test("all of time, and its ends", () => {
    const END = 8.64e15;
    for (const zone of ZONES)
      for (const [from, to] of [
        [-END, END],
        [0, END],
        [END - HOUR, END + HOUR],
      ] as const) {
        const ticks = timeTicks(from, to, 10, zone);
        expect(ticks.length).toBeLessThanOrEqual(10);
        expect(timeLabels(ticks, zone)).toHaveLength(ticks.length);
      }
  });
  test("no range, no room", () => {
    expect(timeTicks(HOUR, 0, 5, BERLIN)).toEqual([]);
    expect(timeTicks(Number.NaN, 0, 5, BERLIN)).toEqual([]);
    expect(timeTicks(0, HOUR, 0, BERLIN)).toEqual([]);
    expect(timeTicks(HOUR, HOUR, 1, "UTC")).toEqual([HOUR]);
  });
});

const SHORT = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720].map((step) => step * MINUTE);

describe("laws", () => {
  const nearChange = fc
    .constantFrom(...CHANGES, [KOLKATA, "2026-11-24T00:00Z", 0], ["UTC", "2026-11-24T00:00Z", 0])
    .chain(([zone, at]) =>
      fc.record({
        zone: fc.constant(zone as string),
        from: fc.integer({ min: -2 * DAY, max: 3 * HOUR }).map((ms) => time(at as string) + ms),
        span: fc.oneof(fc.integer({ min: 0, max: 4 * HOUR }), fc.integer({ min: 0, max: 3 * DAY })),
        most: fc.integer({ min: 1, max: 24 }),
      }),
    );

  test("are the minutes of the range at which the clock shows a multiple of the finest step", () => {
    fc.assert(
      fc.property(nearChange, ({ zone, from, span, most }) => {
        const to = from + span;
        const minutes: [at: number, wall: number][] = [];
        for (let at = Math.ceil(from / MINUTE) * MINUTE; at <= to; at += MINUTE)
          minutes.push([at, wall(zone, at)]);
        const expected = SHORT.map((step) =>
          minutes.filter(
            ([at, shown]) =>
              shown % step === 0 &&
              // The first of two, when the step is long: changes go back by an hour at most.
              (step <= HOUR || ![HOUR / 2, HOUR].some((ms) => wall(zone, at - ms) === shown)),
          ),
        ).find((ticks) => ticks.length <= most);
        const ticks = timeTicks(from, to, most, zone);
        if (expected !== undefined) expect(ticks).toEqual(expected.map(([at]) => at));
        else for (const at of ticks) expect(wall(zone, at) % DAY).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  const anywhere = fc.record({
    zone: fc.constantFrom(...ZONES),
    // Before, Lord Howe skipped a midnight.
    from: fc.integer({ min: time("1985-01-01T00:00Z"), max: time("2100-01-01T00:00Z") }),
    span: fc.double({ min: 3, max: 12.7, noNaN: true }).map((power) => Math.floor(10 ** power)),
    most: fc.integer({ min: 1, max: 30 }),
  });
  test("ascend in the range, at most as many as fit, from midnight when days apart", () => {
    fc.assert(
      fc.property(anywhere, ({ zone, from, span, most }) => {
        const ticks = timeTicks(from, from + span, most, zone);
        expect(ticks.length).toBeLessThanOrEqual(most);
        ticks.forEach((at, i) => {
          expect(at >= from && at <= from + span).toBe(true);
          if (i > 0) expect(at).toBeGreaterThan(ticks[i - 1]!);
          if (span > 3 * DAY * most) expect(shown(zone, at)).toMatch(/00:00$/);
        });
        // Ten minutes or more, with room for six, are never without one.
        if (most >= 6 && span >= 10 * MINUTE) expect(ticks.length).toBeGreaterThanOrEqual(1);
        expect(timeLabels(ticks, zone)).toHaveLength(ticks.length);
      }),
      { numRuns: 400 },
    );
  });
  test("labels of times near a change are all different", () => {
    fc.assert(
      fc.property(nearChange, ({ zone, from, span, most }) => {
        const ticks = timeTicks(from, from + Math.min(span, 20 * HOUR), most, zone);
        expect(new Set(timeLabels(ticks, zone)).size).toBe(ticks.length);
      }),
      { numRuns: 150 },
    );
  });
});

describe("labels", () => {
  const clock = (zone: string, at: string) => formatClock(zone, time(at));
  const date = (zone: string, at: string) => formatDate(zone, time(at));
  const year = (year: number) => formatYear("UTC", Date.UTC(year, 6));
  const labels = (zone: string, from: string, to: string, most: number): string[] =>
    timeLabels(timeTicks(time(from), time(to), most, zone), zone);

  test("the date stands under the first time of each local day", () =>
    expect(labels(NEW_YORK, "2026-11-24T03:00Z", "2026-11-24T06:00Z", 4)).toEqual([
      `${clock(NEW_YORK, "2026-11-24T03:00Z")}\n${date(NEW_YORK, "2026-11-24T03:00Z")}`,
      clock(NEW_YORK, "2026-11-24T04:00Z"),
      `${clock(NEW_YORK, "2026-11-24T05:00Z")}\n${date(NEW_YORK, "2026-11-24T05:00Z")}`,
      clock(NEW_YORK, "2026-11-24T06:00Z"),
    ]));
  test("the offset stands under a time that comes twice", () =>
    expect(labels(BERLIN, "2026-10-25T00:00Z", "2026-10-25T02:00Z", 5)).toEqual([
      `${clock(BERLIN, "2026-10-25T00:00Z")}\n${date(BERLIN, "2026-10-25T00:00Z")} GMT+2`,
      `${clock(BERLIN, "2026-10-25T00:30Z")}\nGMT+2`,
      `${clock(BERLIN, "2026-10-25T01:00Z")}\nGMT+1`,
      `${clock(BERLIN, "2026-10-25T01:30Z")}\nGMT+1`,
      clock(BERLIN, "2026-10-25T02:00Z"),
    ]));
  test("the year stands under the first day of each year", () =>
    expect(labels(BERLIN, "2026-12-29T23:00Z", "2027-01-01T23:00Z", 4)).toEqual([
      `${date(BERLIN, "2026-12-30T12:00Z")}\n${year(2026)}`,
      date(BERLIN, "2026-12-31T12:00Z"),
      `${date(BERLIN, "2027-01-01T12:00Z")}\n${year(2027)}`,
      date(BERLIN, "2027-01-02T12:00Z"),
    ]));
  test("a day of 23 hours is a day", () =>
    expect(labels(BERLIN, "2026-03-28T23:00Z", "2026-03-29T22:00Z", 2)).toEqual([
      `${date(BERLIN, "2026-03-29T12:00Z")}\n${year(2026)}`,
      date(BERLIN, "2026-03-30T12:00Z"),
    ]));
  test("months and years", () => {
    expect(labels(KOLKATA, "2026-11-30T18:30Z", "2027-02-01T00:00Z", 3)).toEqual(
      ["2026-12-15", "2027-01-15", "2027-02-15"].map((day, i) => {
        const month = formatMonth(KOLKATA, time(`${day}T00:00Z`));
        return i === 0 ? `${month}\n${year(2026)}` : i === 1 ? `${month}\n${year(2027)}` : month;
      }),
    );
    expect(labels("UTC", "2020-01-01T00:00Z", "2023-01-01T00:00Z", 4)).toEqual([
      year(2020),
      year(2021),
      year(2022),
      year(2023),
    ]);
  });
  test("one tick, or none", () => {
    const midnight = time("2026-11-23T23:00Z");
    expect(timeLabels([midnight], BERLIN)).toEqual([
      `${formatDate(BERLIN, midnight)}\n${year(2026)}`,
    ]);
    expect(timeLabels([midnight + HOUR], BERLIN)[0]).toContain(
      formatClock(BERLIN, midnight + HOUR),
    );
    expect(timeLabels([], BERLIN)).toEqual([]);
  });
});
