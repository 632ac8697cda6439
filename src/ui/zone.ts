// A time zone by its IANA name: its offset from UTC, its wall clock, and how it writes times. Pure.
// A "wall" time is what a clock in the zone shows, as ms since 1970-01-01 00:00 on that clock.

import { DAY } from "../core/tiers.ts";

const KINDS = {
  clock: { hour: "2-digit", minute: "2-digit" },
  second: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  part: { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 },
  date: { day: "numeric", month: "short" },
  month: { month: "short" },
  year: { year: "numeric" },
  fullDate: { weekday: "short", day: "numeric", month: "short", year: "numeric" },
} as const satisfies Readonly<Record<string, Intl.DateTimeFormatOptions>>;

const made = new Map<string, Intl.DateTimeFormat>();

/** A formatter takes 50 µs to make and 1 µs to use. */
function formatter(
  kind: string,
  zone: string,
  locale: string | undefined,
  options: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  const key = `${kind} ${zone}`;
  let found = made.get(key);
  if (found === undefined) {
    found = new Intl.DateTimeFormat(locale, { ...options, timeZone: zone });
    made.set(key, found);
  }
  return found;
}

/** Largest time that JavaScript knows, Unix ms: beyond it, formatters throw. */
const LATEST = 8_640_000_000_000_000;
/** The nearest that it knows. */
export const known = (at: number): number => Math.min(Math.max(at, -LATEST), LATEST);

const write = (kind: keyof typeof KINDS, zone: string, at: number): string =>
  formatter(kind, zone, undefined, KINDS[kind]).format(known(at));

/** "14:02" */
export const formatClock = (zone: string, at: number): string => write("clock", zone, at);
/** "14:02:16", or "14:02:16.250" */
export const formatSecond = (zone: string, at: number): string =>
  write(at % 1_000 === 0 ? "second" : "part", zone, at);
/** "24 Nov" */
export const formatDate = (zone: string, at: number): string => write("date", zone, at);
/** "Nov" */
export const formatMonth = (zone: string, at: number): string => write("month", zone, at);
/** "2026" */
export const formatYear = (zone: string, at: number): string => write("year", zone, at);
/** "Tue, 24 Nov 2026" */
export const formatFullDate = (zone: string, at: number): string => write("fullDate", zone, at);

/** The reader's zone; UTC where the system does not know. */
export function localZone(): string {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  return timeZone === undefined || timeZone === "Etc/Unknown" ? "UTC" : timeZone;
}

/** What the zone's clock is ahead of UTC, ms. */
export function offsetAt(zone: string, at: number): number {
  if (zone === "UTC") return 0;
  const text = formatter("offset", zone, "en", { timeZoneName: "longOffset" }).format(known(at));
  // "1/1/2026, GMT-03:30"; seconds only before zones were agreed on; no digits at all: UTC.
  const [, sign, ...parts] = /GMT([+−-])(\d+):(\d+)(?::(\d+))?/.exec(text) ?? [];
  const [hours = 0, minutes = 0, seconds = 0] = parts.map((part) => Number(part ?? 0));
  return (sign === "+" ? 1_000 : -1_000) * (hours * 3_600 + minutes * 60 + seconds) || 0;
}

export const wallAt = (zone: string, at: number): number => at + offsetAt(zone, at);

/** When the clock shows a wall time: once; never, when it is skipped; twice, when clocks go back. */
export function instantsOf(zone: string, wall: number): number[] {
  // No zone is a day away from UTC, nor changes its clocks twice in two days.
  const offsets = new Set([offsetAt(zone, wall - DAY), offsetAt(zone, wall + DAY)]);
  if (offsets.size === 1) return [...offsets].map((offset) => wall - offset);
  return [...offsets]
    .filter((offset) => offsetAt(zone, wall - offset) === offset)
    .map((offset) => wall - offset)
    .sort((a, b) => a - b);
}

/** When the clock first shows a wall time; where that is skipped, as if the clock had not moved. */
export const firstInstantOf = (zone: string, wall: number): number =>
  instantsOf(zone, wall)[0] ?? wall - offsetAt(zone, wall - DAY);

/** Whether the clock shows this time twice, because clocks go back. */
export const isRepeated = (zone: string, at: number): boolean =>
  instantsOf(zone, wallAt(zone, at)).length > 1;

/** "GMT+1" */
export const offsetName = (zone: string, at: number): string =>
  formatter("offsetName", zone, "en", { timeZoneName: "shortOffset" })
    .formatToParts(known(at))
    .find(({ type }) => type === "timeZoneName")?.value ?? "";

/** The zone of an axis: "Europe/Berlin (GMT+1)", or "UTC". */
export const zoneName = (zone: string, at: number): string =>
  zone === "UTC" ? zone : `${zone} (${offsetName(zone, at)})`;
