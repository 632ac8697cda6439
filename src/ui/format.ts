// Numbers, times and names as people read them: in the reader's locale and time zone.

import { DAY, HOUR, MINUTE, type TierName } from "../core/tiers.ts";

const plain = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 5 });
const compact = new Intl.NumberFormat(undefined, {
  notation: "compact",
  maximumSignificantDigits: 4,
});
const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });

/** At most five significant digits: 0.42, 118.23, 1.235M, 3.1e-7. */
export function formatValue(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 1e15 || size < 1e-4)
    return value
      .toExponential(3)
      .replace(/\.?0+e/, "e")
      .replace("e+", "e");
  return (size >= 1e6 ? compact : plain).format(value);
}

/** A count in full, while it fits. */
export const formatCount = (count: number): string =>
  count < 1e9 ? whole.format(count) : compact.format(count);

/** How long ago: "now", "41 s", "3 min", "5 h", "2 d". */
export function formatAge(ms: number): string {
  if (ms < 1_000) return "now";
  if (ms < MINUTE) return `${Math.floor(ms / 1_000)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h`;
  return `${Math.floor(ms / DAY)} d`;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const date = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const fullDate = new Intl.DateTimeFormat(undefined, {
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
});
const month = new Intl.DateTimeFormat(undefined, { month: "short" });

export const formatClock = (at: number): string => clock.format(at);
export const formatDate = (at: number): string => date.format(at);
export const formatMonth = (at: number): string => month.format(at);

/** A period in local time: "Tue, 24 Nov 2026, 14:02 – 14:03". */
export function formatPeriod(from: number, to: number): string {
  const start = `${fullDate.format(from)}, ${clock.format(from)}`;
  const sameDay = fullDate.format(from) === fullDate.format(to);
  return `${start} – ${sameDay ? "" : `${fullDate.format(to)}, `}${clock.format(to)}`;
}

/** The same, short: "24 Nov, 14:02 – 14:31". */
export function formatRange(from: number, to: number): string {
  const sameDay = fullDate.format(from) === fullDate.format(to);
  const end = `${sameDay ? "" : `${date.format(to)}, `}${clock.format(to)}`;
  return `${date.format(from)}, ${clock.format(from)} – ${end}`;
}

/** The zone of the axis: "Europe/Berlin (GMT+1)". */
export function zoneName(at: number): string {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const offset = new Intl.DateTimeFormat("en", { timeZoneName: "shortOffset" })
    .formatToParts(at)
    .find(({ type }) => type === "timeZoneName")?.value;
  return offset === undefined || offset === timeZone ? timeZone : `${timeZone} (${offset})`;
}

/** A series by its labels: "host=a · zone=eu". */
export function seriesName(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  return pairs.length === 0 ? "no labels" : pairs.join(" · ");
}

export const TIER_TITLES: Readonly<Record<TierName, string>> = {
  minute: "Minute",
  hour: "Hour",
  day: "Day",
};
