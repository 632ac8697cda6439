// Imports lines of a backup into the databases: what the store does not have, and nothing else. So a line that
// comes twice, or a run that was cut off and begins again, counts once. Minutes are written first, and the
// roll-up makes their hours and days; then hours and days of which there are no minutes.

import type { Line, SeriesDay } from "../../core/backup/read.ts";
import { keptFrom } from "../../core/query/plan.ts";
import { seriesKey } from "../../core/series/labels.ts";
import { shardOf } from "../../core/series/route.ts";
import { DAY, dayOf, HOUR } from "../../core/tiers.ts";
import { D1Failed } from "../../d1/database.ts";
import { databaseOf, databasesOf, type Named } from "../../d1/databases.ts";
import { announceImport, readTarget } from "../../d1/imports.ts";
import { configOf, type Env } from "../env.ts";
import { fail } from "../http/failure.ts";
import { OUTLIVING } from "../outliving.ts";
import { sourceOf } from "../read/source.ts";
import { countRead } from "../shards.ts";
import { type Due, dueOf, isoDay, readExisting, see, takeHours, takeMinutes } from "./due.ts";
import { type Imported, sum } from "../../core/backup/imported.ts";
import { writeHours } from "./write-coarse.ts";
import { describedBy, writeMinutes } from "./write-minutes.ts";

/** Of something else that is written at the same time, the one or the other is done again. */
const ATTEMPTS = 6;

/** @throws Failed, D1Failed: then the lines may be stored in part, and are to be sent again. */
export async function importLines(
  env: Env,
  lines: readonly Line[],
  now: number,
): Promise<Imported> {
  const { shards } = configOf(env);
  const databases = databasesOf(env);
  const byDatabase = Map.groupBy(lines, ({ metric }) =>
    databaseOf(databases, shardOf(metric, shards)),
  );
  let all: Imported = { stored: 0, kept: 0, left: 0 };
  for (const [database, of] of byDatabase) all = sum(all, await settled(env, database, of, now));
  return all;
}

async function settled(
  env: Env,
  database: Named,
  lines: readonly Line[],
  now: number,
): Promise<Imported> {
  const landed: Landed = { buckets: 0 };
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    try {
      const before = landed.buckets;
      const done = await attemptTo(env, database, lines, now, landed);
      if (done === undefined) continue;
      // What an attempt has put, the next ones find.
      const found = Math.min(before, done.kept);
      return { ...done, stored: done.stored + found, kept: done.kept - found };
    } catch (error) {
      // Whether it landed is found by reading; a series that a shard flushed meanwhile as well.
      if (!(error instanceof D1Failed) || attempt === ATTEMPTS) throw error;
    }
  }
  return fail({
    kind: "unavailable",
    message: `the database ${database.name} is written to by others all the time: send the lines again`,
    retryAfterSec: 5,
  });
}

/** What attempts have put. */
interface Landed {
  buckets: number;
}

/** Undefined: something else was written in between. */
async function attemptTo(
  env: Env,
  { db }: Named,
  lines: readonly Line[],
  now: number,
  landed: Landed,
): Promise<Imported | undefined> {
  const session = db.withSession("first-primary");
  const said = await announceImport(session);
  countRead(said.counted.read);
  if (said.waitMs > 0) await OUTLIVING.wait(said.waitMs);
  const days = lines.filter((line) => line.kind === "series");
  const abouts = lines.filter((line) => line.kind === "about");
  const due = dueOf(days);
  const series = [...due.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  // Before what exists is asked: an import that lands in between is found by its watermark.
  const target = await readTarget(
    session,
    series.map(({ metric, labels }) => [metric, labels] as const),
    [...new Set(lines.map(({ metric }) => metric))],
  );
  countRead(target.counted.read);
  const source = sourceOf(env, "", now, { isBulk: true });
  const has = await readExisting(source, days);
  const counts = { stored: 0, kept: 0, left: 0 };
  const whys: string[] = [];
  const leave = (many: number, why: string): void => {
    counts.left += many;
    whys.push(why);
  };
  const take = (taken: number, size: number): void => {
    counts.stored += taken;
    counts.kept += size - taken;
  };
  const isLeft = (line: SeriesDay, size: number): boolean => {
    if (line.day * DAY >= has.days.from) return false;
    leave(size, `${isoDay(line.day)} is past what this store keeps at any resolution`);
    return true;
  };
  const dueOfLine = (line: SeriesDay): Due => due.get(seriesKey(line.metric, line.labels))!;
  const [withMinutes, without] = [
    days.filter(({ minutes }) => minutes.length > 0),
    days.filter(({ minutes }) => minutes.length === 0),
  ];
  const { retention } = configOf(env);
  /** From this day on minutes are kept, or somebody has some, so that none count as deleted. */
  let kept = Math.min(
    dayOf(keptFrom("minute", now, retention)),
    target.firstMinute === null ? Infinity : dayOf(target.firstMinute * HOUR),
  );
  for (const line of withMinutes) {
    if (isLeft(line, line.minutes.length)) continue;
    const taken = takeMinutes(dueOfLine(line), line, has);
    take(taken, line.minutes.length);
    if (taken > 0) kept = Math.min(kept, line.day);
  }
  /** Hours and days of lines that are put. A day may come in several, each with some of its hours. */
  const coarse = new Set<string>();
  const isRepeat = ({ hours, days }: SeriesDay, { key }: Due): boolean => {
    const before = coarse.size;
    for (const start of hours.start.subarray(0, hours.length)) coarse.add(`hour ${start} ${key}`);
    for (const start of days.start.subarray(0, days.length)) coarse.add(`day ${start} ${key}`);
    return coarse.size === before;
  };
  for (const line of without) {
    const one = dueOfLine(line);
    const size = line.hours.length + line.days.length;
    if (isLeft(line, size)) continue;
    const isBeside = line.day >= Math.max(kept, target.goneDay) && line.day * DAY >= has.hours.from;
    const taken = isBeside ? takeHours(one, line, has) : undefined;
    if (taken !== undefined) take(taken, size);
    else if (isRepeat(line, one)) counts.kept += size;
    else {
      one.coarse.push(line);
      for (const buckets of [line.hours, line.days])
        for (let row = 0; row < buckets.length; row++)
          see(one, buckets.firstAt[row]!, buckets.lastAt[row]!, buckets.last[row]!);
    }
  }
  const described = describedBy(abouts, target, new Set(days.map(({ metric }) => metric)));
  const wanted = series.filter(
    (one) => one.minutes.length + one.wholes.length + one.coarse.length > 0,
  );
  const ids = await writeMinutes(session, wanted, series, target, described, now);
  if (ids === undefined) return undefined;
  landed.buckets += counts.stored;
  const put = await writeHours(session, wanted, ids, has, now);
  if (put === undefined) return undefined;
  counts.stored += put.stored;
  counts.kept += put.kept;
  counts.left += put.left;
  const why = whys[0] ?? put.why;
  return { ...counts, ...(why !== undefined && { why }) };
}
