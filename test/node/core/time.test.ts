// Times as people write them: what is understood, and what the error says of what is not.

import { describe, expect, test } from "vitest";
import { parseBodyTime, parseTime, type Precision, timestampToMs } from "../../../src/core/time.ts";

const NOW = Date.UTC(2026, 10, 20, 12);

const reads = (text: string, iso: string): void =>
  test(`"${text}"`, () => {
    expect(parseTime(text, NOW)).toEqual({ ok: true, value: Date.parse(iso) });
  });
const refuses = (text: string, error: RegExp): void =>
  test(`"${text}" is refused`, () => {
    expect(parseTime(text, NOW)).toEqual({ ok: false, error: expect.stringMatching(error) });
  });

describe("now and relative", () => {
  reads("now", "2026-11-20T12:00Z");
  reads("-90s", "2026-11-20T11:58:30Z");
  reads("-30m", "2026-11-20T11:30Z");
  reads("-6h", "2026-11-20T06:00Z");
  reads("now-7d", "2026-11-13T12:00Z");
  reads("-2w", "2026-11-06T12:00Z");
  reads("-1y", "2025-11-20T12:00Z");
  reads("+5m", "2026-11-20T12:05Z");
  reads("now+1h", "2026-11-20T13:00Z");
  reads("now 1h", "2026-11-20T13:00Z");
  reads("-0s", "2026-11-20T12:00Z");
  refuses("-", /got "-"$/);
  refuses("6h", /got "6h"$/);
  refuses("-6", /got "-6"$/);
  refuses("-6 h", /got "-6 h"$/);
  refuses("-1.5h", /got "-1.5h"$/);
  refuses("-1h30m", /got "-1h30m"$/);
  refuses("-1M", /got "-1M"$/);
  refuses("now()", /got "now\(\)"$/);
  refuses(" now", /got " now"$/);
  refuses("-1000000000s", /got "-1000000000s"$/);
  refuses("-999999999w", /^"-999999999w" is too far away$/);
});

describe("Unix milliseconds", () => {
  reads("1795176000000", "2026-11-20T12:00Z");
  reads("1795176000000.9", "2026-11-20T12:00Z");
  reads("1000000000000", "2001-09-09T01:46:40Z");
  reads("0", "2001-09-09T01:46:40Z");
  refuses("1", /^1 milliseconds is before 2001/);
  refuses("999999999999", /^999999999999 milliseconds is before 2001/);
  refuses("1795176000", /it looks like seconds, give milliseconds$/);
  refuses("1795176000000000", /it looks like microseconds, give milliseconds$/);
  refuses("1795176000000000000", /it looks like nanoseconds, give milliseconds$/);
  refuses("1e12", /got "1e12"$/);
  refuses("-5", /got "-5"$/);
  refuses("0x1000000000000", /got "0x/);
});

describe("ISO 8601", () => {
  reads("2026-11-20", "2026-11-20T00:00Z");
  reads("2026-11-20T10:30", "2026-11-20T10:30Z");
  reads("2026-11-20 10:30:05", "2026-11-20T10:30:05Z");
  reads("2026-11-20T10:30:05.123Z", "2026-11-20T10:30:05.123Z");
  reads("2026-11-20T10:30:05.123456789Z", "2026-11-20T10:30:05.123Z");
  reads("2026-11-20t10:30:05z", "2026-11-20T10:30:05Z");
  reads("2026-11-20T10:30+02:00", "2026-11-20T08:30Z");
  reads("2026-11-20T10:30 02:00", "2026-11-20T08:30Z");
  reads("2026-11-20T10:30-05:30", "2026-11-20T16:00Z");
  reads("2024-02-29", "2024-02-29T00:00Z");
  reads("2026-11-20T24:00Z", "2026-11-21T00:00Z");
  reads("1969-07-20", "1969-07-20T00:00Z");
  refuses("2026-02-29", /got "2026-02-29"$/);
  refuses("2026-11-31T10:00Z", /got/);
  refuses("2026-13-01", /got/);
  refuses("2026-00-10", /got/);
  refuses("2026-11-20T25:00Z", /got/);
  refuses("2026-11-20T10:60Z", /got/);
  refuses("2026-11-20T10", /got/);
  refuses("2026-11", /got/);
  refuses("20261120", /before 2001/);
  refuses("20.11.2026", /got/);
  refuses("Fri, 20 Nov 2026 12:00:00 GMT", /got/);
  refuses("2026-11-20Z", /got/);
  reads("2026-11-20T10:30+0200", "2026-11-20T08:30Z");
  reads("2026-11-20T10:30 0200", "2026-11-20T08:30Z");
  reads("2026-11-20T10:30+02", "2026-11-20T08:30Z");
  reads("2026-11-20T10:30:05,5Z", "2026-11-20T10:30:05.500Z");
  reads("2026-11-20T10:30:59.9999999999Z", "2026-11-20T10:30:59.999Z");
  refuses("2026-11-20T10:30+2", /got/);
  refuses("2026-11-20T10:30+02:0", /got/);
  refuses("2026-11-20T10:30+24:00", /got/);
  refuses("2026-11-20T10:30:05,Z", /got/);
});

describe("numbers in a unit", () => {
  const converts = (timestamp: number, precision: Precision, at: number): void =>
    test(`${timestamp} ${precision}`, () => {
      expect(timestampToMs(timestamp, precision)).toEqual({ ok: true, value: at });
    });
  const refusesNumber = (timestamp: number, precision: Precision, error: string): void =>
    test(`${timestamp} ${precision} is refused`, () => {
      expect(timestampToMs(timestamp, precision)).toEqual({ ok: false, error });
    });
  converts(NOW, "ms", NOW);
  converts(NOW + 0.999, "ms", NOW);
  converts(NOW / 1e3, "s", NOW);
  // As a double, 1795176000.123 is a little less: it must not become .122.
  converts(1795176000.123, "s", NOW + 123);
  // The end of a minute stays in it, at every precision.
  converts(1795176059.9996, "s", NOW + 59_999);
  converts(NOW + 59_999.6, "ms", NOW + 59_999);
  converts(NOW * 1e3 + 59_999_999, "us", NOW + 59_999);
  converts(NOW * 1e6 + 59_999_600_000, "ns", NOW + 59_999);
  converts(NOW * 1e3 + 999, "us", NOW);
  converts(NOW * 1e6, "ns", NOW);
  refusesNumber(5, "s", "5 seconds is before 2001");
  refusesNumber(
    NOW,
    "s",
    `${NOW} seconds is after the year 5000: it looks like milliseconds, add precision=ms`,
  );
  refusesNumber(
    NOW,
    "us",
    `${NOW} microseconds is before 2001: it looks like milliseconds, add precision=ms`,
  );
  refusesNumber(Infinity, "ms", "expected a time, got Infinity");
  refusesNumber(Number.NaN, "ms", "expected a time, got NaN");
  refusesNumber(-NOW, "ms", `${-NOW} milliseconds is before 2001`);
});

describe("texts of a body", () => {
  const converts = (text: string, precision: Precision, at: number): void =>
    test(`${text} ${precision}`, () => {
      expect(parseBodyTime(text, precision)).toEqual({ ok: true, value: at });
    });
  const refusesText = (text: string, precision: Precision, error: RegExp): void =>
    test(`${text.slice(0, 20)} ${precision} is refused`, () => {
      expect(parseBodyTime(text, precision)).toEqual({
        ok: false,
        error: expect.stringMatching(error),
      });
    });
  converts("1795176059.9999999999", "s", NOW + 59_999);
  converts("1795176059999999999", "ns", NOW + 59_999);
  converts("1795176059999999.9", "us", NOW + 59_999);
  converts("2026-11-20T12:00:59.9999999999+00", "ns", NOW + 59_999);
  refusesText(
    "now",
    "ms",
    /^expected a number or ISO 8601, got "now" \(relative times are for add/,
  );
  refusesText("-5m", "ms", /relative/);
  refusesText("", "ms", /got ""$/);
  refusesText("2026-11-20T10:30 02:00", "ms", /got/);
  refusesText("9".repeat(1_000), "ns", /^9{77}… nanoseconds is after the year 5000$/);
  refusesText(String(NOW), "s", /add precision=ms$/);
});
