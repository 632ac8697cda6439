// The roll-up: a day's minute segments become its hour buckets and its day bucket, by `merge`. Pure.

import { Buckets } from "./bucket.ts";
import { decodeSegment, encodeSegment } from "./segment.ts";
import { DAY, HOUR, MINUTE, spanStart, yearOf } from "./tiers.ts";

/** What D1 holds of one (UTC day, series) that is stale. */
export interface StaleDay {
  readonly day: number;
  /** Parts of minute segments, in any order. */
  readonly minutes: readonly { readonly hour: number; readonly body: string }[];
  /** The hour segment to merge into; null to replace it (the minutes are all there). */
  readonly hours: string | null;
}

/** The buckets of a day, merged to hours, and the hours to one day bucket (or none). */
export function rollUpDay(stale: StaleDay): { readonly hours: Buckets; readonly day: Buckets } {
  const hours = new Buckets(24);
  const rows = new Int32Array(24).fill(-1);
  const add = (buckets: Buckets): void => {
    for (let i = 0; i < buckets.length; i++) {
      const hour = Math.floor(buckets.start[i]! / HOUR) - stale.day * 24;
      if (hour < 0 || hour > 23) throw new Error(`a bucket lies outside day ${stale.day}`);
      if (rows[hour] === -1) rows[hour] = hours.push((stale.day * 24 + hour) * HOUR);
      hours.merge(rows[hour]!, buckets, i);
    }
  };
  const buckets = new Buckets(60);
  for (const { hour, body } of stale.minutes) decodeSegment(body, hour * HOUR, MINUTE, buckets);
  if (stale.hours !== null) decodeSegment(stale.hours, stale.day * DAY, HOUR, buckets);
  add(buckets);
  return { hours: sorted(hours), day: wholeDay(hours, stale.day) };
}

/** The hour segment of a day; rows sorted by start. */
export const encodeHours = (hours: Buckets, day: number): string =>
  encodeSegment(hours, day * DAY, HOUR);

/** A year's segment with the buckets of some days put in place of what it had for them. */
export function replaceDays(
  year: number,
  body: string | null,
  days: ReadonlyMap<number, Buckets>,
): string {
  const base = spanStart("day", year);
  const before = new Buckets(366);
  if (body !== null) decodeSegment(body, base, DAY, before);
  const after = new Buckets(366);
  for (let i = 0; i < before.length; i++)
    if (!days.has(before.start[i]! / DAY)) after.pushCopy(before.start[i]!, before, i);
  for (const [day, bucket] of days) {
    if (yearOf(day * DAY) !== year) throw new Error(`day ${day} is not in ${year}`);
    if (bucket.length > 0) after.pushCopy(day * DAY, bucket, 0);
  }
  return encodeSegment(sorted(after), base, DAY);
}

function wholeDay(hours: Buckets, day: number): Buckets {
  const bucket = new Buckets(1);
  if (hours.length === 0) return bucket;
  const row = bucket.push(day * DAY);
  for (let i = 0; i < hours.length; i++) bucket.merge(row, hours, i);
  return bucket;
}

function sorted(buckets: Buckets): Buckets {
  const order = Array.from({ length: buckets.length }, (_, i) => i);
  order.sort((a, b) => buckets.start[a]! - buckets.start[b]!);
  const result = new Buckets(buckets.length);
  for (const row of order) result.pushCopy(buckets.start[row]!, buckets, row);
  return result;
}
