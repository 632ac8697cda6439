// Rolls up: closed hours and days that are over, each from a watermark on, and dirty hours again.
//
// A round reads one snapshot, merges it here, and writes if nothing of it has changed since. So a run
// that is late, doubled, or overlaps a flush or another run, changes nothing; the next round does it.
// What cannot be read is passed over: it is dirty, is reported, and is tried again later.

import { dayOfHours, isReadable, type Period, putInto } from "../../core/rollup.ts";
import type { Unreadable } from "../../core/rollup-read.ts";
import { type DueDay, rollUpPack } from "../../core/rollup-pack.ts";
import { DAY, dayOf, HOUR, hourOf, MINUTE, yearOf } from "../../core/tiers.ts";
import { isEmpty, nextClosed, readClosed, writeClosed } from "../../d1/closed.ts";
import { nextDays, readDays, type UnreadableDay, writeDays } from "../../d1/days.ts";
import {
  type DirtySnapshot,
  nextDirty,
  readDirty,
  type RolledDirty,
  writeDirty,
} from "../../d1/dirty.ts";
import type { CoarseRow, UnreadableHour } from "../../d1/rollup.ts";
import { report } from "../../durable/report.ts";
import { type Round, type StepResult, sum } from "./step.ts";

/** An hour is rolled up from this long after its end, ms: by then every shard has flushed it. */
const CLOSED_AFTER = 10 * MINUTE;

/** Some hours that are rolled up for the first time. */
export async function rollUpClosed(
  db: D1Database,
  { now, token, share, samplesPerMinute }: Round,
): Promise<StepResult> {
  const session = db.withSession("first-primary");
  const range = await nextClosed(session, hourOf(now - CLOSED_AFTER), share);
  if (isEmpty(range)) return { rows: range.counted, more: false };
  const snapshot = await readClosed(session, range);
  const rows = sum(range.counted, snapshot.counted);
  if (snapshot.from.hour !== range.from.hour || snapshot.from.pack !== range.from.pack)
    return { rows, more: true };
  const hours: CoarseRow[] = [];
  const unreadable: UnreadableHour[] = [];
  const before = new Map(snapshot.hours.map(({ pack, day, body }) => [`${pack}/${day}`, body]));
  const days = Map.groupBy(snapshot.minutes, ({ pack, hour }) => `${pack}/${dayOfHour(hour)}`);
  for (const [key, minutes] of days) {
    const { pack, hour } = minutes[0]!;
    const day = dayOfHour(hour);
    const parts = Map.groupBy(minutes, (row) => row.hour);
    const due = [...parts].map(([of, parts]) => ({
      hour: of,
      parts: parts.map(bodyOf),
      late: false,
    }));
    const body = before.get(key) ?? null;
    const rolled = rollUpPack(
      yearOf(day * DAY),
      null,
      [{ day, hours: due, body, made: false }],
      samplesPerMinute,
    );
    for (const [of, body] of rolled.hours) hours.push([pack, of, body]);
    for (const [of, why] of rolled.unreadable) unreadable.push(passed(pack, of, why));
  }
  const claim = { read: snapshot.read, mine: token };
  const parts = snapshot.minutes.length;
  const written = await writeClosed(session, range, claim, parts, hours, unreadable, now);
  // A guard that failed is no reason to stop: the next round reads again.
  return { rows: sum(rows, written.counted), more: !written.applied || range.more };
}

/** Some UTC days that are over and rolled up by the hour. */
export async function rollUpDays(
  db: D1Database,
  { now, token, share }: Round,
): Promise<StepResult> {
  const session = db.withSession("first-primary");
  const next = await nextDays(session, share);
  if (next.from.day === next.to.day && next.from.pack === next.to.pack)
    return { rows: next.counted, more: false };
  const snapshot = await readDays(session, next.days);
  const rows = sum(next.counted, snapshot.counted);
  if (snapshot.from.day !== next.from.day || snapshot.from.pack !== next.from.pack)
    return { rows, more: true };
  const years: CoarseRow[] = [];
  const unreadable: UnreadableDay[] = [];
  const before = new Map(snapshot.years.map(({ pack, year, body }) => [`${pack}/${year}`, body]));
  const hours = Map.groupBy(snapshot.hours, ({ pack, day }) => `${pack}/${yearOf(day * DAY)}`);
  for (const [key, days] of hours) {
    const { pack } = days[0]!;
    const year = yearOf(days[0]!.day * DAY);
    const pass = (day: number, { slots, message }: Unreadable): void => {
      log(pack, day * DAY, message);
      unreadable.push([pack, day, slots, message]);
    };
    const periods: Period[] = [];
    for (const { day, body } of days) {
      const period = dayOfHours(day, body);
      if (isReadable(period)) periods.push(period);
      else pass(day, period);
    }
    const put = putInto("day", year, before.get(key) ?? null, periods);
    for (const [{ start }, why] of put.unreadable) pass(dayOf(start), why);
    if (put.body !== null) years.push([pack, year, put.body]);
  }
  const claim = { read: snapshot.read, mine: token };
  const written = await writeDays(session, next.to, claim, years, unreadable, now);
  return { rows: sum(rows, written.counted), more: !written.applied || next.more };
}

/** Some hours that are rolled up again, those of a pack at once. */
export async function rollUpDirty(
  db: D1Database,
  { now, token, share, samplesPerMinute }: Round,
): Promise<StepResult> {
  const session = db.withSession("first-primary");
  const next = await nextDirty(session, now, share);
  if (next.hours.length === 0) return { rows: next.counted, more: false };
  const snapshot = await readDirty(session, next.hours);
  const claim = { read: snapshot.read, mine: token };
  const parts = snapshot.minutes.length;
  const rolled = cleaned(snapshot, samplesPerMinute);
  const written = await writeDirty(session, next.hours, claim, parts, rolled, now);
  const rows = sum(next.counted, snapshot.counted, written.counted);
  return { rows, more: !written.applied || next.more };
}

/** What the dirty hours of a snapshot become. */
function cleaned(snapshot: DirtySnapshot, samplesPerMinute: number): RolledDirty {
  const hours: CoarseRow[] = [];
  const years: CoarseRow[] = [];
  const late: [number, number][] = [];
  const done: [number, number][] = [];
  const unreadable: UnreadableHour[] = [];
  const parts = Map.groupBy(snapshot.minutes, ({ pack, hour }) => `${pack}/${hour}`);
  const hourBodies = new Map(snapshot.hours.map(({ pack, day, body }) => [`${pack}/${day}`, body]));
  const yearBodies = new Map(
    snapshot.years.map(({ pack, year, body }) => [`${pack}/${year}`, body]),
  );
  const isGone = (day: number, pack: number): boolean =>
    isBefore(day, pack, snapshot.goneDay, snapshot.gonePack);
  const inYears = Map.groupBy(snapshot.pairs, ({ pack, hour }) => `${pack}/${yearOf(hour * HOUR)}`);
  for (const [key, pairs] of inYears) {
    const { pack } = pairs[0]!;
    const year = yearOf(pairs[0]!.hour * HOUR);
    const days = [...Map.groupBy(pairs, ({ hour }) => dayOfHour(hour))].map(
      ([day, of]): DueDay => ({
        day,
        hours: of.map(({ hour, kept }) => ({
          hour,
          parts: (parts.get(`${pack}/${hour}`) ?? []).map(bodyOf),
          // Retention left the minutes of a pair that could not be read: they are all there.
          late: isGone(day, pack) && kept !== 1,
        })),
        body: hourBodies.get(`${pack}/${day}`) ?? null,
        made: isBefore(day, pack, snapshot.rolledDay, snapshot.rolledDayPack),
      }),
    );
    const rolled = rollUpPack(year, yearBodies.get(key) ?? null, days, samplesPerMinute);
    for (const [day, body] of rolled.hours) hours.push([pack, day, body]);
    if (rolled.year !== null) years.push([pack, year, rolled.year]);
    for (const hour of rolled.done) {
      done.push([pack, hour]);
      if (isGone(dayOfHour(hour), pack)) late.push([pack, hour]);
    }
    for (const [hour, why] of rolled.unreadable) unreadable.push(passed(pack, hour, why));
  }
  return { hours, years, late, done, unreadable };
}

const dayOfHour = (hour: number): number => Math.floor(hour / 24);
const bodyOf = ({ body }: { readonly body: string }): string => body;

/** Whether (day, pack) comes before a watermark, exclusive. */
const isBefore = (day: number, pack: number, toDay: number, toPack: number): boolean =>
  day < toDay || (day === toDay && pack < toPack);

function passed(pack: number, hour: number, { slots, message }: Unreadable): UnreadableHour {
  log(pack, hour * HOUR, message);
  return [pack, hour, slots, message];
}

const log = (pack: number, at: number, message: string): void =>
  report("pack_unreadable", message, { pack, hour: new Date(at).toISOString() });
