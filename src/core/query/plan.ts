// The query planner: range + resolution → which segments answer it. Pure.
//
// A day of a series is answered by its coarse segment where that is up to date, else by its minutes.
// Where the minutes are past their retention, those that are there came late, and are not yet in the
// coarse segment: both are merged.

import * as LIMITS from "../limits.ts";
import { DAY, dayOf, HOUR, hourOf, spanOf, spanStart, type TierName, TIERS } from "../tiers.ts";

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

/** The hours of a UTC day whose minutes may answer for it within the plan. */
export const hoursOf = (plan: Plan, day: number): number[] =>
  count(
    Math.max(day * 24, hourOf(plan.kept)),
    Math.min(day * 24 + 23, Math.ceil(plan.to / HOUR) - 1),
  );

/** Where the buckets of one (UTC day, series) come from at the hour and day tiers. */
export interface Sources {
  readonly coarse: boolean;
  readonly minutes: boolean;
}

/** `dirty`: marked so. `gone`: its minutes were deleted; any that are there came late. */
export const sourcesOf = (dirty: boolean, gone: boolean): Sources => ({
  coarse: !dirty || gone,
  minutes: dirty,
});

/** (UTC day, series id) up to which, exclusive, minutes were deleted; series go first to last. */
export interface Gone {
  readonly day: number;
  readonly series: number;
}

export const isGone = (gone: Gone, day: number, series: number): boolean =>
  day < gone.day || (day === gone.day && series < gone.series);

/** The cron's numbers by name: how far each tier was deleted. */
type Progress = ReadonlyMap<string, number>;

export const goneOf = (progress: Progress): Gone => ({
  day: progress.get("goneDay") ?? 0,
  series: progress.get("goneSeries") ?? 0,
});

/**
 * The plan without what was deleted, which may be more than retention says now, when that was raised.
 * Minutes of days that were deleted in part go as well: they would be a part of the truth.
 */
export function withoutDeleted(plan: Plan, progress: Progress): Plan {
  return { ...plan, kept: Math.max(plan.kept, deletedTo(plan.tier, progress)) };
}

/** What starts before this, Unix ms, is deleted at a tier. */
export function deletedTo(tier: TierName, progress: Progress): number {
  const { day, series } = goneOf(progress);
  if (tier === "minute") return (series > 0 ? day + 1 : day) * DAY;
  const kept = progress.get(`${tier}Kept`) ?? 0;
  return kept === 0 ? 0 : spanStart(tier, kept);
}

const count = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
