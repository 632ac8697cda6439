// Times and periods as notes, tooltips and tables write them. Pure. Apart from format.ts, which every page
// loads.

import { DAY } from "../core/tiers.ts";
import { clockOf, formatPeriod } from "./format.ts";
import {
  formatDate,
  formatFullDate,
  formatSecond,
  formatYear,
  isRepeated,
  offsetName,
} from "./zone.ts";

/** "13 Nov, 01:00"; with the year unless it is that of `now`. */
export const formatMoment = (at: number, zone: string, now: number): string =>
  `${formatYear(zone, at) === formatYear(zone, now) ? formatDate(zone, at) : formatFullDate(zone, at)}, ${clockOf(zone, at)}`;

/** "Tue, 24 Nov 2026, 14:02:16", and milliseconds where there are any. */
function formatInstant(at: number, zone: string): string {
  const zoned = isRepeated(zone, at) ? ` ${offsetName(zone, at)}` : "";
  return `${formatFullDate(zone, at)}, ${formatSecond(zone, at)}${zoned}`;
}

/**
 * A bucket's period. Those of a day are UTC days wherever the reader is, and say so. What has no width is
 * a sample: its time.
 */
export const formatBucket = (start: number, step: number, zone: string): string =>
  step === 0
    ? formatInstant(start, zone)
    : step === DAY
      ? `${formatFullDate("UTC", start)}, UTC day`
      : formatPeriod(start, start + step, zone);
