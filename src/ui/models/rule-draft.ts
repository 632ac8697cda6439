// A rule of alerts while it is written: what stands in the fields of its form, which the address may say, and
// what is sent of it. Pure.

import {
  MISSING,
  type Missing,
  type Operator,
  OPERATORS,
  type Shape,
} from "../../core/alerts/rule.ts";
import type { RuleAnswer } from "../../core/api-alerts.ts";
import { isPercentile, STAT_NAMES } from "../../core/stats.ts";
import { MINUTE } from "../../core/tiers.ts";
import { filtersOf, type Panel, showOf } from "../url.ts";

export const RULE_STATS = [...STAT_NAMES, "rate", "increase"] as const;
export type RuleStat = (typeof RULE_STATS)[number];

/** Texts are those of fields. */
export interface Draft {
  /** Of the rule that is changed; absent: it is a new one. */
  readonly id?: number;
  readonly name: string;
  readonly metric: string;
  readonly stat: RuleStat;
  /** Labels, separated by commas; "*": each series. */
  readonly by: string;
  /** Matchers, a line each. */
  readonly where: string;
  readonly op: Operator;
  readonly threshold: string;
  /** ms, as the two others. */
  readonly window: number;
  readonly for: number;
  readonly resolveAfter: number;
  readonly missing: Missing;
  /** Empty: nobody is told, or of a rule that is changed whoever was. */
  readonly webhook: string;
  /** Nobody is told any more. */
  readonly tellsNobody: boolean;
  readonly shape: Shape;
}

export const NEW_RULE: Draft = {
  name: "",
  metric: "",
  stat: "avg",
  by: "",
  where: "",
  op: ">",
  threshold: "",
  window: 5 * MINUTE,
  for: 0,
  resolveAfter: 0,
  missing: "resolve",
  webhook: "",
  tellsNobody: false,
  shape: "minuet",
};

const oneOf = <T extends string>(all: readonly T[], text: string | null): T | undefined =>
  all.find((one) => one === text);

/** The new rule that an address asks for; undefined: none. */
export function draftOf(search: string): Draft | undefined {
  const given = new URLSearchParams(search);
  const metric = given.get("metric");
  if (metric === null) return undefined;
  return {
    ...NEW_RULE,
    metric,
    name: metric,
    stat: oneOf(RULE_STATS, given.get("stat")) ?? NEW_RULE.stat,
    by: given.getAll("by").join(", "),
    where: given.getAll("where").join("\n"),
    op: oneOf(OPERATORS, given.get("op")) ?? NEW_RULE.op,
    threshold: given.get("threshold") ?? "",
    missing: oneOf(MISSING, given.get("missing")) ?? NEW_RULE.missing,
  };
}

/** The address of a new rule on what a panel shows. */
export function alertOn(panel: Panel): string {
  const search = new URLSearchParams({ metric: panel.metric });
  // Percentiles are of samples, which no rule reads: its extremes are nearest.
  const stat = showOf(panel) === "rate" ? "rate" : isPercentile(panel.stat) ? "max" : panel.stat;
  if (stat !== NEW_RULE.stat) search.set("stat", stat);
  if (panel.by !== undefined) search.set("by", panel.by);
  for (const matcher of filtersOf(panel)) search.append("where", matcher);
  if (panel.line !== undefined) search.set("threshold", String(panel.line));
  return `/alerts?${search}`;
}

export const draftOfRule = ({
  id,
  name,
  metric,
  stat,
  by,
  where,
  op,
  threshold,
  window,
  for: lasting,
  resolveAfter,
  missing,
  shape,
}: RuleAnswer): Draft => ({
  ...NEW_RULE,
  id,
  name,
  metric,
  stat,
  by: by.join(", "),
  where: where.join("\n"),
  op,
  threshold: String(threshold),
  window,
  for: lasting,
  resolveAfter,
  missing,
  shape,
});

const listOf = (text: string, separator: RegExp): readonly string[] =>
  text
    .split(separator)
    .map((one) => one.trim())
    .filter((one) => one !== "");

/** As the API takes it. */
export function bodyOf(draft: Draft) {
  const { name, metric, stat, op, window, for: lasting, resolveAfter, missing, shape } = draft;
  const webhook = draft.tellsNobody ? "" : draft.webhook.trim() || undefined;
  return {
    name,
    metric,
    stat,
    by: listOf(draft.by, /,/),
    where: listOf(draft.where, /\n/),
    op,
    threshold: Number(draft.threshold),
    window,
    for: lasting,
    resolveAfter,
    missing,
    shape,
    ...(webhook !== undefined && { webhook }),
  };
}
