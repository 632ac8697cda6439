// The roll-up: a day's minute segments become its hour buckets and its day bucket, by `merge`. Pure.

import { Buckets } from "./bucket.ts";
import { CorruptBytes } from "./codec/bytes.ts";
import { decodeSegment, encodeSegment } from "./codec/segment.ts";
import { err, ok, type Result } from "./result.ts";
import { DAY, HOUR, spanOf, spanStart, type TierName, TIERS, yearOf } from "./tiers.ts";

/** What D1 holds of one (UTC day, series) that is dirty. */
export interface DirtyDay {
  readonly day: number;
  /** Parts of minute segments, in any order. */
  readonly minutes: readonly { readonly hour: number; readonly body: string }[];
  /**
   * Null: the minutes are all there, and what they make replaces what was. Else they came late, to a
   * day whose minutes are gone: they are merged into its hour segment and into its slot in the
   * year's segment. (The slot may know more than the hours, which are kept for a shorter time.)
   */
  readonly late: { readonly hours: string | null; readonly year: string | null } | null;
}

/** A stored segment that cannot be read: corrupt, or of a version that only newer code knows. */
export interface UnreadableSegment {
  readonly tier: TierName;
  /** Its hour, UTC day or year. */
  readonly span: number;
  readonly message: string;
}

/** The hour buckets of a day, and its one day bucket (or none). */
export interface RolledDay {
  readonly hours: Buckets;
  readonly day: Buckets;
}

export function rollUpDay(dirty: DirtyDay): Result<RolledDay, UnreadableSegment> {
  const minutes = new Buckets(60);
  for (const { hour, body } of dirty.minutes) {
    const unreadable = readInto(minutes, "minute", hour, body);
    if (unreadable !== undefined) return err(unreadable);
  }
  const hours = mergedBy(HOUR, minutes);
  const day = mergedBy(DAY, hours);
  if (day.length > 1 || (day.length === 1 && day.start[0] !== dirty.day * DAY))
    throw new Error(`a bucket lies outside day ${dirty.day}`);
  if (dirty.late === null) return ok({ hours, day });
  const before = new Buckets(24);
  const year = new Buckets(366);
  const unreadable =
    readInto(before, "hour", dirty.day, dirty.late.hours) ??
    readInto(year, "day", yearOf(dirty.day * DAY), dirty.late.year);
  if (unreadable !== undefined) return err(unreadable);
  return ok({
    hours: mergedBy(HOUR, hours, before),
    day: mergedBy(DAY, day, slotOf(year, dirty.day)),
  });
}

/** Appends a segment's buckets; says so when it cannot be read. */
function readInto(
  buckets: Buckets,
  tier: TierName,
  span: number,
  body: string | null,
): UnreadableSegment | undefined {
  if (body === null) return undefined;
  const first = buckets.length;
  try {
    decodeSegment(body, spanStart(tier, span), TIERS[tier].step, buckets);
  } catch (error) {
    if (!(error instanceof CorruptBytes)) throw error;
    return { tier, span, message: error.message };
  }
  for (let row = first; row < buckets.length; row++)
    if (spanOf(tier, buckets.start[row]!) !== span)
      return { tier, span, message: `a bucket of another time, ${buckets.start[row]}` };
  return undefined;
}

/** All buckets merged to periods of `step`, sorted by start. */
function mergedBy(step: number, ...lists: readonly Buckets[]): Buckets {
  const merged = new Buckets(24);
  const rows = new Map<number, number>();
  for (const buckets of lists)
    for (let i = 0; i < buckets.length; i++) {
      const start = Math.floor(buckets.start[i]! / step) * step;
      let row = rows.get(start);
      if (row === undefined) rows.set(start, (row = merged.push(start)));
      merged.merge(row, buckets, i);
    }
  return sorted(merged);
}

/** What a year has for one of its days. */
function slotOf(year: Buckets, day: number): Buckets {
  const slot = new Buckets(1);
  for (let i = 0; i < year.length; i++)
    if (year.start[i] === day * DAY) slot.pushCopy(day * DAY, year, i);
  return slot;
}

/** The hour segment of a day; rows sorted by start. */
export const encodeHours = (hours: Buckets, day: number): string =>
  encodeSegment(hours, day * DAY, HOUR);

/** A year's segment with the buckets of some days put in place of what it had for them. */
export function replaceDays(
  year: number,
  body: string | null,
  days: ReadonlyMap<number, Buckets>,
): Result<string, UnreadableSegment> {
  const before = new Buckets(366);
  const unreadable = readInto(before, "day", year, body);
  if (unreadable !== undefined) return err(unreadable);
  const after = new Buckets(366);
  for (let i = 0; i < before.length; i++)
    if (!days.has(before.start[i]! / DAY)) after.pushCopy(before.start[i]!, before, i);
  for (const [day, bucket] of days) {
    if (yearOf(day * DAY) !== year) throw new Error(`day ${day} is not in ${year}`);
    if (bucket.length > 0) after.pushCopy(day * DAY, bucket, 0);
  }
  return ok(encodeSegment(sorted(after), spanStart("day", year), DAY));
}

function sorted(buckets: Buckets): Buckets {
  const order = Array.from({ length: buckets.length }, (_, i) => i);
  order.sort((a, b) => buckets.start[a]! - buckets.start[b]!);
  const result = new Buckets(buckets.length);
  for (const row of order) result.pushCopy(buckets.start[row]!, buckets, row);
  return result;
}
