// Retention: what may be deleted. Pure. The rules, enforced in this order:
//
// 1. A tier keeps today and as many UTC days before it as its variable says; 0 is for ever. Only what
//    is older goes (`keptFrom`).
// 2. What is past retention by the clock of one run is at most a day more than was deleted before, or else (a
//    new store, a pause, a clock that is wrong) two runs that are an hour to a day apart must agree on the time;
//    also where the rules below leave less of it.
//    A clock that is wrong once, ahead or behind, agrees with no run of before and of after; and a run
//    that is earlier than one that asked contradicts it, so that what it asked is forgotten.
// 3. Progress never goes beyond what was there to delete: no clock can hide what is stored later. Nor does
//    it go back when more is to be kept than before: what was deleted is told as deleted (`progressTo`).
// 4. Minutes go when they are in the hour and day packs: a day that is not made, or has an hour that is
//    dirty, keeps the minutes of its pack, and stops what comes after it. Hours go when their day is made
//    and its minutes are gone: until then a point that comes late makes the day anew, of all its hours.
// 5. But an hour that cannot be read stops nothing. Its minutes stay until it can, and its hour pack.

import { DAY, HOUR, MINUTE } from "./tiers.ts";

/** What the clock says now, and what it said when a run first asked for more than a day. */
export interface Clock {
  readonly now: number;
  /** Unix ms; 0 when no run has asked. */
  readonly askedAt: number;
}

/** Whether the run that asked was ahead of this one: one of the two is wrong. Runs may overlap a bit. */
export const isContradicted = ({ now, askedAt }: Clock): boolean => askedAt > now + MINUTE;

export type Permission =
  /** There is nothing to delete. */
  | "nothing"
  /** Up to what the clock says. */
  | "granted"
  /** A run has asked, less than an hour ago. */
  | "wait"
  /** This run is the first to ask: to be remembered. */
  | "ask";

/**
 * Rule 3: where the progress of a tier goes that is at `done` when `past` is what may go, in spans; `present`
 * is the span of now. From the future, where only a clock that was wrong can have left it, it goes back.
 */
export const progressTo = (past: number, done: number, present: number): number =>
  past < done ? Math.max(past, Math.min(done, present)) : past;

/**
 * Rules 1 and 2. `wanted` and `done` are numbers of spans, exclusive ends: what is past retention by
 * the clock, and what was deleted; `free` is how many spans need no second run.
 */
export function permission(
  wanted: number,
  done: number,
  free: number,
  { now, askedAt }: Clock,
): Permission {
  if (wanted === done) return "nothing";
  if (wanted > done && wanted - done <= free) return "granted";
  const since = now - askedAt;
  if (since < 0 || since > DAY) return "ask";
  return since < HOUR ? "wait" : "granted";
}
