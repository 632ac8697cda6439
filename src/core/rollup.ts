// The roll-up: packs in, packs out, by `merge`. Minute packs of an hour become the hour's bucket of each
// slot, put into the hour pack of the day; an hour pack becomes the day's buckets, put into the day pack
// of the year. Pure; it must not know which of them are due.
//
// A segment that cannot be read (corrupt, or of a version that only newer code knows) is never written
// over: what would change it is named and left as it was; all else goes on.
//
// All that is known of a period is merged in the order of time, so that its `rise` is exact: the minutes
// of all parts of an hour, then the hours of a day. What comes late, to others that are kept no more, is
// merged into a bucket that may begin before it and end after it: then the rise is a bound.

import { Buckets } from "./bucket.ts";
import { encodePack, SERIES_PER_PACK } from "./codec/pack.ts";
import { encodeSegment } from "./codec/segment.ts";
import { unitedByStart, inOrder } from "./in-order.ts";
import { Minutes } from "./minutes.ts";
import { Bad, readBuckets, readMinutes, readPack, textOf, type Unreadable } from "./rollup-read.ts";
import { DAY, HOUR, spanStart, type TierName, TIERS } from "./tiers.ts";

/** The buckets of a pack in one period, an hour or a UTC day. */
export interface Period {
  /** Unix ms. */
  readonly start: number;
  readonly buckets: Buckets;
  /** Slot → row of `buckets`. */
  readonly rows: ReadonlyMap<number, number>;
  /**
   * The points of these buckets came late, to others that are kept no more: they are merged into what
   * was. Else they are all there are, and replace it.
   */
  readonly late: boolean;
}

/**
 * The period of an hour: its minutes, which are united from all parts first, in any order, and keep up
 * to `samplesPerMinute` samples, then merged in the order of time; before them what is of the hour as a whole.
 */
export function hourOfMinutes(
  hour: number,
  parts: readonly string[],
  late: boolean,
  samplesPerMinute: number,
): Period | Unreadable {
  const bad = new Bad();
  const slots = new Map<number, Minutes>();
  /** By slot, hours of which no minutes are known. */
  const wholes = new Map<number, Buckets>();
  for (const body of parts) {
    const pack = readPack("minute", hour, body);
    if ("message" in pack) return pack;
    for (const [slot, segment] of pack) {
      const minutes = slots.get(slot) ?? new Minutes(samplesPerMinute, 60);
      slots.set(slot, minutes);
      slotWholes.length = 0;
      const message = readMinutes(minutes, slotWholes, hour, segment);
      if (message !== undefined) bad.add(slot, message);
      if (slotWholes.length === 0) continue;
      const whole = wholes.get(slot) ?? new Buckets(1);
      wholes.set(slot, whole);
      whole.pushCopy(hour * HOUR, slotWholes, 0);
    }
  }
  if (bad.first !== undefined) return bad.first;
  const start = hour * HOUR;
  const buckets = new Buckets(SERIES_PER_PACK);
  const rows = new Map<number, number>();
  for (const [slot, minutes] of slots) {
    // An end mark alone makes no bucket.
    const united = unitedByStart(minutes).filter((minute) => minutes.count(minute) > 0);
    const whole = wholes.get(slot);
    if (united.length === 0 && whole === undefined) continue;
    const row = buckets.push(start);
    rows.set(slot, row);
    if (whole !== undefined) mergeInOrder(buckets, row, inOrder(whole));
    for (const minute of united) minutes.bucketInto(minute, buckets, row);
    buckets.settleRise(row);
  }
  return { start, buckets, rows, late };
}

/** The period of a UTC day: the merge of its hour pack. */
export function dayOfHours(day: number, body: string): Period | Unreadable {
  const buckets = new Buckets(SERIES_PER_PACK);
  return mergedInto({ start: day * DAY, buckets, rows: new Map(), late: false }, "hour", day, [
    body,
  ]);
}

export const isReadable = (of: Period | Unreadable): of is Period => "buckets" in of;

/** Merges all buckets of packs into one a slot, in the order of time. */
function mergedInto(
  period: Period & { readonly rows: Map<number, number> },
  tier: TierName,
  span: number,
  bodies: readonly string[],
): Period | Unreadable {
  const bad = new Bad();
  for (const rows of slotRows) rows.length = 0;
  for (const body of bodies) {
    const pack = readPack(tier, span, body);
    if ("message" in pack) return pack;
    for (const [slot, segment] of pack) {
      const message = readBuckets(slotRows[slot]!, tier, span, segment);
      if (message !== undefined) bad.add(slot, message);
    }
  }
  if (bad.first !== undefined) return bad.first;
  for (const [slot, rows] of slotRows.entries()) {
    if (rows.length === 0) continue;
    const row = period.buckets.push(period.start);
    period.rows.set(slot, row);
    mergeInOrder(period.buckets, row, inOrder(rows));
  }
  return period;
}

/** Merges buckets that are in the order of time into a row. */
function mergeInOrder(into: Buckets, row: number, from: Buckets): void {
  for (let i = 0; i < from.length; i++) into.merge(row, from, i);
  into.settleRise(row);
}

/** A pack of the hour or day tier with periods put into it. */
export interface PutInto {
  /** Null: nothing is to be written. */
  readonly body: string | null;
  /** Periods that are not in it, since they touch a slot that cannot be read. */
  readonly unreadable: ReadonlyMap<Period, Unreadable>;
}

/**
 * Puts periods, each of another start, into what a span of the hour or day tier has. `visit` is told of
 * each slot that changes: the rows that it has now, by time, which are good only for the call.
 */
export function putInto(
  tier: "hour" | "day",
  span: number,
  body: string | null,
  periods: readonly Period[],
  visit: (slot: number, rows: Buckets) => void = () => {},
): PutInto {
  const unreadable = new Map<Period, Unreadable>();
  const fail = (of: readonly Period[], why: Unreadable): PutInto => ({
    body: null,
    unreadable: new Map(of.map((period) => [period, why])),
  });
  const before = body === null ? new Map<number, string>() : readPack(tier, span, body);
  if ("message" in before) return fail(periods, before);
  const touched = new Set(periods.flatMap(({ rows }) => [...rows.keys()]));
  const stored = new Map<number, Buckets>();
  const bad = new Map<number, string>();
  for (const slot of touched) {
    const segment = before.get(slot);
    if (segment === undefined) continue;
    const rows = slotRows[slot]!;
    rows.length = 0;
    const message = readBuckets(rows, tier, span, segment);
    if (message === undefined) stored.set(slot, rows);
    else bad.set(slot, message);
  }
  for (const period of periods) {
    const of = new Bad();
    for (const slot of period.rows.keys()) if (bad.has(slot)) of.add(slot, bad.get(slot)!);
    if (of.first !== undefined) unreadable.set(period, of.first);
  }
  // What stays as it is is copied as text: a pack of something else would not be JSON any more.
  for (const [slot, segment] of before)
    if (!touched.has(slot) && !PLAIN.test(segment))
      return fail(periods, new Bad().add(slot, textOf(tier, span, "is not base64")));
  const after = new Map(before);
  const good = periods.filter((period) => !unreadable.has(period));
  for (const slot of touched) {
    if (bad.has(slot)) continue;
    const of = good.filter(({ rows }) => rows.has(slot));
    if (of.length === 0) continue;
    const rows = replaced(stored.get(slot), slot, of);
    visit(slot, rows);
    after.set(slot, encodeSegment(rows, spanStart(tier, span), TIERS[tier].step));
  }
  return { body: good.some(({ rows }) => rows.size > 0) ? encodePack(after) : null, unreadable };
}

/**
 * A slot's rows, by time, with those of periods in place of, or merged with, what it had of them; good
 * until the next call.
 */
function replaced(before: Buckets | undefined, slot: number, periods: readonly Period[]): Buckets {
  const stored = before?.length ?? 0;
  const rows = replacedRows;
  rows.length = 0;
  const put = new Map(periods.map((period) => [period.start, period]));
  for (let i = 0; i < stored; i++) {
    const start = before!.start[i]!;
    const period = put.get(start);
    if (period !== undefined && !period.late) continue;
    const row = rows.pushCopy(start, before!, i);
    if (period === undefined) continue;
    rows.merge(row, period.buckets, period.rows.get(slot)!);
    rows.settleRise(row);
    put.delete(start);
  }
  for (const { start, buckets, rows: of } of put.values())
    rows.pushCopy(start, buckets, of.get(slot)!);
  return inOrder(rows);
}

/** What an hour pack and the day bucket made of it become. */
export interface RolledHours extends PutInto {
  /** What its day is now, for the day pack; undefined when nothing of it changes. */
  readonly day: Period | undefined;
}

/**
 * Puts hours into the hour pack of a UTC day. Its day: made anew from all hours of the slots that
 * changed; if all that is put came late, that alone, since hours may be kept for a shorter time than
 * the day's bucket.
 */
export function rollUpHours(
  day: number,
  body: string | null,
  hours: readonly Period[],
): RolledHours {
  const late = hours.every((hour) => hour.late);
  const start = day * DAY;
  const buckets = new Buckets(SERIES_PER_PACK);
  const rows = new Map<number, number>();
  const rowOf = (slot: number): number => {
    let row = rows.get(slot);
    if (row === undefined) rows.set(slot, (row = buckets.push(start)));
    return row;
  };
  const put = putInto("hour", day, body, hours, (slot, of) => {
    if (!late) mergeInOrder(buckets, rowOf(slot), of);
  });
  if (late)
    for (const hour of [...hours].sort((a, b) => a.start - b.start))
      if (!put.unreadable.has(hour))
        for (const [slot, row] of hour.rows) buckets.merge(rowOf(slot), hour.buckets, row);
  return { ...put, day: rows.size === 0 ? undefined : { start, buckets, rows, late } };
}

/** What may stand between quotes in JSON as it is. */
const PLAIN = /^[^"\\\p{Cc}]*$/u;

// Buckets under work: eleven columns each, which are not to be made anew for every segment.

/** Of the segment being read: the hour as a whole, if it is one. */
const slotWholes = new Buckets(1);
/** By slot, of the packs being read. */
const slotRows = Array.from({ length: SERIES_PER_PACK }, () => new Buckets(60));
/** Of the slot that periods are put into. */
const replacedRows = new Buckets(32);

/**
 * The share of the nth round of a step in a run, from 0. The first is small: a run that is cut off (the free
 * plan allows it 10 ms of CPU) has done something by then. All others are whole: each round is some seven
 * queries, of which the free plan allows 50 a run.
 */
export const shareOfRound = (n: number): number => (n === 0 ? 1 / 16 : 1);
