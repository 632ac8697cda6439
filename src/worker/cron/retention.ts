// Deletes what is past retention, by the rules of core/retention.ts. Minutes of a (UTC day, pack) go at
// once, in the order of (day, pack), so that everybody knows of each whether its minutes are gone.
// Hours and days go by their keys.

import { keptFrom, type Retention } from "../../core/query/plan.ts";
import { isContradicted, type Permission, permission, progressTo } from "../../core/retention.ts";
import { DAY, dayOf, yearOf } from "../../core/tiers.ts";
import type { RowCount } from "../../d1/database.ts";
import { deleteEvents, readOldestEvent } from "../../d1/events.ts";
import {
  type CoarseTier,
  deleteCoarse,
  deleteMinutes,
  readCoarseProgress,
  readMinuteProgress,
  rememberAsked,
} from "../../d1/retention.ts";
import { type Round, type StepResult, sum } from "./step.ts";

const NOTHING: StepResult = { rows: { written: 0, read: 0 }, more: false };

/** One bounded round: some packs of the oldest day that is past its retention. */
export async function purgeMinutes(
  db: D1Database,
  { now, token }: Round,
  retention: Retention,
): Promise<StepResult> {
  if (retention.minute === 0) return NOTHING;
  const keptDay = dayOf(keptFrom("minute", now, retention));
  const session = db.withSession("first-primary");
  const at = await readMinuteProgress(session);
  if (isContradicted({ now, askedAt: at.askedAt })) return await forgotten(session, at.counted);
  // Days without minutes are passed over, and progress with them stays where it is (rule 3).
  if (at.oldest === null || at.oldest >= keptDay) return { rows: at.counted, more: false };
  const may = permission(keptDay, at.goneDay, 1, { now, askedAt: at.askedAt });
  if (may !== "granted") return await refused(session, may, now, at.counted);
  const part = { day: at.oldest, from: at.from, next: at.next };
  const deleted = await deleteMinutes(session, part, at, token);
  return { rows: sum(at.counted, deleted.counted), more: deleted.done };
}

/** One bounded round of hours past their retention. */
export const purgeHours = (
  db: D1Database,
  round: Round,
  retention: Retention,
): Promise<StepResult> =>
  retention.hour === 0
    ? Promise.resolve(NOTHING)
    : purgeCoarse(db, "hour", dayOf(keptFrom("hour", round.now, retention)), 1, round);

/** One bounded round of years, all of whose days are past their retention. */
export const purgeDays = (
  db: D1Database,
  round: Round,
  retention: Retention,
): Promise<StepResult> =>
  retention.day === 0
    ? Promise.resolve(NOTHING)
    : // A year is more than a day: two runs must agree on it.
      purgeCoarse(db, "day", yearOf(keptFrom("day", round.now, retention)), 0, round);

/**
 * One bounded round of events of before the hours that are kept: what is older stands on charts of days
 * alone. They have no progress of their own, so that two runs must agree on any.
 */
export async function purgeEvents(
  db: D1Database,
  { now }: Round,
  retention: Retention,
): Promise<StepResult> {
  if (retention.hour === 0) return NOTHING;
  const kept = keptFrom("hour", now, retention);
  const session = db.withSession("first-primary");
  const { oldest, askedAt, counted } = await readOldestEvent(session);
  if (oldest === null || oldest >= kept) return { rows: counted, more: false };
  if (isContradicted({ now, askedAt })) return await forgotten(session, counted);
  const may = permission(dayOf(kept), 0, 0, { now, askedAt });
  if (may !== "granted") return await refused(session, may, now, counted);
  const deleted = await deleteEvents(session, kept);
  return { rows: sum(counted, deleted.counted), more: !deleted.done };
}

async function purgeCoarse(
  db: D1Database,
  tier: CoarseTier,
  wanted: number,
  free: number,
  { now }: Round,
): Promise<StepResult> {
  const session = db.withSession("first-primary");
  const at = await readCoarseProgress(session, tier);
  if (isContradicted({ now, askedAt: at.askedAt })) return await forgotten(session, at.counted);
  // Rule 4: days that are not made, or have minutes, keep their hours, and those after them.
  const past =
    tier === "hour"
      ? Math.min(wanted, at.rolledDay, at.goneDay)
      : Math.min(wanted, yearOf(at.rolledDay * DAY));
  const to = progressTo(past, at.kept, tier === "hour" ? dayOf(now) : yearOf(now));
  if (to === at.kept) return { rows: at.counted, more: false };
  // What the clock says is looked at, not what is left of it: that may be a day while the clock is a year ahead.
  const asked = to > at.kept ? wanted : to;
  const may = permission(asked, at.kept, free, { now, askedAt: at.askedAt });
  if (may !== "granted") return await refused(session, may, now, at.counted);
  const deleted = await deleteCoarse(session, tier, past, to, at.pack);
  return { rows: sum(at.counted, deleted.counted), more: !deleted.done };
}

/** Else the next run that asks would be confirmed by a clock that was wrong. */
const forgotten = async (db: D1DatabaseSession, counted: RowCount): Promise<StepResult> => ({
  rows: sum(counted, await rememberAsked(db, 0)),
  more: true,
});

async function refused(
  db: D1DatabaseSession,
  may: Exclude<Permission, "granted">,
  now: number,
  counted: RowCount,
): Promise<StepResult> {
  if (may !== "ask") return { rows: counted, more: false };
  return { rows: sum(counted, await rememberAsked(db, now)), more: false };
}
