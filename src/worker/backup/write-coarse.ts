// Puts hours and days of an import into their packs, under the claim of the roll-up. Their days count from then
// on as days whose minutes were deleted, so that points that come late are merged into them. That is possible
// where the database has no minutes of anybody before the end of the day; hours of other days come as parts of
// minutes (write-minutes.ts).

import { packOf, slotOf } from "../../core/codec/pack.ts";
import { fillYear, type SlotDay } from "../../core/backup/fill.ts";
import type { SeriesDay } from "../../core/backup/read.ts";
import { DAY, dayOf, yearOf } from "../../core/tiers.ts";
import { readCoarse, writeCoarse } from "../../d1/imports.ts";
import type { CoarseRow } from "../../d1/rollup.ts";
import { countRead } from "../shards.ts";
import { type Due, type Has, isoDay } from "./due.ts";
import type { Imported } from "../../core/backup/imported.ts";

/** Puts hours and days where there are none. Undefined: something else was written in between. */
export async function writeHours(
  db: D1DatabaseSession,
  wanted: readonly Due[],
  ids: ReadonlyMap<string, number>,
  has: Has,
  now: number,
): Promise<Imported | undefined> {
  const lines = wanted.flatMap((one) => one.coarse.map((line) => ({ one, line })));
  if (lines.length === 0) return { stored: 0, kept: 0, left: 0 };
  const packOfSeries = ({ key }: Due): number => packOf(ids.get(key)!);
  const snapshot = await readCoarse(db, [
    ...new Map(
      lines.map(({ one, line }) => {
        const [pack, day] = [packOfSeries(one), line.day];
        return [`${pack}/${day}`, { pack, day }] as const;
      }),
    ).values(),
  ]);
  countRead(snapshot.counted.read);
  // Today's minutes must never count as deleted.
  const most = Math.max(
    snapshot.goneDay,
    Math.min(
      dayOf(now),
      snapshot.firstMinute === null ? Infinity : Math.floor(snapshot.firstMinute / 24),
    ),
  );
  const size = ({ hours, days }: SeriesDay): number => hours.length + days.length;
  const byYear = Map.groupBy(
    lines,
    ({ one, line }) => `${packOfSeries(one)}/${yearOf(line.day * DAY)}`,
  );
  const bodies = new Map(snapshot.hours.map(({ pack, day, body }) => [`${pack}/${day}`, body]));
  const years = new Map(snapshot.years.map(({ pack, year, body }) => [`${pack}/${year}`, body]));
  const hourRows: CoarseRow[] = [];
  const yearRows: CoarseRow[] = [];
  let goneDay = snapshot.goneDay;
  let [all, stored, left] = [0, 0, 0];
  let why: string | undefined;
  for (const [of, some] of byYear) {
    const pack = packOfSeries(some[0]!.one);
    const year = yearOf(some[0]!.line.day * DAY);
    const days: SlotDay[] = [];
    for (const { one, line } of some) {
      all += size(line);
      const known = new Set(
        [...has.hours.starts(one.key).keys()].filter((start) => dayOf(start) === line.day),
      );
      const isKnown = known.size > 0 || has.days.starts(one.key).has(line.day * DAY);
      if (line.day < most) {
        const slot = slotOf(ids.get(one.key)!);
        days.push({ slot, day: line.day, hours: line.hours, days: line.days, known, isKnown });
      } else if (!isKnown) {
        left += size(line);
        why ??= `${one.metric}${one.labels} on ${isoDay(line.day)} is told by its day, of which the hours are not all, and this store has minutes of before the end of that day: it goes in when their retention (RETENTION_MINUTE_DAYS) has passed the day`;
      }
    }
    const filled = fillYear(
      year,
      years.get(of) ?? null,
      new Map(
        days.flatMap(({ day }) => {
          const body = bodies.get(`${pack}/${day}`);
          return body === undefined ? [] : [[day, body] as const];
        }),
      ),
      days,
    );
    stored += filled.put;
    left += filled.unreadable;
    if (filled.unreadable > 0) why ??= `${of}: what this store has there cannot be read`;
    for (const [day, body] of filled.hours) hourRows.push([pack, day, body]);
    if (filled.year !== null) yearRows.push([pack, year, filled.year]);
    if (filled.put > 0) goneDay = Math.max(goneDay, ...days.map(({ day }) => day + 1));
  }
  const counts = { stored, kept: all - stored - left, left, ...(why !== undefined && { why }) };
  if (stored === 0) return counts;
  const right = { read: snapshot.read, mine: 1 + Math.floor(Math.random() * 2 ** 52) };
  const written = await writeCoarse(
    db,
    snapshot,
    { hours: hourRows, years: yearRows, goneDay },
    right,
  );
  countRead(written.counted.read);
  return written.applied ? counts : undefined;
}
