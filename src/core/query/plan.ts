// The query planner: range + resolution → which segments answer it. Pure.
//
// A point is asked for where it is: in minutes until its hour is rolled up, then in the hour's bucket, and
// at the day tier in the day's as soon as that is made. An hour whose minutes changed since is dirty: its
// minutes are the truth again. Where they are past their retention, those that are there came late, and
// are not yet in the coarse buckets: both are merged.

import * as LIMITS from "../limits.ts";
import { DAY, dayOf, spanOf, spanStart, type TierName, TIERS } from "../tiers.ts";

/** Days that each tier keeps; 0 is for ever. */
export type Retention = Readonly<Record<TierName, number>>;

export interface Plan {
  readonly tier: TierName;
  /** Bucket width, ms. */
  readonly step: number;
  /** The range, [from, to), widened to whole buckets. */
  readonly from: number;
  readonly to: number;
  /** The part of it that the tier still keeps: `from` or later. */
  readonly kept: number;
}

/** Finest first. */
const ORDER: readonly TierName[] = ["minute", "hour", "day"];

/** Start of what a tier keeps at `now`, Unix ms. */
export const keptFrom = (tier: TierName, now: number, retention: Retention): number =>
  retention[tier] === 0 ? 0 : (dayOf(now) - retention[tier]) * DAY;

export function plan(
  range: { readonly from: number; readonly to: number },
  resolution: TierName | "auto",
  now: number,
  retention: Retention,
): Plan {
  const tier = resolution === "auto" ? finest(range, now, retention) : resolution;
  const { step } = TIERS[tier];
  const { from, to } = widened(range, step);
  return { tier, step, from, to, kept: Math.max(from, keptFrom(tier, now, retention)) };
}

/** The range in whole buckets. */
const widened = (
  range: { readonly from: number; readonly to: number },
  step: number,
): { readonly from: number; readonly to: number } => ({
  from: Math.floor(range.from / step) * step,
  to: Math.ceil(range.to / step) * step,
});

/** The finest tier that gives few enough buckets and still keeps the start of the range. */
function finest(
  range: { readonly from: number; readonly to: number },
  now: number,
  retention: Retention,
): TierName {
  const fits = (tier: TierName): boolean => {
    const { step } = TIERS[tier];
    const { from, to } = widened(range, step);
    return (to - from) / step <= LIMITS.autoBuckets && keptFrom(tier, now, retention) <= range.from;
  };
  return ORDER.find(fits) ?? "day";
}

/** The keys of the tier's own segments that overlap the plan, ascending and without gaps. */
export function spans(plan: Plan): number[] {
  if (plan.kept >= plan.to) return [];
  return count(spanOf(plan.tier, plan.kept), spanOf(plan.tier, plan.to - 1));
}

/** A place in an order of (span, pack): spans first to last, within one packs first to last. */
export interface Place {
  /** Hour or UTC day. */
  readonly span: number;
  readonly pack: number;
}

const isBefore = (span: number, pack: number, to: Place): boolean =>
  span < to.span || (span === to.span && pack < to.pack);

/** The cron's numbers by name: how far a database is rolled up, and how far each tier was deleted. */
export type Progress = ReadonlyMap<string, number>;

const placeOf = (progress: Progress, span: string, pack: string): Place => ({
  span: progress.get(span) ?? 0,
  pack: progress.get(pack) ?? 0,
});

/** An hour of a pack whose minutes changed after it was rolled up. */
export interface DirtyHour {
  readonly pack: number;
  readonly hour: number;
  /** 1: retention passed it, and left its minutes, all of them. */
  readonly kept: number;
}

/**
 * Says of what a database holds which of it answers, so that each point is read once. For a tier, a
 * bucket of any table is to be taken, or is stored elsewhere as well.
 */
export class Sources {
  readonly #rolled: Place;
  readonly #made: Place;
  readonly #gone: Place;
  /** By pack: dirty hours, and whether all their minutes are there. */
  readonly #dirty = new Map<number, Map<number, boolean>>();
  /** By pack: UTC days that have such an hour with all its minutes. */
  readonly #stale = new Map<number, Set<number>>();

  constructor(progress: Progress, dirty: Iterable<DirtyHour>) {
    this.#rolled = placeOf(progress, "rolledHour", "rolledPack");
    this.#made = placeOf(progress, "rolledDay", "rolledDayPack");
    this.#gone = placeOf(progress, "goneDay", "gonePack");
    for (const { pack, hour, kept } of dirty) {
      const day = Math.floor(hour / 24);
      const whole = kept === 1 || !isBefore(day, pack, this.#gone);
      const hours = this.#dirty.get(pack) ?? new Map<number, boolean>();
      this.#dirty.set(pack, hours.set(hour, whole));
      if (!whole) continue;
      const days = this.#stale.get(pack) ?? new Set<number>();
      this.#stale.set(pack, days.add(day));
    }
  }

  /** Whether to take what the minute table has of an hour. */
  minutes(tier: TierName, pack: number, hour: number): boolean {
    // Those of days that are gone in part are not in the plan: see `withoutDeleted`.
    if (tier === "minute" || !isBefore(hour, pack, this.#rolled)) return true;
    return this.#dirty.get(pack)?.has(hour) === true;
  }

  /** Whether to take the bucket of an hour. */
  hour(tier: "hour" | "day", pack: number, hour: number): boolean {
    if (!isBefore(hour, pack, this.#rolled)) return false;
    if (tier === "day" && this.day(pack, Math.floor(hour / 24))) return false;
    return this.#dirty.get(pack)?.get(hour) !== true;
  }

  /** Whether to take the buckets of all hours of a UTC day. */
  hoursOf(tier: "hour" | "day", pack: number, day: number): boolean {
    if (!isBefore(day * 24 + 23, pack, this.#rolled)) return false;
    if (tier === "day" && this.day(pack, day)) return false;
    return this.#stale.get(pack)?.has(day) !== true;
  }

  /** Whether to take those of all days up to one, at the day tier. */
  daysTo(pack: number, last: number): boolean {
    return isBefore(last, pack, this.#made) && this.#stale.get(pack) === undefined;
  }

  /** Whether to take the bucket of a UTC day, at the day tier. */
  day(pack: number, day: number): boolean {
    return isBefore(day, pack, this.#made) && this.#stale.get(pack)?.has(day) !== true;
  }
}

/**
 * The plan without what was deleted, which may be more than retention says now, when that was raised.
 * Minutes of days that were deleted in part go as well: they would be a part of the truth.
 */
export function withoutDeleted(plan: Plan, progress: Progress): Plan {
  return { ...plan, kept: Math.max(plan.kept, deletedTo(plan.tier, progress)) };
}

/** What starts before this, Unix ms, is deleted at a tier. */
export function deletedTo(tier: TierName, progress: Progress): number {
  if (tier === "minute") {
    const { span: day, pack } = placeOf(progress, "goneDay", "gonePack");
    return (pack > 0 ? day + 1 : day) * DAY;
  }
  const kept = progress.get(`${tier}Kept`) ?? 0;
  return kept === 0 ? 0 : spanStart(tier, kept);
}

const count = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
