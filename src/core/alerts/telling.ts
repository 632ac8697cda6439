// What the receiver of a rule is told, and when. Pure: no clock, no I/O.
//
// 1. It is made of the difference between what is and what was told: so the end of what was never told is
//    not told either, and no end comes before its beginning.
// 2. There is one notice at a time, the same until it is taken: what happens meanwhile is in the next.
// 3. What began under other words of the rule ends under those.

import { labelsJson } from "../series/labels.ts";
import type { AlertState, Notice, NoticeAlert, RuleState } from "./machine.ts";
import type { Rule } from "./rule.ts";

interface Untold {
  readonly alert: NoticeAlert;
  /** The place in `former` of the rule by whose words it is told; undefined: the rule as it is. */
  readonly as: number | undefined;
}

function untoldOf(one: AlertState): Untold | undefined {
  const { labels, value, firedAt, told, toldAs: as, phase } = one;
  const isFiring = phase === "firing" && firedAt !== undefined;
  if (isFiring && told === firedAt) return undefined;
  // What other words began has its end before what these begin.
  if (told !== undefined && (!isFiring || as !== undefined)) {
    const endsAt = one.endedAt ?? one.since;
    return { alert: { status: "resolved", labels, value, startsAt: told, endsAt }, as };
  }
  return isFiring
    ? { alert: { status: "firing", labels, value, startsAt: firedAt }, as: undefined }
    : undefined;
}

/**
 * With a notice that the caller is to send at once, and nobody else before `until`: the one that waits,
 * when its time has come at `now`, or else one of what was not told, `most` at most. The same state: there
 * is none.
 */
export function claim(
  rule: Rule,
  state: RuleState,
  key: string,
  { now, until, most }: { readonly now: number; readonly until: number; readonly most: number },
): RuleState {
  const { notice } = state;
  if (notice !== undefined)
    return isWaiting(notice, now) ? state : { ...state, notice: { ...notice, nextAt: until } };
  const all = state.alerts.flatMap((one) => untoldOf(one) ?? []);
  const [first] = all;
  if (first === undefined) return state;
  const { as } = first;
  // All by the same words.
  const alerts = all.flatMap((one) => (one.as === as ? [one.alert] : [])).slice(0, most);
  const by = (as === undefined ? undefined : state.former?.[as]) ?? rule;
  const { former, ...rest } = state;
  const left = afterTelling(state.alerts, alerts);
  return {
    ...rest,
    ...(former !== undefined && left.some(({ toldAs }) => toldAs !== undefined) && { former }),
    notice: { key, rule: by, alerts, attempts: 0, nextAt: until },
    alerts: left,
  };
}

function afterTelling(
  alerts: readonly AlertState[],
  told: readonly NoticeAlert[],
): readonly AlertState[] {
  const byLabels = new Map(told.map((one) => [labelsJson(one.labels), one]));
  return alerts.flatMap((one): AlertState[] => {
    const notified = byLabels.get(labelsJson(one.labels));
    if (notified === undefined) return [one];
    const { told: _, toldAs: _as, endedAt: _at, ...rest } = one;
    if (notified.status === "firing") return [{ ...rest, told: notified.startsAt }];
    return one.phase === "over" ? [] : [rest];
  });
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** No notice waits longer than an hour: one that would was set by a clock that was ahead. */
const isWaiting = ({ nextAt }: Notice, now: number): boolean =>
  nextAt > now && nextAt - now <= HOUR;

/** After the notice was sent: it is gone when it was taken, else it waits, longer each time. */
export function settle(state: RuleState, problem: string | undefined, now: number): RuleState {
  const { notice, ...rest } = state;
  if (notice === undefined || problem === undefined) return rest;
  const wait = Math.min(HOUR, MINUTE * 2 ** notice.attempts);
  return {
    ...state,
    notice: { ...notice, attempts: notice.attempts + 1, nextAt: now + wait, problem },
  };
}
