// What a rule of alerts is: a condition on a metric, and for how long it must hold. Data alone.

import type { StatName } from "../stats.ts";

export const OPERATORS = [">", ">=", "<", "<="] as const;
export type Operator = (typeof OPERATORS)[number];

/** What becomes of a series without points in the window; see docs/alerts.md. */
export const MISSING = ["resolve", "keep", "fire"] as const;
export type Missing = (typeof MISSING)[number];

/** How a notice is written. */
export const SHAPES = ["minuet", "slack", "alertmanager"] as const;
export type Shape = (typeof SHAPES)[number];

export interface Condition {
  readonly metric: string;
  /** Of all points of the window merged; increase and rate of each series apart, added up. */
  readonly stat: StatName | "increase" | "rate";
  /** Labels that make one alert each; "*" among them: each series apart; none: all as one. */
  readonly by: readonly string[];
  /** Matchers, as those of queries. */
  readonly where: readonly string[];
  /** What is looked at, ms: whole minutes before the evaluation. */
  readonly window: number;
  readonly op: Operator;
  readonly threshold: number;
}

export interface Rule extends Condition {
  readonly name: string;
  /** How long the condition must hold before it fires, ms; 0: at once. */
  readonly for: number;
  /** How long it must not hold before it is over, ms; 0: at once. */
  readonly resolveAfter: number;
  readonly missing: Missing;
}

export function holds(value: number, { op, threshold }: Pick<Rule, "op" | "threshold">): boolean {
  switch (op) {
    case ">":
      return value > threshold;
    case ">=":
      return value >= threshold;
    case "<":
      return value < threshold;
    case "<=":
      return value <= threshold;
  }
}

/** Whether two conditions are about other alerts: those of the one are none of the other. */
export const isOther = (a: Condition, b: Condition): boolean =>
  JSON.stringify([a.metric, a.stat, a.by, a.where]) !==
  JSON.stringify([b.metric, b.stat, b.by, b.where]);
