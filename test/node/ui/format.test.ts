// Numbers, times and names as people read them. Words of dates depend on the locale of the system;
// what is shown, and in which zone, does not.

import { describe, expect, test } from "vitest";
import { DAY, HOUR, MINUTE } from "../../../src/core/tiers.ts";
import {
  formatAge,
  formatCount,
  formatPeriod,
  formatRange,
  formatValue,
  seriesName,
} from "../../../src/ui/format.ts";
import { formatBucket } from "../../../src/ui/moments.ts";
import { formatClock, formatDate, formatFullDate } from "../../../src/ui/zone.ts";

const decimal = (1.5).toLocaleString().charAt(1);
const local = (text: string): string => (/\de/.test(text) ? text : text.replace(".", decimal));

const BERLIN = "Europe/Berlin";
const time = (text: string): number => Date.parse(text);

test.each([
  [0, "0"],
  [-0, "0"],
  [0.42, "0.42"],
  [118.234, "118.23"],
  [1_234_567, "1.235M"],
  [-999_999_999, "-1B"],
  [2.5e14, "250T"],
  [3.1e-7, "3.1e-7"],
  [1.7e308, "1.7e308"],
  [5e-324, "4.941e-324"],
])("%d reads %s", (value, text) => expect(formatValue(value)).toBe(local(text)));

test("counts are told in full while they fit", () => {
  expect(formatCount(12_345_678)).toBe((12_345_678).toLocaleString());
  expect(formatCount(1.5e9)).toBe(local("1.5B"));
});

test.each([
  [999, "now"],
  [41_000, "41 s"],
  [3 * MINUTE, "3 min"],
  [5 * HOUR + 1, "5 h"],
  [2 * DAY, "2 d"],
])("%d ms ago is %s", (ms, text) => expect(formatAge(ms)).toBe(text));

test("a series is named by its labels", () => {
  expect(seriesName({ host: "a", zone: "eu" })).toBe("host=a · zone=eu");
  expect(seriesName({})).toBe("no labels");
});

const NOW = Date.UTC(2026, 11, 1);

describe("periods", () => {
  const at = time("2026-11-24T13:02Z");
  const [clock, date, full] = [formatClock, formatDate, formatFullDate].map(
    (format) => (at: number) => format(BERLIN, at),
  ) as [(at: number) => string, (at: number) => string, (at: number) => string];

  test("are told in the zone", () => {
    expect(formatPeriod(at, at + MINUTE, BERLIN)).toBe(
      `${full(at)}, ${clock(at)} – ${clock(at + MINUTE)}`,
    );
    expect(formatPeriod(at, at + MINUTE, BERLIN)).toMatch(/02.*03/);
    expect(formatPeriod(at, at + MINUTE, "Asia/Kolkata")).toMatch(/32.*33/);
    expect(formatRange(at, at + MINUTE, BERLIN, NOW)).toBe(
      `${date(at)}, ${clock(at)} – ${clock(at + MINUTE)}`,
    );
  });
  test("name the day of their end when it is another, in the zone", () => {
    const late = time("2026-11-24T22:30Z");
    expect(formatRange(late, late + HOUR, BERLIN, NOW)).toBe(
      `${date(late)}, ${clock(late)} – ${date(late + HOUR)}, ${clock(late + HOUR)}`,
    );
    expect(formatRange(late, late + HOUR, "UTC", NOW)).not.toContain("25");
  });
  test("of the last hour of a day end at its midnight", () => {
    const last = time("2026-11-24T22:00Z");
    expect(formatRange(last, last + HOUR, BERLIN, NOW)).toBe(
      `${date(last)}, ${clock(last)} – ${clock(last + HOUR)}`,
    );
  });
  test("of a whole day, or of no time, are not taken for each other", () => {
    const midnight = time("2026-11-23T23:00Z");
    expect(formatRange(midnight, midnight + DAY, BERLIN, NOW)).toContain(date(midnight + DAY));
    expect(formatRange(midnight, midnight, BERLIN, NOW)).toBe(
      `${date(midnight)}, ${clock(midnight)} – ${clock(midnight)}`,
    );
  });
  test("say which of two equal times they mean", () => {
    const twice = time("2026-10-25T00:30Z");
    expect(formatPeriod(twice, twice + HOUR, BERLIN)).toBe(
      `${full(twice)}, ${clock(twice)} GMT+2 – ${clock(twice + HOUR)} GMT+1`,
    );
  });
  test("of another year name it", () => {
    expect(formatRange(at, at + MINUTE, BERLIN, at + 365 * DAY)).toContain("2026");
    expect(formatRange(at, at + MINUTE, BERLIN, NOW)).not.toContain("2026");
  });
  test("of two years name both", () => {
    const text = formatRange(at, at + 365 * DAY, BERLIN, NOW);
    expect(text).toContain("2026");
    expect(text).toContain("2027");
  });
});

describe("buckets", () => {
  const day = time("2026-11-24T00:00Z");
  test("of a day are UTC days, wherever the reader is", () => {
    const texts = ["UTC", BERLIN, "America/New_York", "Pacific/Auckland"].map((zone) =>
      formatBucket(day, DAY, zone),
    );
    expect(texts).toEqual(Array(4).fill(`${formatFullDate("UTC", day)}, UTC day`));
    expect(texts[0]).toMatch(/24.*, UTC day$/);
  });
  test("of an hour or a minute are in the zone", () => {
    expect(formatBucket(day, HOUR, "Asia/Kolkata")).toBe(
      formatPeriod(day, day + HOUR, "Asia/Kolkata"),
    );
    expect(formatBucket(day, MINUTE, BERLIN)).toBe(formatPeriod(day, day + MINUTE, BERLIN));
  });
});
