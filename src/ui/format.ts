// Numbers, times and names as people read them: in the reader's locale, and in a time zone. Pure.

import type { Grain } from "./grain.ts";
import { DAY, HOUR, MINUTE } from "../core/tiers.ts";
import {
  formatClock,
  formatDate,
  formatFullDate,
  formatYear,
  isRepeated,
  offsetName,
} from "./zone.ts";

const plain = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 5 });
const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });

/** Letters of numbers that are longer than six digits; other locales' own are not known to all. */
export const LARGE: readonly (readonly [size: number, letter: string])[] = [
  [1e12, "T"],
  [1e9, "B"],
  [1e6, "M"],
];

/** Four significant digits and a letter. */
function compact(value: number): string {
  const rounded = Number(value.toPrecision(4));
  const [size, letter] = LARGE.find(([size]) => Math.abs(rounded) >= size) ?? [1, ""];
  return plain.format(rounded / size) + letter;
}

/** At most five significant digits: 0.42, 118.23, 1.235M, 3.1e-7. */
export function formatValue(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 1e15 || size < 1e-4)
    return value
      .toExponential(3)
      .replace(/\.?0+e/, "e")
      .replace("e+", "e");
  return size >= 1e6 ? compact(value) : plain.format(value);
}

/** A count in full, while it fits. */
export const formatCount = (count: number): string =>
  count < 1e9 ? whole.format(count) : compact(count);

/** How long ago: "now", "41 s", "3 min", "5 h", "2 d". */
export function formatAge(ms: number): string {
  if (ms < 1_000) return "now";
  if (ms < MINUTE) return `${Math.floor(ms / 1_000)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h`;
  return `${Math.floor(ms / DAY)} d`;
}

/** A time of day; of one that comes twice it says which: "02:30 GMT+2". */
export const clockOf = (zone: string, at: number): string =>
  formatClock(zone, at) + (isRepeated(zone, at) ? ` ${offsetName(zone, at)}` : "");

type Name = (zone: string, at: number) => string;

/** The end has a date only when it needs one: midnight at the end of a day does not. */
function between(name: Name, from: number, to: number, zone: string): string {
  const [first, last] = [clockOf(zone, from), clockOf(zone, to)];
  const sameDay = formatFullDate(zone, from) === formatFullDate(zone, Math.max(from, to - 1));
  const end = sameDay && (first !== last || from === to) ? last : `${name(zone, to)}, ${last}`;
  return `${name(zone, from)}, ${first} – ${end}`;
}

/** A period, [from, to): "Tue, 24 Nov 2026, 14:02 – 14:03". */
export const formatPeriod = (from: number, to: number, zone: string): string =>
  between(formatFullDate, from, to, zone);

/** The same, short: "24 Nov, 14:02 – 14:31"; with the years unless that of `now` is the only one. */
export const formatRange = (from: number, to: number, zone: string, now: number): string =>
  formatYear(zone, from) === formatYear(zone, to) &&
  formatYear(zone, from) === formatYear(zone, now)
    ? between(formatDate, from, to, zone)
    : formatPeriod(from, to, zone);

/** Hebrew, Arabic and what is written like them: between marks that keep it from turning its neighbours around. */
const isolated = (text: string): string =>
  /[\u0590-\u08ff\ufb1d-\ufefc]/.test(text) ? `\u2068${text}\u2069` : text;

/** A series by its labels: "host=a · zone=eu". */
export function seriesName(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${isolated(name)}=${isolated(value)}`,
  );
  return pairs.length === 0 ? "no labels" : pairs.join(" · ");
}

export const TITLES: Readonly<Record<Grain, string>> = {
  raw: "Samples",
  minute: "Minute",
  hour: "Hour",
  day: "Day",
};
