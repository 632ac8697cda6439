// Times as people and programs write them, to Unix ms: numbers, ISO 8601, relative to now.

import { quote } from "./text.ts";
import * as LIMITS from "./limits.ts";
import { err, ok, type Result } from "./result.ts";
import { DAY, HOUR, MINUTE } from "./tiers.ts";

/** Units of numeric timestamps. */
export const PRECISIONS = ["s", "ms", "us", "ns"] as const;
export type Precision = (typeof PRECISIONS)[number];

/** Above this many ms (the year 5138) a number is not ms at all. */
const LATEST_AT = 100_000_000_000_000;

/** The largest distance from 1970 that a Date can hold, ms. */
const DATE_MS = 8_640_000_000_000_000;

/** What to do about a number in another unit: only writers may name theirs. */
type Advice = (unit: Precision) => string;
const ADD_PRECISION: Advice = (unit) => `add precision=${unit}`;
const GIVE_MS: Advice = () => "give milliseconds";

/** A numeric timestamp to integer Unix ms; the error says what is wrong with it. */
export function timestampToMs(
  timestamp: number,
  precision: Precision,
  advice: Advice = ADD_PRECISION,
): Result<number, string> {
  const at =
    precision === "ms"
      ? Math.floor(timestamp)
      : precision === "s"
        ? Math.round(timestamp * 1_000)
        : Math.floor(timestamp / (precision === "us" ? 1_000 : 1_000_000));
  if (at >= LIMITS.earliestAt && at <= LATEST_AT) return ok(at);
  if (!Number.isFinite(timestamp)) return err(`expected a time, got ${timestamp}`);
  const fits = PRECISIONS.find((other) => {
    const factor = { s: 1_000, ms: 1, us: 1e-3, ns: 1e-6 }[other];
    return timestamp * factor >= LIMITS.earliestAt && timestamp * factor <= LATEST_AT;
  });
  const hint = fits === undefined ? "" : `: it looks like ${UNIT[fits]}, ${advice(fits)}`;
  return err(
    at < LIMITS.earliestAt
      ? `${timestamp} ${UNIT[precision]} is before 2001${hint}`
      : `${timestamp} ${UNIT[precision]} is after the year 5000${hint}`,
  );
}

const UNIT: Readonly<Record<Precision, string>> = {
  s: "seconds",
  ms: "milliseconds",
  us: "microseconds",
  ns: "nanoseconds",
};

// In a URL, a + arrives as a space.
const RELATIVE = /^(?:now)?(?:([+ -])(\d{1,9})(s|m|h|d|w|y))?$/;
const ISO = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?$/i;
const UNIT_MS = { s: 1_000, m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY, y: 365 * DAY } as const;

/**
 * A time in a parameter: Unix ms, ISO 8601 (UTC when it names no zone) or relative: `now`, `-6h`,
 * `now-7d`; units s, m, h, d, w, y. Returns Unix ms; the error says what is wrong with it.
 * `precision` is the unit of numbers where the writer may name it.
 */
export function parseTime(
  text: string,
  now: number,
  precision?: Precision,
): Result<number, string> {
  if (/^\d+(?:\.\d+)?$/.test(text))
    return precision === undefined
      ? timestampToMs(Number(text), "ms", GIVE_MS)
      : timestampToMs(Number(text), precision);
  const relative = text === "" ? null : RELATIVE.exec(text);
  if (relative !== null) {
    const [, sign, amount, unit] = relative;
    if (unit === undefined) return ok(now);
    const ms = Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS];
    const at = sign === "-" ? now - ms : now + ms;
    return Math.abs(at) <= DATE_MS ? ok(at) : err(`${quote(text)} is too far away`);
  }
  // In a URL, the + of a zone arrives as a space.
  const iso = text.replace(/ (\d\d:\d\d)$/, (space, zone: string) =>
    /[T ]\d\d:\d\d.* \d\d:\d\d$/.test(text) ? `+${zone}` : space,
  );
  const match = ISO.exec(iso);
  if (match !== null) {
    const at = Date.parse(iso.length > 10 && match[1] === undefined ? `${iso}Z` : iso);
    // Date.parse takes February 30 for March 2.
    const day = iso.slice(0, 10);
    if (!Number.isNaN(at) && new Date(day).toISOString().slice(0, 10) === day) return ok(at);
  }
  return err(
    `expected Unix ms, ISO 8601 or a relative time like -6h or now-7d, got ${quote(text)}`,
  );
}
