// When a shard flushes: spends D1 rows, not time. Pure: the shard passes what it knows. The clock may
// be wrong, now or when something was noted: what lies in the future is not believed.

import { HOUR, MINUTE } from "../../core/tiers.ts";

/** Flush intervals in minutes: divisors of 60, so that an hour's flush ends with the hour. */
const INTERVALS = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60];

/**
 * Interval between flushes, ms: the shortest at which `activeSeries` segments a flush stay within
 * `rowsPerHour`, at most an hour (then one row a series-hour, whatever the budget says).
 */
export function flushInterval(activeSeries: number, rowsPerHour: number): number {
  const wanted = (activeSeries * 60) / Math.max(1, rowsPerHour);
  const minutes = INTERVALS.find((interval) => interval >= wanted) ?? 60;
  return minutes * MINUTE;
}

/** How long a flush waits after its boundary for points that are on their way, ms. */
const grace = (interval: number): number => interval / 12;

/**
 * The time up to which buckets may be flushed now (exclusive): the last boundary of the interval.
 * Cutting there keeps a closed hour in one segment row instead of two.
 */
export const flushCut = (now: number, interval: number): number =>
  Math.floor((now - grace(interval)) / interval) * interval;

/** The earliest time after `now` at which `flushCut` moves on. */
export const nextFlush = (now: number, interval: number): number =>
  flushCut(now, interval) + interval + grace(interval);

/** The cut of a regular flush that is due now; undefined when `last`, that of the last one, holds. */
export function dueCut(now: number, interval: number, last: number): number | undefined {
  const cut = flushCut(now, interval);
  return cut > last || last > now ? cut : undefined;
}

/** The latest time that an alarm is set for: one that is set for later was set by a wrong clock. */
export const latestAlarm = (now: number): number => now + HOUR;
