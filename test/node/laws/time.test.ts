// Laws of times: every instant is read back from every way to write it, in every unit.

import fc from "fast-check";
import { expect, test } from "vitest";
import * as LIMITS from "../../../src/core/limits.ts";
import { parseBodyTime, parseTime, type Precision, timestampToMs } from "../../../src/core/time.ts";
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
      const sign = zone < 0 ? "-" : "+";
      expectTime(`${local}${sign}${offset.replace(":", "")}`, time);
      if (zone % 60 === 0) expectTime(`${local}${sign}${offset.slice(0, 2)}`, time);
      expectTime(`${local.replace(".", ",")}${sign}${offset}`, time);
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
      expect(read(time * 1_000_000, "ns")).toEqual(expected);
      expectTime(String(time), time);
      expect(parseBodyTime(String(time / 1_000), "s")).toEqual(expected);
    }),
  );
});

const PICOSECONDS: Readonly<Record<Precision, bigint>> = {
  s: 1_000_000_000_000n,
  ms: 1_000_000_000n,
  us: 1_000_000n,
  ns: 1_000n,
};
const precision = fc.constantFrom<Precision>("s", "ms", "us", "ns");

/** Picoseconds, as plain decimal text in a unit. */
const written = (picoseconds: bigint, unit: Precision): string => {
  const [whole, rest] = [picoseconds / PICOSECONDS[unit], picoseconds % PICOSECONDS[unit]];
  const digits = String(PICOSECONDS[unit]).length - 1;
  const fraction = String(rest).padStart(digits, "0").replace(/0+$/, "");
  return fraction === "" ? String(whole) : `${whole}.${fraction}`;
};
/** Any, and those next to the edge of a minute or a millisecond. */
const picoseconds = fc.oneof(
  fc.tuple(at, fc.bigInt({ min: 0n, max: 999_999_999n })),
  fc.tuple(
    at.map((time) => Math.floor(time / MINUTE) * MINUTE - 1),
    fc.bigInt({ min: 999_999_000n, max: 999_999_999n }),
  ),
  fc.tuple(at, fc.constantFrom(0n, 1n, 600_000_000n, 999_999_999n)),
);

test("a time given as text is cut to its millisecond, exactly, at every precision", () => {
  fc.assert(
    fc.property(picoseconds, precision, ([ms, more], unit) => {
      fc.pre(ms >= LIMITS.earliestAt);
      const text = written(BigInt(ms) * 1_000_000_000n + more, unit);
      expect(parseBodyTime(text, unit), text).toEqual({ ok: true, value: ms });
    }),
    { numRuns: 5_000 },
  );
});

test("a number is cut as the digits say that it is written with", () => {
  const near = fc.tuple(
    at,
    fc.constantFrom(-1, 0, 1),
    fc.constantFrom(0, 1e-7, 1e-4, 0.0004, 0.9996),
  );
  fc.assert(
    fc.property(
      fc.oneof(near, fc.tuple(at, fc.constant(0), fc.double({ min: 0, max: 1, noNaN: true }))),
      precision,
      ([ms, step, part], unit) => {
        const factor = { s: 1e-3, ms: 1, us: 1e3, ns: 1e6 }[unit];
        const number = (ms + step + part) * factor;
        const [whole = "", fraction = ""] = String(number).split(".");
        const scaled = BigInt(whole + fraction.padEnd(9, "0").slice(0, 9));
        const perMs = {
          s: 1_000_000n,
          ms: 1_000_000_000n,
          us: 1_000_000_000_000n,
          ns: 1_000_000_000_000_000n,
        }[unit];
        fc.pre(ms + step >= LIMITS.earliestAt);
        expect(timestampToMs(number, unit), String(number)).toEqual({
          ok: true,
          value: Number(scaled / perMs),
        });
      },
    ),
    { numRuns: 5_000 },
  );
});

test("a text of a body is no relative time", () => {
  fc.assert(
    fc.property(
      fc.nat(2_000),
      fc.constantFrom("s", "m", "h", "d", "w", "y"),
      precision,
      (n, unit, of) => {
        for (const text of [`-${n}${unit}`, `now-${n}${unit}`, `now+${n}${unit}`, "now"])
          expect(parseBodyTime(text, of)).toMatchObject({
            ok: false,
            error: expect.stringContaining("addresses"),
          });
      },
    ),
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
      for (const read of [parseTime(any, NOW), parseBodyTime(any, "ms"), parseBodyTime(any, "ns")])
        if (read.ok) expect(new Date(read.value).toISOString()).toMatch(/Z$/);
        else expect(read.error.length).toBeLessThan(200);
    }),
    { numRuns: 5_000 },
  );
});
