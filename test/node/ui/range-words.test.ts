// Ranges as people type them.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DAY, HOUR, MINUTE } from "../../../src/core/tiers.ts";
import { rangeIn } from "../../../src/ui/range-words.ts";
import { parseSpan, spanMs, spanOf } from "../../../src/ui/spans.ts";

const zone = "Europe/Berlin";
/** Sunday, 14:02:30 in Berlin. */
const now = Date.parse("2026-11-29T13:02:30Z");
const range = (typed: string, at = now) => {
  const found = rangeIn(typed, { now: at, zone });
  return !found.ok
    ? found.error
    : found.value.kind === "last"
      ? found.value.span
      : [found.value.from, found.value.to]
          .map((time) => new Date(time).toISOString().slice(0, 19))
          .join(" ");
};

describe("what ends now", () => {
  test.each([
    ["last 45 minutes", "45m"],
    ["45 minutes", "45m"],
    ["Last 45 Min", "45m"],
    ["past hour", "1h"],
    ["the last week", "7d"],
    ["-6h", "6h"],
    ["now-7d", "7d"],
    ["now - 7 d", "7d"],
    ["90m", "90m"],
    ["90 min", "90m"],
    ["120m", "2h"],
    ["2 days", "2d"],
    ["1.5 hours", "90m"],
    ["1h30m", "90m"],
    ["1 d 12 h", "36h"],
    ["3 months", "90d"],
    ["a year", "1y"],
    ["2w", "14d"],
    ["-90m to now", "90m"],
    ["2 hours ago to now", "2h"],
  ])("%s", (typed, span) => expect(range(typed)).toBe(span));
});

describe("what does not", () => {
  test.each([
    ["today", "2026-11-28T23:00:00 2026-11-29T13:02:30"],
    ["yesterday", "2026-11-27T23:00:00 2026-11-28T23:00:00"],
    ["24 Nov", "2026-11-23T23:00:00 2026-11-24T23:00:00"],
    ["Nov 24, 2025", "2025-11-23T23:00:00 2025-11-24T23:00:00"],
    ["24 december", "2025-12-23T23:00:00 2025-12-24T23:00:00"],
    ["2026-11-24", "2026-11-23T23:00:00 2026-11-24T23:00:00"],
    ["12:00", "2026-11-29T11:00:00 2026-11-29T13:02:30"],
    ["9 am to 10:30", "2026-11-29T08:00:00 2026-11-29T09:30:00"],
    ["24 Nov 14:00 to 15:30", "2026-11-24T13:00:00 2026-11-24T14:30:00"],
    ["from 2026-11-24 14:00 until 2026-11-25 02:00", "2026-11-24T13:00:00 2026-11-25T01:00:00"],
    ["2026-11-24T14:00 .. now", "2026-11-24T13:00:00 2026-11-29T13:02:30"],
    ["yesterday 22:00 – today 06:00", "2026-11-28T21:00:00 2026-11-29T05:00:00"],
    ["20 Nov to 22 Nov", "2026-11-19T23:00:00 2026-11-22T23:00:00"],
    ["-2d to -1d", "2026-11-27T13:02:30 2026-11-28T13:02:30"],
    ["3 hours ago to 1 hour ago", "2026-11-29T10:02:30 2026-11-29T12:02:30"],
    ["1795176000000 to 1795179600000", "2026-11-20T12:00:00 2026-11-20T13:00:00"],
  ])("%s", (typed, times) => expect(range(typed)).toBe(times));
  test("a day in which clocks go back has 25 hours", () =>
    expect(range("25 Oct 2026")).toBe("2026-10-24T22:00:00 2026-10-25T23:00:00"));
});

describe("what is none says so", () => {
  test.each([
    ["", "is no range"],
    ["soon", "“soon” is no range"],
    ["45 parsecs", "is no range"],
    ["30 Feb", "is no range"],
    ["25:00", "is no range"],
    ["14:00 to later", "“later” is no time"],
    ["14:00 to 13:00", "The start must be before the end"],
    ["20 seconds", "A minute is the shortest"],
    ["900 years", "too long"],
    ["24 Nov 1999", "before 2001"],
  ])("%s", (typed, words) => expect(range(typed)).toContain(words));
  test("whatever is typed has an answer, soon", () =>
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."1 9hm-:tonw.ago") }), (typed) => {
        expect(typeof range(typed)).toBe("string");
      }),
    ));
});

test("a length is written as short as it can be, and read as it was", () =>
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 * 366 * 24 * 60 }), (minutes) => {
      const span = spanOf(minutes * MINUTE);
      expect(parseSpan(span)).toBe(minutes * MINUTE);
      expect(span.length).toBeLessThan(10);
    }),
  ));

test("the choices are written as they are", () =>
  expect([15 * MINUTE, HOUR, DAY, 7 * DAY, 365 * DAY].map(spanOf)).toEqual([
    "15m",
    "1h",
    "24h",
    "7d",
    "1y",
  ]));

test("what is no length is none", () =>
  expect(["", "0m", "1", "1s", "m", "9999999y", "-1h"].map(parseSpan)).toEqual(
    Array(7).fill(undefined),
  ));

test("of a length that is none an hour is shown", () => expect(spanMs("x")).toBe(HOUR));
