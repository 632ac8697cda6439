// A range as people type it: "last 45 minutes", "-6h", "yesterday", "24 Nov 14:00 to 15:30". Pure. Loaded with the
// form of a range.

import * as LIMITS from "../core/limits.ts";
import { err, ok, type Result } from "../core/result.ts";
import { DAY, HOUR, MINUTE } from "../core/tiers.ts";
import { spanOf } from "./spans.ts";
import type { Range } from "./url.ts";
import { firstInstantOf, wallAt } from "./zone.ts";

/** What it is relative to: the time, Unix ms, and the zone that is shown. */
interface Here {
  readonly now: number;
  readonly zone: string;
}

const UNITS: readonly (readonly [words: RegExp, ms: number])[] = [
  [/^s(ec(ond)?s?)?$/, 1_000],
  [/^m(in(ute)?s?)?$/, MINUTE],
  [/^h((ou)?rs?)?$/, HOUR],
  [/^d(ays?)?$/, DAY],
  [/^w((ee)?ks?)?$/, 7 * DAY],
  [/^mo(n(th)?s?)?$/, 30 * DAY],
  [/^y((ea)?rs?)?$/, 365 * DAY],
];

/** "45 minutes", "90m", "1.5 h", "1h30m", "hour": ms. */
function lengthIn(text: string): number | undefined {
  const parts = text.match(/^(?:(?:\d+(?:\.\d+)?|an?)?\s*[a-z]+\s*)+$/)
    ? [...text.matchAll(/(\d+(?:\.\d+)?|\ban?\b)?\s*([a-z]+)/g)]
    : [];
  let sum = 0;
  for (const [, amount = "1", unit = ""] of parts) {
    const ms = UNITS.find(([words]) => words.test(unit))?.[1];
    if (ms === undefined) return undefined;
    sum += (amount.startsWith("a") ? 1 : Number(amount)) * ms;
  }
  return sum > 0 ? sum : undefined;
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/** The start of a day on the wall, of "2026-11-24", "24 Nov" (of the last year in which it was), "today". */
function dayIn(text: string, { now, zone }: Here): number | undefined {
  const today = Math.floor(wallAt(zone, now) / DAY) * DAY;
  if (text === "today") return today;
  if (text === "yesterday") return today - DAY;
  const iso = /^(\d{4})-(\d\d?)-(\d\d?)$/.exec(text);
  if (iso !== null) return dateOf(Number(iso[1]), Number(iso[2]) - 1, Number(iso[3]));
  const [, a, month, b, year] =
    /^(?:(\d\d?)\.? )?([a-z]{3})[a-z]*\.?(?: (\d\d?)(?!\d))?,?(?: (\d{4}))?$/.exec(text) ?? [];
  const m = MONTHS.indexOf(month ?? "");
  const day = Number(a ?? b);
  if (m < 0 || !(day > 0)) return undefined;
  if (year !== undefined) return dateOf(Number(year), m, day);
  const thisYear = new Date(today).getUTCFullYear();
  const date = dateOf(thisYear, m, day);
  return date !== undefined && date <= today ? date : dateOf(thisYear - 1, m, day);
}

/** Undefined: there is no such day. */
function dateOf(year: number, month: number, day: number): number | undefined {
  const at = Date.UTC(year, month, day);
  return new Date(at).getUTCDate() === day && new Date(at).getUTCMonth() === month ? at : undefined;
}

/** "14:00", "14:00:30", "2 pm": ms of the day. */
function clockIn(text: string): number | undefined {
  const [, h, m = "0", s = "0", half] =
    /^(\d\d?)(?::(\d\d)(?::(\d\d))?)?\s*([ap]m)?$/.exec(text) ?? [];
  if (h === undefined || (half === undefined && !text.includes(":"))) return undefined;
  const hour = half === undefined ? Number(h) : (Number(h) % 12) + (half === "pm" ? 12 : 0);
  const isTime = hour <= 24 && Number(m) < 60 && Number(s) < 60;
  return isTime ? hour * HOUR + Number(m) * MINUTE + Number(s) * 1_000 : undefined;
}

/** A time, and how long it lasts, ms: a day does. */
interface Moment {
  readonly at: number;
  readonly lasts?: number;
}

/** `day`: of times of the day that name none, on the wall. */
function momentIn(text: string, here: Here, day: number): (Moment & { day?: number }) | undefined {
  const { now, zone } = here;
  if (text === "now") return { at: now };
  const [, sign, before] = /^(?:now)?\s*([-+−])\s*(.+)$/.exec(text) ?? [];
  const ago = /^(.+) ago$/.exec(text)?.[1] ?? before;
  if (ago !== undefined) {
    const length = lengthIn(ago);
    return length === undefined ? undefined : { at: now + (sign === "+" ? length : -length) };
  }
  if (/^\d{12,14}$/.test(text)) return { at: Number(text) };
  const alone = dayIn(text, here);
  const start = (wall: number): number => firstInstantOf(zone, wall);
  if (alone !== undefined)
    return { at: start(alone), lasts: start(alone + DAY) - start(alone), day: alone };
  const [, date, clock = ""] =
    /^(?:(.+?)(?:,? at |,? |t))?(\d[\d:]*\s*(?:[ap]m)?)$/.exec(text) ?? [];
  const time = clockIn(clock);
  const on = date === undefined ? day : dayIn(date, here);
  return time === undefined || on === undefined ? undefined : { at: start(on + time), day: on };
}

const EXAMPLES = "45 minutes, -6h, yesterday, 24 Nov 14:00 to 15:30";

/** The range that is meant; the error says what is not understood. */
export function rangeIn(typed: string, here: Here): Result<Range, string> {
  const text = typed.trim().toLowerCase().replaceAll(/\s+/g, " ");
  const { now, zone } = here;
  const length = lengthIn(
    text.replace(/^(?:(?:in )?(?:the )?(?:last|past|previous) |(?:now)? ?[-−] ?)/, ""),
  );
  if (length !== undefined) return lastOf(length);
  const [first = "", second] = text
    .replace(/^(?:from|between) /, "")
    .split(/ (?:to|until|till|and|-|–|—) | ?\.\. ?/);
  const today = Math.floor(wallAt(zone, now) / DAY) * DAY;
  const from = momentIn(first, here, today);
  if (from === undefined) return err(`“${typed.trim()}” is no range: try ${EXAMPLES}.`);
  if (second === undefined)
    return between(from.at, Math.min(now, from.at + (from.lasts ?? Infinity)));
  const to = momentIn(second, here, from.day ?? today);
  if (to === undefined) return err(`“${second}” is no time: try ${EXAMPLES}.`);
  if (second === "now" && /^(?:now)? ?[-−]|ago$/.test(first)) return lastOf(now - from.at);
  return between(from.at, to.at + (to.lasts ?? 0));
}

function lastOf(length: number): Result<Range, string> {
  if (length < MINUTE) return err("A minute is the shortest range.");
  const whole = Math.round(length / MINUTE) * MINUTE;
  return whole > LIMITS.rangeMs
    ? err("That is too long.")
    : ok({ kind: "last", span: spanOf(whole) });
}

function between(from: number, to: number): Result<Range, string> {
  if (from >= to) return err("The start must be before the end.");
  if (to - from > LIMITS.rangeMs) return err("That is too long.");
  return from < LIMITS.earliestAt
    ? err("Nothing is kept from before 2001.")
    : ok({ kind: "fixed", from, to });
}
