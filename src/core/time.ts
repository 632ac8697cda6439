// Times as people and programs write them, to Unix ms: numbers, ISO 8601, and in addresses relative to
// now. Parts of a millisecond are cut off, never rounded: a point stays in its own minute.

import { cut, quote } from "./text.ts";
import * as LIMITS from "./limits.ts";
import { err, ok, type Result } from "./result.ts";
import { DAY, HOUR, MINUTE } from "./tiers.ts";

/** Units of numeric timestamps. */
export const PRECISIONS = ["s", "ms", "us", "ns"] as const;
export type Precision = (typeof PRECISIONS)[number];

/** What to do about a number in another unit: only writers may name theirs. */
type Advice = (unit: Precision) => string;
const ADD_PRECISION: Advice = (unit) => `add precision=${unit}`;
const GIVE_MS: Advice = () => "give milliseconds";

const UNITS: Readonly<Record<Precision, { readonly name: string; readonly ms: number }>> = {
  s: { name: "seconds", ms: 1_000 },
  ms: { name: "milliseconds", ms: 1 },
  us: { name: "microseconds", ms: 1e-3 },
  ns: { name: "nanoseconds", ms: 1e-6 },
};

/**
 * A numeric timestamp to integer Unix ms; the error says what is wrong with it. What counts is the
 * number as it is written: 1795176000.123 s has 123 ms, though as a double it is a little less.
 */
export function timestampToMs(timestamp: number, precision: Precision): Result<number, string> {
  const at = precision === "ms" ? Math.floor(timestamp) : toMs(timestamp, precision);
  return at >= LIMITS.earliestAt && at <= LIMITS.latestAt
    ? ok(at)
    : err(outOfRange(String(timestamp), at, precision, ADD_PRECISION));
}

/** Of a double that may be near the edge of a millisecond, the digits decide. */
function toMs(timestamp: number, precision: "s" | "us" | "ns"): number {
  const perMs = precision === "us" ? 1e3 : 1e6;
  const ms = precision === "s" ? timestamp * 1_000 : timestamp / perMs;
  // A double near 1e12 is wrong by less than 0.001 after these roundings.
  const nearest = Math.round(ms);
  if (Math.abs(ms - nearest) > 0.001) return Math.floor(ms);
  const whole = precision === "s" ? nearest / 1_000 : nearest * perMs;
  return whole === timestamp ? nearest : decimalToMs(String(timestamp), precision);
}

/** Exact, whatever the number of digits; NaN when the text is no plain decimal number. */
function decimalToMs(text: string, precision: Precision): number {
  const [, whole, fraction = ""] = DECIMAL.exec(text) ?? [];
  if (whole === undefined) return Number(text) * UNITS[precision].ms;
  switch (precision) {
    case "s":
      return Number(whole + fraction.slice(0, 3).padEnd(3, "0"));
    case "ms":
      return Number(whole);
    case "us":
      return Number(whole.slice(0, -3));
    case "ns":
      return Number(whole.slice(0, -6));
  }
}

const DECIMAL = /^(\d+)(?:\.(\d+))?$/;

function outOfRange(given: string, at: number, precision: Precision, advice: Advice): string {
  const number = Number(given);
  if (!Number.isFinite(number) && !DECIMAL.test(given)) return `expected a time, got ${given}`;
  const fits = PRECISIONS.find((other) => {
    const ms = number * UNITS[other].ms;
    return ms >= LIMITS.earliestAt && ms <= LIMITS.latestAt;
  });
  const hint = fits === undefined ? "" : `: it looks like ${UNITS[fits].name}, ${advice(fits)}`;
  const where = at < LIMITS.earliestAt ? "before 2001" : "after the year 5000";
  return `${cut(given)} ${UNITS[precision].name} is ${where}${hint}`;
}

function parseDecimal(text: string, precision: Precision, advice: Advice): Result<number, string> {
  const at = decimalToMs(text, precision);
  return at >= LIMITS.earliestAt && at <= LIMITS.latestAt
    ? ok(at)
    : err(outOfRange(text, at, precision, advice));
}

/** A time that is a text in a body: a number in the unit of `precision`, or ISO 8601. */
export function parseBodyTime(text: string, precision: Precision): Result<number, string> {
  if (DECIMAL.test(text)) return parseDecimal(text, precision, ADD_PRECISION);
  const at = parseIso(text);
  if (at !== undefined) return ok(at);
  const why = RELATIVE.test(text) && text !== "" ? " (relative times are for addresses)" : "";
  return err(`expected a number or ISO 8601, got ${quote(text)}${why}`);
}

/** The largest distance from 1970 that a Date can hold, ms. */
const DATE_MS = 8_640_000_000_000_000;
// In a URL, a + arrives as a space.
const RELATIVE = /^(?:now)?(?:([+ -])(\d{1,9})(s|m|h|d|w|y))?$/;
const UNIT_MS = { s: 1_000, m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY, y: 365 * DAY } as const;

/**
 * A time in an address: Unix ms, ISO 8601 (UTC when it names no zone) or relative: `now`, `-6h`,
 * `now-7d`; units s, m, h, d, w, y. 0 is the beginning. Returns Unix ms; the error says what is wrong
 * with it.
 */
export function parseTime(text: string, now: number): Result<number, string> {
  if (text === "0") return ok(LIMITS.earliestAt);
  if (DECIMAL.test(text)) return parseDecimal(text, "ms", GIVE_MS);
  const relative = text === "" ? null : RELATIVE.exec(text);
  if (relative !== null) {
    const [, sign, amount, unit] = relative;
    if (unit === undefined) return ok(now);
    const ms = Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS];
    const at = sign === "-" ? now - ms : now + ms;
    return Math.abs(at) <= DATE_MS ? ok(at) : err(`${quote(text)} is too far away`);
  }
  // In a URL, the + of a zone arrives as a space.
  const at = parseIso(text.replace(/(:\d\d(?:[.,]\d+)?) (\d\d(?::?\d\d)?)$/, "$1+$2"));
  return at !== undefined
    ? ok(at)
    : err(`expected Unix ms, ISO 8601 or a relative time like -6h or now-7d, got ${quote(text)}`);
}

const ISO =
  /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,18}))?)?(?:(Z)|([+-]\d\d)(?::?(\d\d))?)?)?$/i;

/** UTC when it names no zone; undefined when it is no ISO 8601, or no such day or time. */
function parseIso(text: string): number | undefined {
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const [, day = "", time = "00:00", second = "00", fraction = "", , hours, minutes = "00"] = match;
  const zone = hours === undefined ? "Z" : `${hours}:${minutes}`;
  const at = Date.parse(`${day}T${time}:${second}.${fraction.slice(0, 3).padEnd(3, "0")}${zone}`);
  // Date.parse takes February 30 for March 2.
  if (Number.isNaN(at) || new Date(day).toISOString().slice(0, 10) !== day) return undefined;
  return at;
}
