// Laws of times: every instant is read back from every way to write it, in every unit.

import fc from "fast-check";
import { expect, test } from "vitest";
import * as LIMITS from "../../../src/core/limits.ts";
import { parseTime, type Precision, timestampToMs } from "../../../src/core/time.ts";
import { DAY, HOUR, MINUTE } from "../../../src/core/tiers.ts";

const NOW = Date.UTC(2026, 10, 20, 12);
const at = fc.integer({ min: LIMITS.earliestAt, max: Date.UTC(2100, 0, 1) });

const expectTime = (text: string, expected: number): void =>
  expect(parseTime(text, NOW)).toEqual({ ok: true, value: expected });

test("ISO 8601, as far as it goes", () => {
  fc.assert(
    fc.property(at, (time) => {
      const iso = new Date(time).toISOString();
      expectTime(iso, time);
      expectTime(iso.slice(0, -1), time);
      expectTime(iso.replace("T", " "), time);
      expectTime(iso.slice(0, 19), Math.floor(time / 1000) * 1000);
      expectTime(iso.slice(0, 16), Math.floor(time / MINUTE) * MINUTE);
      expectTime(iso.slice(0, 10), Math.floor(time / DAY) * DAY);
    }),
  );
});

test("ISO 8601 with a zone, also when its plus became a space", () => {
  fc.assert(
    fc.property(at, fc.integer({ min: -14 * 60, max: 14 * 60 }), (time, zone) => {
      const local = new Date(time + zone * MINUTE).toISOString().slice(0, -1);
      const two = (n: number): string => String(Math.floor(n)).padStart(2, "0");
      const offset = `${two(Math.abs(zone) / 60)}:${two(Math.abs(zone) % 60)}`;
      expectTime(`${local}${zone < 0 ? "-" : "+"}${offset}`, time);
      if (zone >= 0) expectTime(`${local} ${offset}`, time);
    }),
  );
});

test("only days that there are", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2001, max: 2400 }),
      fc.nat(13),
      fc.nat(32),
      (year, month, day) => {
        const date = new Date(Date.UTC(year, month - 1, day));
        const exists =
          date.getUTCFullYear() === year &&
          date.getUTCMonth() === month - 1 &&
          date.getUTCDate() === day;
        const two = (n: number): string => String(n).padStart(2, "0");
        const text = `${year}-${two(month)}-${two(day)}`;
        expect(parseTime(text, NOW).ok).toBe(exists);
        expect(parseTime(`${text}T10:00:00Z`, NOW).ok).toBe(exists);
      },
    ),
  );
});

test("relative times", () => {
  const units = { s: 1_000, m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY, y: 365 * DAY };
  fc.assert(
    fc.property(fc.nat(2_000), fc.constantFrom("s", "m", "h", "d", "w", "y"), (amount, unit) => {
      const ms = amount * units[unit];
      for (const now of ["", "now"]) {
        expectTime(`${now}-${amount}${unit}`, NOW - ms);
        expectTime(`${now}+${amount}${unit}`, NOW + ms);
        expectTime(`${now} ${amount}${unit}`, NOW + ms);
      }
    }),
  );
});

test("numbers in every unit, with what they are finer than a millisecond cut off", () => {
  fc.assert(
    fc.property(at, (time) => {
      const read = (timestamp: number, precision: Precision): unknown =>
        timestampToMs(timestamp, precision);
      const expected = { ok: true, value: time };
      expect(read(time, "ms")).toEqual(expected);
      expect(read(time + 0.5, "ms")).toEqual(expected);
      expect(read(time / 1_000, "s")).toEqual(expected);
      expect(read(time * 1_000 + 999, "us")).toEqual(expected);
      expect(read(time * 1_000_000 + 500_000, "ns")).toEqual(expected);
      expectTime(String(time), time);
      expect(parseTime(String(time / 1_000), NOW, "s")).toEqual(expected);
    }),
  );
});

test("a number in another unit is refused with the unit that it must be", () => {
  const factors: Readonly<Record<Precision, number>> = { s: 1e-3, ms: 1, us: 1e3, ns: 1e6 };
  const unit = fc.constantFrom<Precision>("s", "ms", "us", "ns");
  fc.assert(
    fc.property(at, unit, unit, (time, meant, said) => {
      const read = timestampToMs(Math.round(time * factors[meant]), said);
      expect(read.ok).toBe(meant === said);
      if (!read.ok) expect(read.error).toContain(`add precision=${meant}`);
    }),
  );
});

test("any text is a time within what a Date can hold, or an error that quotes it", () => {
  const text = fc.oneof(
    fc.string({ maxLength: 30 }),
    fc.string({ unit: fc.constantFrom(..."0123456789-+:.TZ nowsmhdy"), maxLength: 30 }),
  );
  fc.assert(
    fc.property(text, (any) => {
      const read = parseTime(any, NOW);
      if (read.ok) expect(new Date(read.value).toISOString()).toMatch(/Z$/);
      else expect(read.error.length).toBeLessThan(200);
    }),
    { numRuns: 5_000 },
  );
});
