// How rules of alerts and their states are called on the page.

import { sentenceOf } from "../../core/alerts/notice.ts";
import type { Missing, Shape } from "../../core/alerts/rule.ts";
import type { RuleAnswer } from "../../core/api-alerts.ts";
import { byStat } from "../../core/stats.ts";
import { counted } from "../../core/text.ts";
import { DAY, HOUR, MINUTE } from "../../core/tiers.ts";
import type { RuleStat } from "../models/rule-draft.ts";
import { formatIn, perSecond, type UnitName, unitOf } from "../units.ts";

/** What a rule is, of the worst first. */
export const STANDS = {
  firing: { word: "Firing", sign: "▲" },
  pending: { word: "Pending", sign: "◆" },
  failed: { word: "Not evaluated", sign: "✕" },
  silent: { word: "No data", sign: "○" },
  ok: { word: "OK", sign: "●" },
} as const;
export type Stand = keyof typeof STANDS;
const ORDER: readonly Stand[] = ["firing", "pending", "failed", "silent", "ok"];

export function standOf({ state, health, measured }: RuleAnswer): Stand {
  if (state !== "inactive") return state;
  if (health === "failed") return "failed";
  return health === "unknown" || measured?.groups === 0 ? "silent" : "ok";
}

export const worstFirst = (rules: readonly RuleAnswer[]): readonly RuleAnswer[] =>
  rules.toSorted(
    (a, b) => ORDER.indexOf(standOf(a)) - ORDER.indexOf(standOf(b)) || a.name.localeCompare(b.name),
  );

/** "5 min", "6 h", "1 d". */
export const spanWords = (ms: number): string =>
  ms % DAY === 0 && ms > 0
    ? counted(ms / DAY, "day")
    : ms % HOUR === 0 && ms > 0
      ? counted(ms / HOUR, "hour")
      : `${ms / MINUTE} min`;

/** The condition, in a sentence. */
export const conditionOf = (rule: RuleAnswer): string =>
  [
    sentenceOf(rule),
    ...(rule.for > 0 ? [`for ${spanWords(rule.for)}`] : []),
    ...(rule.by.includes("*")
      ? ["each series"]
      : rule.by.length > 0
        ? [`by ${rule.by.join(", ")}`]
        : []),
  ].join(", ");

export function valueUnit({ metric, stat }: Pick<RuleAnswer, "metric" | "stat">): UnitName {
  if (stat === "count") return "none";
  const own = unitOf(metric);
  return stat === "rate" ? perSecond(own) : own;
}

export const valueWords = (rule: RuleAnswer, value: number | null): string =>
  value === null ? "no points" : formatIn(valueUnit(rule), value);

export const STAT_WORDS: Readonly<Record<RuleStat, string>> = {
  ...byStat(({ title }) => title),
  rate: "rate, per second",
  increase: "increase",
};

export const MISSING_WORDS: Readonly<Record<Missing, string>> = {
  resolve: "it does not hold",
  keep: "it is as it was",
  fire: "it holds",
};

export const SHAPE_WORDS: Readonly<Record<Shape, string>> = {
  minuet: "JSON of Minuet",
  slack: "Slack",
  alertmanager: "Alertmanager",
};
