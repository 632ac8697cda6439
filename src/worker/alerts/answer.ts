// A rule as it is told: to administrators where it tells, to nobody its secret.

import type { Measured, RuleState } from "../../core/alerts/machine.ts";
import type { Rule } from "../../core/alerts/rule.ts";
import type { MeasuredAnswer, RuleAnswer } from "../../core/api-alerts.ts";
import { type Caller, prefixIssue } from "../../core/caller.ts";
import * as LIMITS from "../../core/limits.ts";
import { labelsObject } from "../../core/series/labels.ts";
import type { AlertRuleRow } from "../../d1/alert-rules.ts";

export const ruleOf = (row: AlertRuleRow): Rule => JSON.parse(row.rule) as Rule;
export const stateOf = (row: AlertRuleRow): RuleState => JSON.parse(row.state) as RuleState;

/** Rules of metrics that the caller may not read are none. */
export const maySee = (caller: Caller, row: AlertRuleRow): boolean =>
  prefixIssue(caller, ruleOf(row).metric) === undefined;

/** `measured`: what the rule finds at the moment, where that was looked for. */
export function answerOf(
  row: AlertRuleRow,
  { scope }: Pick<Caller, "scope">,
  measured?: Measured,
): RuleAnswer {
  const state = stateOf(row);
  const rule = ruleOf(row);
  const { health, notice, past = [] } = state;
  const there = state.alerts.flatMap((one) =>
    one.phase === "over" ? [] : [{ ...one, phase: one.phase }],
  );
  const isAdmin = scope === "admin";
  return {
    id: row.id,
    ...rule,
    ...summaryOf(state, row.created_at),
    alerts: there.map(({ labels, phase, since, firedAt, value }) => ({
      labels: labelsObject(labels),
      state: phase,
      since,
      firedAt: firedAt ?? null,
      value,
    })),
    past: past.map(({ labels, ...times }) => ({ labels: labelsObject(labels), ...times })),
    measured: measured?.kind === "values" ? worstOf(rule, measured.values) : null,
    health: health.kind,
    problem: health.kind === "failed" ? health.message : (notice?.problem ?? null),
    silencedUntil: row.silenced_until,
    createdAt: row.created_at,
    webhook: isAdmin && row.url !== "" ? new URL(row.url).origin : null,
    shape: row.shape,
  };
}

function summaryOf(
  { alerts, at }: RuleState,
  createdAt: number,
): Pick<RuleAnswer, "state" | "since"> {
  const firing = alerts.flatMap((one) =>
    one.phase === "firing" && one.firedAt !== undefined ? [one.firedAt] : [],
  );
  if (firing.length > 0) return { state: "firing", since: Math.min(...firing) };
  const pending = alerts.flatMap((one) => (one.phase === "pending" ? [one.since] : []));
  if (pending.length > 0) return { state: "pending", since: Math.min(...pending) };
  return { state: "inactive", since: Math.max(at, createdAt) };
}

type Values = Extract<Measured, { kind: "values" }>["values"];

function worstOf({ op }: Rule, values: Values): MeasuredAnswer {
  const sign = op.startsWith(">") ? -1 : 1;
  const sorted = values.toSorted((a, b) => sign * (a.value - b.value));
  return {
    groups: values.length,
    values: sorted
      .slice(0, LIMITS.valuesPerRule)
      .map(({ labels, value }) => ({ labels: labelsObject(labels), value })),
  };
}
