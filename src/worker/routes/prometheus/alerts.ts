// GET /prometheus/api/v1/rules and /alerts: the rules of alerts in Prometheus' own shapes.

import { z } from "zod";
import { expressionOf } from "../../../core/alerts/expression.ts";
import { sentenceOf } from "../../../core/alerts/notice.ts";
import type { Caller } from "../../../core/caller.ts";
import { labelsObject } from "../../../core/series/labels.ts";
import { type AlertRuleRow, readRules } from "../../../d1/alert-rules.ts";
import { answerOf, maySee, ruleOf, stateOf } from "../../alerts/answer.ts";
import type { Env } from "../../env.ts";
import { endpoint } from "../../http/endpoint.ts";
import { countRead } from "../../shards.ts";
import { dialect } from "./dialect.ts";

const none = z.object({});
const texts = z.record(z.string(), z.string());
const alert = z.object({
  labels: texts,
  annotations: texts,
  state: z.string(),
  activeAt: z.string(),
  value: z.string(),
});
const success = <T extends z.ZodType>(data: T) => z.object({ status: z.literal("success"), data });

async function seen(env: Env, caller: Caller): Promise<readonly AlertRuleRow[]> {
  const { rows, counted } = await readRules(env.DB);
  countRead(counted.read);
  return rows.filter((row) => maySee(caller, row));
}

/** Values are texts, of Go. */
const alertsOf = (row: AlertRuleRow): z.output<typeof alert>[] =>
  stateOf(row).alerts.flatMap(({ labels, phase, since, value }) =>
    phase === "over"
      ? []
      : [
          {
            labels: { ...labelsObject(labels), alertname: ruleOf(row).name },
            annotations: { summary: sentenceOf(ruleOf(row)) },
            state: phase,
            activeAt: new Date(since).toISOString(),
            value: value === null ? "NaN" : String(value),
          },
        ],
  );

function ruleAsProm(row: AlertRuleRow, caller: Caller) {
  const { name, state, health, problem, resolveAfter, for: lasting } = answerOf(row, caller);
  return {
    state,
    name,
    query: expressionOf(ruleOf(row)),
    duration: lasting / 1_000,
    keepFiringFor: resolveAfter / 1_000,
    labels: {},
    annotations: { summary: sentenceOf(ruleOf(row)) },
    alerts: alertsOf(row),
    health: health === "failed" ? "err" : "ok",
    ...(health === "failed" && problem !== null && { lastError: problem }),
    // Evaluations that change nothing are not written down: it is the last that did.
    lastEvaluation: new Date(stateOf(row).at).toISOString(),
    evaluationTime: 0,
    type: "alerting" as const,
  };
}

export const promRules = endpoint({
  ...dialect("rules", z.object({ type: z.string().optional() })),
  methods: ["GET"],
  summary: "For clients of Prometheus: the rules of alerts",
  answer: success(z.object({ groups: z.array(z.looseObject({ rules: z.array(z.unknown()) })) })),
  errors: ["unavailable"],
  async handle(asked, c) {
    const rows = asked.type === "record" ? [] : await seen(c.env, c.var.caller);
    const rules = rows.map((row) => ruleAsProm(row, c.var.caller));
    const group = {
      name: "minuet",
      file: "minuet",
      interval: 60,
      limit: 0,
      rules,
      evaluationTime: 0,
      lastEvaluation: new Date(Math.max(0, ...rows.map((row) => stateOf(row).at))).toISOString(),
    };
    return { status: "success" as const, data: { groups: rules.length === 0 ? [] : [group] } };
  },
});

export const promAlerts = endpoint({
  ...dialect("alerts", none),
  methods: ["GET"],
  summary: "For clients of Prometheus: the alerts that are pending or firing",
  answer: success(z.object({ alerts: z.array(alert) })),
  errors: ["unavailable"],
  async handle(_asked, c) {
    const rows = await seen(c.env, c.var.caller);
    return { status: "success" as const, data: { alerts: rows.flatMap(alertsOf) } };
  },
});
