// Rolls dirty days up: minute segments → the hour segment of the day and its slot in the year.
//
// One snapshot is read, merged here, and written if nothing has changed since. So a run that is late,
// doubled, or overlaps a flush or another run, changes nothing; the next run does it. A pair with a
// segment that cannot be read is passed over: it stays dirty, is reported, and is tried again later.

import type { Buckets } from "../../core/bucket.ts";
import { isGone } from "../../core/query/plan.ts";
import * as LIMITS from "../../core/limits.ts";
import { encodeHours, replaceDays, rollUpDay, type UnreadableSegment } from "../../core/rollup.ts";
import { DAY, dayOf, spanStart, yearOf } from "../../core/tiers.ts";
import { type DirtySnapshot, readDirty, type RolledUp, writeRolledUp } from "../../d1/rollup.ts";
import { type StepResult, sum } from "./step.ts";

/** A day is rolled up from this long after its end, ms: by then every shard has flushed it. */
const CLOSED_AFTER = 90 * 60_000;

/** One bounded round. */
export async function rollUp(db: D1Database, now: number): Promise<StepResult> {
  const session = db.withSession("first-primary");
  const snapshot = await readDirty(session, dayOf(now - CLOSED_AFTER) - 1, now);
  if (snapshot.pairs.length === 0) return { rows: snapshot.counted, more: false };
  const rolled = rolledUp(snapshot);
  for (const [day, series, message] of rolled.unreadable)
    console.error(`roll-up: series ${series} on ${dateOf(day)} is passed over: ${message}`);
  const { applied, counted } = await writeRolledUp(session, snapshot, rolled, now);
  return {
    rows: sum(snapshot.counted, counted),
    // A guard that failed is no reason to stop: the next round reads again.
    more: !applied || snapshot.pairs.length === LIMITS.pairsPerRollup,
  };
}

/** A pair whose day could be read, and what it makes of it. */
interface Made {
  readonly day: number;
  readonly hours: Buckets;
  readonly bucket: Buckets;
  readonly gone: boolean;
}

/** What the pairs of a snapshot become. */
function rolledUp(snapshot: DirtySnapshot): RolledUp {
  const minutes = Map.groupBy(snapshot.minutes, (row) => `${row.day}/${row.series_id}`);
  const hoursOf = new Map(snapshot.hours.map((row) => [`${row.day}/${row.series_id}`, row.body]));
  const yearOfSeries = new Map(
    snapshot.years.map((row) => [`${row.year}/${row.series_id}`, row.body]),
  );
  const at = { day: snapshot.goneDay, series: snapshot.goneSeries };
  const result = {
    hours: [] as [number, number, string][],
    years: [] as [number, number, string][],
    late: [] as [number, number][],
    done: [] as [number, number][],
    unreadable: [] as [number, number, string][],
  };
  const bySeriesYear = new Map<string, { series: number; year: number; made: Made[] }>();
  for (const { day, series_id: series, kept } of snapshot.pairs) {
    const key = `${day}/${series}`;
    const year = yearOf(day * DAY);
    const yearKey = `${year}/${series}`;
    const gone = isGone(at, day, series);
    const before = { hours: hoursOf.get(key) ?? null, year: yearOfSeries.get(yearKey) ?? null };
    // Retention left the minutes of a pair that could not be read: they are all there.
    const late = gone && kept !== 1 ? before : null;
    const rolled = rollUpDay({ day, minutes: minutes.get(key) ?? [], late });
    if (!rolled.ok) {
      result.unreadable.push([day, series, textOf(rolled.error)]);
      continue;
    }
    const of = bySeriesYear.get(yearKey) ?? { series, year, made: [] };
    of.made.push({ day, hours: rolled.value.hours, bucket: rolled.value.day, gone });
    bySeriesYear.set(yearKey, of);
  }
  for (const [key, { series, year, made }] of bySeriesYear) {
    const days = new Map(made.map(({ day, bucket }) => [day, bucket]));
    const body = replaceDays(year, yearOfSeries.get(key) ?? null, days);
    if (!body.ok) {
      for (const { day } of made) result.unreadable.push([day, series, textOf(body.error)]);
      continue;
    }
    result.years.push([year, series, body.value]);
    for (const { day, hours, gone } of made) {
      result.hours.push([day, series, encodeHours(hours, day)]);
      result.done.push([day, series]);
      if (gone) result.late.push([day, series]);
    }
  }
  return result;
}

const textOf = ({ tier, span, message }: UnreadableSegment): string =>
  `the ${tier} segment of ${new Date(spanStart(tier, span)).toISOString()} cannot be read: ${message}`;

const dateOf = (day: number): string => new Date(day * DAY).toISOString().slice(0, 10);
