// /api/v1/alerts/rules: rules of alerts, made, changed, silenced and tried by the administrator, and seen
// by who may read their metrics.

import { z } from "zod";
import { changeRule as changedState, NO_STATE } from "../../core/alerts/machine.ts";
import type { Rule } from "../../core/alerts/rule.ts";
import * as LIMITS from "../../core/limits.ts";
import { quote } from "../../core/text.ts";
import { MINUTE } from "../../core/tiers.ts";
import {
  addRule,
  type AlertRuleRow,
  changeRule,
  readRule,
  readRules,
  removeRule,
  type RuleChange,
} from "../../d1/alert-rules.ts";
import { answerOf, maySee, ruleOf, stateOf } from "../alerts/answer.ts";
import { measure } from "../alerts/read.ts";
import { isLocal, sendNotice } from "../alerts/send.ts";
import { webhookIssue } from "../alerts/webhook.ts";
import type { Env } from "../env.ts";
import { endpoint } from "../http/endpoint.ts";
import { fail } from "../http/failure.ts";
import { jsonBody } from "../http/json-body.ts";
import { newSecretText } from "../http/token-text.ts";
import { sourceOf } from "../read/source.ts";
import { countRead } from "../shards.ts";
import { createdRule, newRule, ruleAnswer, rulesAnswer, silence } from "./alert-schemas.ts";

const path = "/api/v1/alerts/rules";

/** Where links in notices lead. */
const pageOf = (url: string): string => new URL(url).origin;

const unknown = (id: string): never =>
  fail({ kind: "unknown_rule", message: `no rule ${quote(id)}; GET ${path} lists all` });

/** @throws Failed */
async function rowOf(env: Env, id: string): Promise<AlertRuleRow> {
  return (/^\d{1,15}$/.test(id) ? await readRule(env.DB, Number(id)) : undefined) ?? unknown(id);
}

/** Changes a rule by what it is; again, when the cron changed its state meanwhile. @throws Failed */
async function changed(
  env: Env,
  id: string,
  change: (row: AlertRuleRow) => RuleChange,
): Promise<AlertRuleRow> {
  for (let attempt = 0; attempt < 4; attempt++) {
    const row = await rowOf(env, id);
    const done = await changeRule(env.DB, row.id, row.turn, change(row));
    if (done !== undefined) return done;
  }
  return fail({
    kind: "unavailable",
    message: "the rule is being changed by others: send it again",
    retryAfterSec: 5,
  });
}

function checkWebhook(env: Env, url: string): void {
  const issue = url === "" ? undefined : webhookIssue(url, isLocal(env));
  if (issue === undefined) return;
  fail({
    kind: "invalid_parameter",
    message: `webhook: it ${issue}`,
    issues: [{ path: "webhook", message: issue }],
  });
}

export const alertRules = endpoint({
  methods: ["GET"],
  path,
  scope: "read",
  summary: "The rules of alerts and their states",
  description: "Of the metrics that the token may read. Evaluated each minute.",
  parameters: z.object({
    measured: z.literal("true").optional().meta({
      description: "Also what each rule finds at the moment: its window is read",
    }),
  }),
  answer: rulesAnswer,
  errors: ["unavailable"],
  async handle({ measured }, c) {
    const { rows, counted } = await readRules(c.env.DB);
    countRead(counted.read);
    const { caller } = c.var;
    const seen = rows
      .filter((row) => maySee(caller, row))
      .map((row) => ({ row, rule: ruleOf(row) }));
    const now = Date.now();
    const found =
      measured === undefined
        ? undefined
        : await measure(
            sourceOf(c.env, caller.prefix, now),
            seen.map(({ rule }) => rule),
            Math.floor(now / MINUTE) * MINUTE,
            new Set(
              seen.flatMap(({ row, rule }) =>
                stateOf(row).health.kind === "failed" ? [rule] : [],
              ),
            ),
          );
    return { rules: seen.map(({ row, rule }) => answerOf(row, caller, found?.get(rule))) };
  },
});

export const createRule = endpoint({
  methods: ["POST"],
  path,
  scope: "admin",
  summary: "Make a rule of alerts",
  description: "The answer has the secret by which its notices are signed, once.",
  body: { schema: newRule, types: ["application/json"] },
  answer: createdRule,
  errors: ["invalid_json", "invalid_utf8", "too_large", "too_many_rules", "unavailable"],
  async handle(_asked, c) {
    const { webhook = "", shape, ...rule } = await jsonBody(newRule, c.req.raw);
    checkWebhook(c.env, webhook);
    const secret = newSecretText();
    const row = await addRule(c.env.DB, {
      rule: JSON.stringify(rule satisfies Rule),
      url: webhook,
      shape,
      secret,
      page: pageOf(c.req.url),
      silenced_until: 0,
      created_at: Date.now(),
      state: JSON.stringify(NO_STATE),
    });
    if (row === undefined)
      return fail({
        kind: "too_many_rules",
        message: `the store has ${LIMITS.alertRules} rules of alerts, the limit: delete some with DELETE ${path}/<id>`,
      });
    return { ...answerOf(row, c.var.caller), secret };
  },
});

export const changeAlertRule = endpoint({
  methods: ["PUT"],
  path: `${path}/:id`,
  scope: "admin",
  summary: "Change a rule of alerts",
  description:
    "Without `webhook` it tells whom it told. Where metric, stat, by or where are others, the alerts that there are end. The end of what was told is told by the name and condition that told it.",
  body: { schema: newRule, types: ["application/json"] },
  answer: ruleAnswer,
  errors: ["invalid_json", "invalid_utf8", "too_large", "unknown_rule", "unavailable"],
  async handle(_asked, c) {
    const { webhook, shape, ...rule } = await jsonBody(newRule, c.req.raw);
    if (webhook !== undefined) checkWebhook(c.env, webhook);
    const row = await changed(c.env, c.req.param("id") ?? "", (before) => {
      const state = changedState(stateOf(before), ruleOf(before), rule, Date.now());
      return {
        rule: JSON.stringify(rule satisfies Rule),
        shape,
        // The store may have another address by now.
        page: pageOf(c.req.url),
        state: JSON.stringify(state),
        ...(webhook !== undefined && { url: webhook }),
      };
    });
    return answerOf(row, c.var.caller);
  },
});

export const silenceRule = endpoint({
  methods: ["POST"],
  path: `${path}/:id/silence`,
  scope: "admin",
  summary: "Silence a rule of alerts until a time",
  description: "It goes on to be evaluated; what then is not as it was told is told afterwards.",
  body: { schema: silence, types: ["application/json"] },
  answer: ruleAnswer,
  errors: ["invalid_json", "invalid_utf8", "too_large", "unknown_rule", "unavailable"],
  async handle(_asked, c) {
    const { until } = await jsonBody(silence, c.req.raw);
    const row = await changed(c.env, c.req.param("id") ?? "", () => ({ silencedUntil: until }));
    return answerOf(row, c.var.caller);
  },
});

export const unsilenceRule = endpoint({
  methods: ["DELETE"],
  path: `${path}/:id/silence`,
  scope: "admin",
  summary: "End the silence of a rule of alerts",
  answer: ruleAnswer,
  errors: ["unknown_rule", "unavailable"],
  async handle(_asked, c) {
    const row = await changed(c.env, c.req.param("id") ?? "", () => ({ silencedUntil: 0 }));
    return answerOf(row, c.var.caller);
  },
});

export const testRule = endpoint({
  methods: ["POST"],
  path: `${path}/:id/test`,
  scope: "admin",
  summary: "Send a test notice of a rule to its webhook",
  answer: z.object({ sent: z.literal(true) }).meta({ id: "TestedRuleAnswer" }),
  errors: ["unknown_rule", "webhook_failed", "unavailable"],
  async handle(_asked, c) {
    const row = await rowOf(c.env, c.req.param("id") ?? "");
    if (row.url === "")
      fail({ kind: "webhook_failed", message: "the rule has no webhook: nobody is told" });
    const rule = ruleOf(row);
    const now = Date.now();
    const labels = rule.by.filter((name) => name !== "*").map((name) => [name, "test"] as const);
    const alerts = [{ status: "firing", labels, value: rule.threshold, startsAt: now } as const];
    const told = { id: row.id, rule, key: `minuet-${row.id}-test-${now}`, alerts, page: row.page };
    const problem = await sendNotice(c.env, row, { ...told, test: true }, now);
    if (problem !== undefined) fail({ kind: "webhook_failed", message: problem });
    return { sent: true as const };
  },
});

export const removeAlertRule = endpoint({
  methods: ["DELETE"],
  path: `${path}/:id`,
  scope: "admin",
  summary: "Delete a rule of alerts",
  description: "Its receiver is not told: what fires there stays so.",
  answer: z.object({ removed: ruleAnswer }).meta({ id: "RemovedRuleAnswer" }),
  errors: ["unknown_rule", "unavailable"],
  async handle(_asked, c) {
    const id = c.req.param("id") ?? "";
    const { id: known } = await rowOf(c.env, id);
    const row = (await removeRule(c.env.DB, known)) ?? unknown(id);
    return { removed: answerOf(row, c.var.caller) };
  },
});
