// The state of a rule, and how it goes on with each evaluation. Pure: no clock, no I/O.
//
// An evaluation that changes nothing returns the very state that it was given: it costs no row. What a
// receiver is told of it is decided in telling.ts.

import * as LIMITS from "../limits.ts";
import { type Labels, labelsJson } from "../series/labels.ts";
import { holds, isOther, type Rule } from "./rule.ts";

/** One alert: what the rule's `by` tells apart. Times are Unix ms. */
export interface AlertState {
  readonly labels: Labels;
  /** `over`: it is kept only until its end has been put into a notice. */
  readonly phase: "pending" | "firing" | "over";
  /** Since when the condition holds. */
  readonly since: number;
  /** When it fired last; absent: it has not yet. */
  readonly firedAt?: number;
  /** Since when the condition does not hold any more, while `resolveAfter` lasts. */
  readonly quietSince?: number;
  readonly endedAt?: number;
  /** At the last change; null: there were no points. */
  readonly value: number | null;
  /** The `firedAt` that a notice told, whose end none has told. */
  readonly told?: number;
  /** The place in `former` of the rule that told it; absent: the rule as it is. */
  readonly toldAs?: number;
}

/** One that fired and is over. */
export interface PastAlert {
  readonly labels: Labels;
  readonly firedAt: number;
  readonly endedAt: number;
}

export interface NoticeAlert {
  readonly status: "firing" | "resolved";
  readonly labels: Labels;
  readonly value: number | null;
  readonly startsAt: number;
  readonly endsAt?: number;
}

export interface Notice {
  /** The same at each attempt, and of no other notice. */
  readonly key: string;
  /** As it was when they fired. */
  readonly rule: Rule;
  readonly alerts: readonly NoticeAlert[];
  /** How often it was sent and not taken. */
  readonly attempts: number;
  /** When it may be sent: while one run sends it, no other does. */
  readonly nextAt: number;
  /** Why it was not taken the last time. */
  readonly problem?: string;
}

export type Health =
  | { readonly kind: "ok" }
  /** The store knows no series that matches. */
  | { readonly kind: "unknown" }
  | { readonly kind: "failed"; readonly message: string };

export interface RuleState {
  /** By labels. */
  readonly alerts: readonly AlertState[];
  readonly health: Health;
  /** The evaluation that changed it last. */
  readonly at: number;
  /** Since when runs did not come to measure it, as far as that was noted: see `unmeasured`. */
  readonly unmeasuredSince?: number;
  readonly notice?: Notice;
  /** The rule as it was before it was changed, while an end is to be told as its beginning was. */
  readonly former?: readonly Rule[];
  /** The latest first. */
  readonly past?: readonly PastAlert[];
}

export const NO_STATE: RuleState = { alerts: [], health: { kind: "ok" }, at: 0 };

/** What an evaluation found: a value for each group of series that has points in the window. */
export type Measured =
  | { readonly kind: "failed"; readonly message: string }
  | {
      readonly kind: "values";
      /** The store knows a series that matches. */
      readonly known: boolean;
      readonly values: readonly { readonly labels: Labels; readonly value: number }[];
      /** Groups that had points in the last day, where what is missing fires. */
      readonly expected?: readonly Labels[];
    };

/** Of what `for` and `resolveAfter` are counted in: the times of evaluations, `at`. */
export function step(rule: Rule, state: RuleState, measured: Measured, at: number): RuleState {
  // A run that is late, beside one that was not. Further back it is the clock that was set back.
  if (at < state.at && state.at - at <= LATE) return state;
  const health = healthOf(state.health, measured);
  const alerts = measured.kind === "failed" ? state.alerts : next(rule, state.alerts, measured, at);
  const { unmeasuredSince, ...rest } = state;
  const measuredState = unmeasuredSince === undefined ? state : rest;
  const isSame =
    JSON.stringify(health) === JSON.stringify(state.health) && sameItems(alerts, state.alerts);
  return isSame ? measuredState : { ...withAlerts(measuredState, alerts, at), health, at };
}

/**
 * The run did not come to measure it. That is noted at few minutes alone, since a note costs a row and
 * its end another; where the note before is still there, the rule was not measured between.
 */
export function unmeasured(state: RuleState, at: number): RuleState {
  if (at % LIMITS.alertUnmeasuredMs !== 0) return state;
  const { unmeasuredSince: since, health } = state;
  if (since === undefined) return { ...state, unmeasuredSince: at };
  if (at - since < LIMITS.alertUnmeasuredMs || health.kind === "failed") return state;
  return { ...state, health: { kind: "failed", message: UNMEASURED }, at };
}

const UNMEASURED = `it was not measured for more than ${LIMITS.alertUnmeasuredMs / 60_000} minutes: the rules need more readings than a run may make (alertReadsPerRun); filter those of many series, or delete some`;

/** With other alerts; what fired and does not any more is past. */
function withAlerts(state: RuleState, alerts: readonly AlertState[], at: number): RuleState {
  const firing = new Map(alerts.map((one) => [labelsJson(one.labels), one.firedAt]));
  const over = state.alerts.flatMap(({ labels, phase, firedAt }): PastAlert[] =>
    phase !== "firing" || firedAt === undefined || firing.get(labelsJson(labels)) === firedAt
      ? []
      : [{ labels, firedAt, endedAt: at }],
  );
  if (over.length === 0) return { ...state, alerts };
  return { ...state, alerts, past: [...over, ...(state.past ?? [])].slice(0, LIMITS.pastAlerts) };
}

/** How long after its time a run may come, ms. */
const LATE = 5 * 60_000;

function healthOf(before: Health, measured: Measured): Health {
  if (measured.kind === "values") return { kind: measured.known ? "ok" : "unknown" };
  // Whose words change from minute to minute would cost a row each.
  return before.kind === "failed" && before.message !== UNMEASURED ? before : measured;
}

type Values = Extract<Measured, { kind: "values" }>;

function next(
  rule: Rule,
  before: readonly AlertState[],
  { values, expected }: Values,
  at: number,
): readonly AlertState[] {
  const known = new Map(before.map((one) => [labelsJson(one.labels), one]));
  const found = new Map(values.map((one) => [labelsJson(one.labels), one]));
  const due = rule.missing === "fire" ? (expected ?? []) : [];
  const missing = new Map(due.map((labels) => [labelsJson(labels), labels]));
  // Nothing at all is there, and never was: that is one alert without labels.
  if (rule.missing === "fire" && found.size === 0 && missing.size === 0) missing.set("{}", []);
  const keys = [...new Set([...known.keys(), ...found.keys(), ...missing.keys()])].sort();
  return keys.flatMap((key) => {
    const old = known.get(key);
    const now = found.get(key);
    const labels = old?.labels ?? now?.labels ?? missing.get(key) ?? [];
    if (now === undefined && rule.missing === "keep") return old === undefined ? [] : [old];
    const isTrue = now === undefined ? missing.has(key) : holds(now.value, rule);
    const one = isTrue
      ? rising(rule, old, labels, now?.value ?? null, at)
      : falling(rule, old, now?.value ?? null, at);
    return one === undefined ? [] : [one];
  });
}

function rising(
  rule: Rule,
  old: AlertState | undefined,
  labels: Labels,
  value: number | null,
  at: number,
): AlertState {
  if (old?.phase === "firing") {
    if (old.quietSince === undefined) return old;
    const { quietSince: _, ...rest } = old;
    return rest;
  }
  const since = old?.phase === "pending" ? Math.min(old.since, at) : at;
  const told = toldOf(old);
  if (at - since >= rule.for)
    return { labels, phase: "firing", since, firedAt: at, value, ...told };
  return old?.phase === "pending" && old.since === since
    ? old
    : { labels, phase: "pending", since, value, ...told };
}

function falling(
  rule: Rule,
  old: AlertState | undefined,
  value: number | null,
  at: number,
): AlertState | undefined {
  if (old === undefined || old.phase === "over") return old;
  if (old.phase === "firing") {
    const quietSince = Math.min(old.quietSince ?? at, at);
    if (at - quietSince < rule.resolveAfter)
      return old.quietSince === quietSince ? old : { ...old, quietSince };
  }
  return ended(old, value, at);
}

/** What is left of one that ends: nothing, where nobody was told of it. */
const ended = (old: AlertState, value: number | null, at: number): AlertState | undefined =>
  old.told === undefined
    ? undefined
    : {
        labels: old.labels,
        phase: "over",
        since: old.since,
        value,
        ...toldOf(old),
        endedAt: old.endedAt ?? at,
      };

/** What is still to be told of an earlier one. */
const toldOf = (old: AlertState | undefined): Pick<AlertState, "told" | "toldAs" | "endedAt"> => ({
  ...(old?.told !== undefined && { told: old.told }),
  ...(old?.toldAs !== undefined && { toldAs: old.toldAs }),
  ...(old?.endedAt !== undefined && { endedAt: old.endedAt }),
});

/**
 * The rule is another from `at` on. Where it is about other alerts, all there were are over. What was told
 * by the one before will be ended by its words: a receiver knows it by them.
 */
export function changeRule(state: RuleState, before: Rule, after: Rule, at: number): RuleState {
  if (JSON.stringify(before) === JSON.stringify(after)) return state;
  const alerts = isOther(before, after)
    ? state.alerts.flatMap((one) => ended(one, one.value, at) ?? [])
    : state.alerts;
  const next = { ...withAlerts(state, alerts, at), health: { kind: "ok" } as const };
  const { former = [] } = state;
  const isTold = alerts.some((one) => one.told !== undefined && one.toldAs === undefined);
  if (!isTold || former.length >= LIMITS.formerRules) return next;
  return {
    ...next,
    former: [...former, before],
    alerts: alerts.map((one) => (one.told === undefined ? one : { toldAs: former.length, ...one })),
  };
}

const sameItems = <T>(a: readonly T[], b: readonly T[]): boolean =>
  a.length === b.length && a.every((one, i) => one === b[i]);
