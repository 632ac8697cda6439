// What an import has to write of each series: those minutes and days that the store does not have.

import { Buckets } from "../../core/bucket.ts";
import type { SeriesDay } from "../../core/backup/read.ts";
import * as LIMITS from "../../core/limits.ts";
import { Minutes } from "../../core/minutes.ts";
import type { Source } from "../../core/query/source.ts";
import { labelsJson, seriesKey } from "../../core/series/labels.ts";
import { DAY, HOUR, MINUTE } from "../../core/tiers.ts";
import { existing, type Existing, NOTHING } from "./existing.ts";

/** The lines of one series and what of them is new. */
export interface Due {
  readonly key: string;
  readonly metric: string;
  readonly labels: string;
  /** Minutes to be written, all of them new. */
  readonly minutes: Minutes;
  readonly coarse: SeriesDay[];
  /** Hours that are put as a whole, beside the minutes of others. */
  readonly wholes: Buckets;
  firstAt: number;
  lastAt: number;
  last: number;
}

/** Each series of the lines, with nothing yet. */
export function dueOf(lines: readonly SeriesDay[]): ReadonlyMap<string, Due> {
  const due = new Map<string, Due>();
  for (const { metric, labels } of lines) {
    const key = seriesKey(metric, labels);
    if (due.has(key)) continue;
    due.set(key, {
      key,
      metric,
      labels: labelsJson(labels),
      minutes: new Minutes(LIMITS.samplesPerMinute),
      coarse: [],
      wholes: new Buckets(0),
      firstAt: Infinity,
      lastAt: -Infinity,
      last: 0,
    });
  }
  return due;
}

export interface Has {
  readonly minutes: Existing;
  readonly hours: Existing;
  readonly days: Existing;
}

/** At each tier what is needed of it: what is past the retention of a tier is looked for at the next. */
export async function readExisting(source: Source, lines: readonly SeriesDay[]): Promise<Has> {
  const minutes = await existing(
    source,
    "minute",
    lines.filter((line) => line.minutes.length > 0),
  );
  const coarse = lines.filter((line) => line.minutes.length === 0 || line.day * DAY < minutes.from);
  if (coarse.length === 0) return { minutes, hours: NOTHING, days: NOTHING };
  const hours = await existing(source, "hour", coarse);
  return { minutes, hours, days: await existing(source, "day", coarse) };
}

/**
 * Appends those minutes of a line that are new; says how many they are. Of a day that is kept as a whole alone,
 * those are new that are before its first point or after its last: so a day may come in several requests.
 */
export function takeMinutes(
  one: Due,
  { day, minutes }: SeriesDay,
  { minutes: by, hours, days }: Has,
): number {
  const [tier, step] =
    day * DAY >= by.from ? [by, 1] : day * DAY >= hours.from ? [hours, HOUR] : [days, DAY];
  const known = tier.starts(one.key);
  const wholes = by.wholes(one.key);
  const before = new Set(one.minutes.start.subarray(0, one.minutes.length));
  let taken = 0;
  for (let row = 0; row < minutes.length; row++) {
    const start = minutes.start[row]!;
    if (before.has(start) || wholes.has(Math.floor(start / HOUR) * HOUR)) continue;
    const there = known.get(Math.floor(start / step) * step);
    if (there !== undefined) {
      // An end mark alone moves neither, and would be taken each time.
      const isBeside = start > there.lastAt || start + MINUTE <= there.firstAt;
      if (step !== DAY || !isBeside || minutes.count(row) === 0) continue;
    }
    const at = one.minutes.pushCopy(minutes, row);
    taken++;
    if (one.minutes.count(at) === 0) continue;
    scratch.clear(0);
    one.minutes.bucketInto(at, scratch, 0);
    see(one, scratch.firstAt[0]!, scratch.lastAt[0]!, scratch.last[0]!);
  }
  return taken;
}

/**
 * Takes those hours of a line that are new, to be put as a whole; says how many buckets they are, the day with
 * them. Undefined: its day is not the sum of its hours, so that they are not all of it.
 */
export function takeHours(one: Due, { hours, days }: SeriesDay, has: Has): number | undefined {
  let points = 0;
  for (let row = 0; row < hours.length; row++) points += hours.count[row]!;
  if (days.length > 0 && days.count[0] !== points) return undefined;
  const known = has.hours.starts(one.key);
  const hourOfRow = (at: number): number => Math.floor(at / HOUR) * HOUR;
  const mine = new Set([
    ...one.minutes.start.subarray(0, one.minutes.length).map(hourOfRow),
    ...one.wholes.start.subarray(0, one.wholes.length),
  ]);
  let taken = 0;
  for (let row = 0; row < hours.length; row++) {
    const start = hours.start[row]!;
    if (known.has(start) || mine.has(start)) continue;
    one.wholes.pushCopy(start, hours, row);
    see(one, hours.firstAt[row]!, hours.lastAt[row]!, hours.last[row]!);
    taken++;
  }
  return taken === hours.length ? taken + days.length : taken;
}

/** Takes over when a day of a series was seen first and last. */
export function see(one: Due, firstAt: number, lastAt: number, last: number): void {
  one.firstAt = Math.min(one.firstAt, firstAt);
  if (lastAt < one.lastAt) return;
  one.last = lastAt > one.lastAt ? last : Math.max(last, one.last);
  one.lastAt = lastAt;
}

/** A bucket under work. */
const scratch = new Buckets(1);
scratch.push(0);

export const isoDay = (day: number): string => new Date(day * DAY).toISOString().slice(0, 10);
