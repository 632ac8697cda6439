// A rule as it is told: to administrators where it tells, to nobody its secret.

import type { RuleState } from "../../core/alerts/machine.ts";
import type { Rule } from "../../core/alerts/rule.ts";
import type { RuleAnswer } from "../../core/api-alerts.ts";
import { type Caller, prefixIssue } from "../../core/caller.ts";
import { labelsObject } from "../../core/series/labels.ts";
import type { AlertRuleRow } from "../../d1/alert-rules.ts";

export const ruleOf = (row: AlertRuleRow): Rule => JSON.parse(row.rule) as Rule;
export const stateOf = (row: AlertRuleRow): RuleState => JSON.parse(row.state) as RuleState;

/** Rules of metrics that the caller may not read are none. */
export const maySee = (caller: Caller, row: AlertRuleRow): boolean =>
  prefixIssue(caller, ruleOf(row).metric) === undefined;

export function answerOf(row: AlertRuleRow, { scope }: Caller): RuleAnswer {
  const { alerts, health, notice } = stateOf(row);
  const there = alerts.flatMap((one) =>
    one.phase === "over" ? [] : [{ ...one, phase: one.phase }],
  );
  const isAdmin = scope === "admin";
  const has = (phase: string): boolean => there.some((one) => one.phase === phase);
  return {
    id: row.id,
    ...ruleOf(row),
    state: has("firing") ? "firing" : has("pending") ? "pending" : "inactive",
    alerts: there.map(({ labels, phase, since, firedAt, value }) => ({
      labels: labelsObject(labels),
      state: phase,
      since,
      firedAt: firedAt ?? null,
      value,
    })),
    health: health.kind,
    problem: health.kind === "failed" ? health.message : (notice?.problem ?? null),
    silencedUntil: row.silenced_until,
    createdAt: row.created_at,
    webhook: isAdmin && row.url !== "" ? new URL(row.url).origin : null,
    shape: row.shape,
  };
}
