// Hours and days of a backup, put where a pack has none: what is there stays as it is. Pure; which of them may
// be put at all is decided by its caller.

import { Buckets } from "../bucket.ts";
import { type Period, putInto, rollUpHours } from "../rollup.ts";
import { readBuckets, readPack } from "../rollup-read.ts";
import { DAY, type TierName } from "../tiers.ts";

/** A UTC day of the series in one slot of a pack, or some of its hours: it may come in several. */
export interface SlotDay {
  readonly slot: number;
  readonly day: number;
  readonly hours: Buckets;
  /** Of one row, or none. */
  readonly days: Buckets;
  /** Starts of its hours that are stored in any form, anywhere. */
  readonly known: ReadonlySet<number>;
  /** Whether anything is stored of the day, likewise. */
  readonly isKnown: boolean;
}

export interface Filled {
  /** [UTC day, hour pack] */
  readonly hours: readonly (readonly [day: number, body: string])[];
  readonly year: string | null;
  /** Buckets that were put. */
  readonly put: number;
  /** Buckets that would change what cannot be read. */
  readonly unreadable: number;
}

/** Some days of a pack in one UTC year: `bodies`, its hour packs by day. */
export function fillYear(
  year: number,
  yearBody: string | null,
  bodies: ReadonlyMap<number, string>,
  days: readonly SlotDay[],
): Filled {
  const made = startsOf("day", year, yearBody);
  const hours: (readonly [number, string])[] = [];
  const periods: Period[] = [];
  let put = 0;
  let unreadable = 0;
  for (const [day, of] of Map.groupBy(days, (one) => one.day)) {
    const body = bodies.get(day) ?? null;
    const stored = startsOf("hour", day, body);
    const hourBuckets = new Buckets();
    const byHour = new Map<number, Map<number, number>>();
    const dayBuckets = new Buckets();
    const rows = new Map<number, number>();
    /** Slots whose day is made of their hours. */
    const remade = new Set<number>();
    for (const one of of) {
      const { slot } = one;
      const [hoursHere, daysHere] = [stored(slot), made(slot)];
      if (hoursHere === undefined || daysHere === undefined) {
        unreadable += one.hours.length + one.days.length;
        continue;
      }
      const hasDay = daysHere.has(day * DAY);
      // Of a day without hours, these were deleted: they do not come back.
      if (one.isKnown && one.known.size === 0 && hoursHere.size === 0) continue;
      if (hasDay && hoursHere.size === 0) continue;
      const missing = rowsOf(one.hours).filter((row) => {
        const start = one.hours.start[row]!;
        const isPut = byHour.get(start)?.has(slot) === true;
        return !isPut && !one.known.has(start) && !hoursHere.has(start);
      });
      for (const row of missing) {
        const start = one.hours.start[row]!;
        const into = byHour.get(start) ?? new Map<number, number>();
        byHour.set(start, into.set(slot, hourBuckets.pushCopy(start, one.hours, row)));
      }
      put += missing.length;
      const isWhole = missing.length === one.hours.length && hoursHere.size === 0;
      if (isWhole && one.days.length > 0 && !one.isKnown) {
        rows.set(slot, dayBuckets.pushCopy(day * DAY, one.days, 0));
        put++;
      } else if (missing.length > 0) remade.add(slot);
    }
    if (byHour.size > 0) {
      const rolled = rollUpHours(
        day,
        body,
        [...byHour].map(([start, of]) => ({ start, buckets: hourBuckets, rows: of, late: false })),
      );
      if (rolled.body === null) {
        // Another slot cannot be copied.
        put -= hourBuckets.length + dayBuckets.length;
        unreadable += hourBuckets.length + dayBuckets.length;
        continue;
      }
      hours.push([day, rolled.body]);
      for (const slot of remade) {
        const row = rolled.day?.rows.get(slot);
        if (row !== undefined)
          rows.set(slot, dayBuckets.pushCopy(day * DAY, rolled.day!.buckets, row));
      }
    }
    if (rows.size > 0) periods.push({ start: day * DAY, buckets: dayBuckets, rows, late: false });
  }
  const { body } = putInto("day", year, yearBody, periods);
  return body === null && periods.length > 0
    ? { hours: [], year: null, put: 0, unreadable: unreadable + put }
    : { hours, year: body, put, unreadable };
}

const rowsOf = ({ length }: Buckets): number[] => Array.from({ length }, (_, row) => row);

/** Of a pack: the starts of a slot's buckets; undefined when they cannot be read. */
function startsOf(
  tier: TierName,
  span: number,
  body: string | null,
): (slot: number) => ReadonlySet<number> | undefined {
  if (body === null) return () => new Set();
  const pack = readPack(tier, span, body);
  if ("message" in pack) return () => undefined;
  return (slot) => {
    const segment = pack.get(slot);
    const buckets = new Buckets(0);
    if (segment !== undefined && readBuckets(buckets, tier, span, segment) !== undefined)
      return undefined;
    return new Set(buckets.start.subarray(0, buckets.length));
  };
}
