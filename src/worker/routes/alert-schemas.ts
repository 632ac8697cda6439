// What rules of alerts are made of, and how they are answered: the schemas of /api/v1/alerts/rules.

import { z } from "zod";
import { MISSING, OPERATORS, SHAPES } from "../../core/alerts/rule.ts";
import type {
  AlertAnswer,
  CreatedRule,
  MeasuredAnswer,
  PastAlertAnswer,
  RuleAnswer,
  RulesAnswer,
} from "../../core/api-alerts.ts";
import * as LIMITS from "../../core/limits.ts";
import { parseMatcher } from "../../core/query/filter.ts";
import { compileMatchers } from "../../core/query/matcher.ts";
import { STAT_NAMES } from "../../core/stats.ts";
import { parseTime } from "../../core/time.ts";
import { MINUTE } from "../../core/tiers.ts";
import { exactly } from "../http/endpoint.ts";
import { issue, metricName } from "../http/fields.ts";

const STATS = [...STAT_NAMES, "increase", "rate"] as const;

const labels = z.record(z.string(), z.string());

const alertAnswer = exactly<AlertAnswer>()(
  z.object({
    labels,
    state: z.enum(["pending", "firing"]),
    since: z.number(),
    firedAt: z.number().nullable(),
    value: z.number().nullable().meta({ description: "When it began or fired" }),
  }),
);

const pastAlert = exactly<PastAlertAnswer>()(
  z.object({ labels, firedAt: z.number(), endedAt: z.number() }),
);

const measured = exactly<MeasuredAnswer>()(
  z.object({
    groups: z.number().meta({ description: "Groups of series with points in the window" }),
    values: z
      .array(z.object({ labels, value: z.number() }))
      .meta({ description: `Those of ${LIMITS.valuesPerRule} at most, the worst first` }),
  }),
);

const answer = z.object({
  id: z.number(),
  name: z.string(),
  metric: z.string(),
  stat: z.enum(STATS),
  by: z.array(z.string()),
  where: z.array(z.string()),
  window: z.number().meta({ description: "ms, as for and resolveAfter" }),
  op: z.enum(OPERATORS),
  threshold: z.number(),
  for: z.number(),
  resolveAfter: z.number(),
  missing: z.enum(MISSING),
  state: z.enum(["inactive", "pending", "firing"]),
  since: z.number().meta({ description: "Since when it is in this state" }),
  alerts: z.array(alertAnswer),
  past: z.array(pastAlert).meta({
    description: `The last ${LIMITS.pastAlerts} that fired and are over, the latest first`,
  }),
  measured: measured.nullable().meta({
    description:
      "What the rule finds at the moment; null: it was not asked for, or it could not be measured",
  }),
  health: z.enum(["ok", "unknown", "failed"]).meta({
    description: "unknown: the store knows no series that matches",
  }),
  problem: z.string().nullable().meta({
    description: "Why it is not evaluated, or why its last notice was not taken",
  }),
  silencedUntil: z.number().meta({ description: "Unix ms; 0: it is not silenced" }),
  createdAt: z.number(),
  webhook: z.string().nullable().meta({
    description:
      "The origin of its address, to administrators; the address itself is not told again",
  }),
  shape: z.enum(SHAPES),
});

export const ruleAnswer = exactly<RuleAnswer>()(answer.meta({ id: "AlertRule" }));
export const rulesAnswer = exactly<RulesAnswer>()(
  z.object({ rules: z.array(answer) }).meta({ id: "AlertRulesAnswer" }),
);
export const createdRule = exactly<CreatedRule>()(
  answer
    .extend({
      secret: z
        .string()
        .meta({ description: "Notices are signed by it: it is said here, and never again" }),
    })
    .meta({ id: "CreatedAlertRule" }),
);

const UNITS = { s: 1_000, m: MINUTE, h: 60 * MINUTE, d: 1_440 * MINUTE } as const;

const duration = (byDefault: number, least: number, what: string) =>
  z
    .union([z.number(), z.string()])
    .default(byDefault)
    .transform((given, ctx) => {
      const [, amount, unit] = /^(\d{1,9})(s|m|h|d)$/.exec(String(given)) ?? [];
      const ms =
        typeof given === "number"
          ? given
          : Number(amount) * UNITS[(unit ?? "s") as keyof typeof UNITS];
      if (ms % MINUTE === 0 && ms >= least && ms <= LIMITS.alertWindowMs) return ms;
      ctx.addIssue({
        code: "custom",
        message: `expected whole minutes from ${least / MINUTE} to ${LIMITS.alertWindowMs / MINUTE}, in ms or as 5m, got ${JSON.stringify(given)}`,
      });
      return z.NEVER;
    })
    .meta({ description: `${what}: ms, or 5m, 1h` });

const matcher = (text: string): string | undefined => {
  const parts = parseMatcher(text);
  if (!parts.ok) return parts.error;
  const compiled = compileMatchers([parts.value]);
  if (compiled.ok) return undefined;
  return compiled.error.kind === "invalid"
    ? compiled.error.message
    : `${compiled.error.what}: too many`;
};

export const newRule = z.strictObject({
  name: z.string().trim().min(1).max(LIMITS.ruleNameLength),
  metric: metricName,
  stat: z.enum(STATS).default("avg").meta({
    description:
      "Of all points in the window; increase and rate of counters, of each series apart and added up",
  }),
  by: z.array(z.string().min(1).max(LIMITS.nameLength)).max(LIMITS.labelsPerRule).default([]).meta({
    description: "Labels that make an alert each; * for each series apart; none: all as one",
  }),
  where: z
    .array(
      z
        .string()
        .max(LIMITS.nameLength + LIMITS.labelValueLength)
        .superRefine(issue(matcher)),
    )
    .max(LIMITS.matchersPerQuery)
    .default([])
    .meta({ description: "As of a query: host=a, host=~web.*" }),
  window: duration(
    5 * MINUTE,
    MINUTE,
    "The whole minutes before each evaluation that are looked at",
  ),
  op: z.enum(OPERATORS),
  threshold: z.number(),
  for: duration(0, 0, "How long it must hold before it fires"),
  resolveAfter: duration(0, 0, "How long it must not hold before it is over: against flapping"),
  missing: z.enum(MISSING).default("resolve").meta({
    description:
      "Without points in the window: resolve, it does not hold; keep, as it was; fire, it holds, of all that had points in the last day, and when there never was any",
  }),
  webhook: z.string().max(LIMITS.webhookLength).optional().meta({
    description:
      "Where notices are POSTed; absent: nobody is told, or as before where a rule is changed",
    example: "https://hooks.example/alerts",
  }),
  shape: z.enum(SHAPES).default("minuet"),
});

export const silence = z.strictObject({
  until: z
    .union([z.number(), z.string()])
    .nullable()
    .transform((given, ctx) => {
      if (given === null) return 0;
      const at = parseTime(String(given), Date.now());
      if (at.ok) return at.value;
      ctx.addIssue({ code: "custom", message: at.error });
      return z.NEVER;
    })
    .meta({
      description: "Unix ms, ISO 8601 or relative (+2h); null ends the silence",
      example: "+2h",
    }),
});
