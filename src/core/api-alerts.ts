// The shapes of what is said of alerts: /api/v1/alerts/rules.

import type { Rule, Shape } from "./alerts/rule.ts";

/** One alert of a rule. Times are Unix ms. */
export interface AlertAnswer {
  readonly labels: Readonly<Record<string, string>>;
  readonly state: "pending" | "firing";
  /** Since when the condition holds. */
  readonly since: number;
  /** Null: it has not fired yet. */
  readonly firedAt: number | null;
  /** When it began or fired; null: there were no points. */
  readonly value: number | null;
}

export interface RuleAnswer extends Rule {
  readonly id: number;
  readonly state: "inactive" | "pending" | "firing";
  readonly alerts: readonly AlertAnswer[];
  /** `unknown`: the store knows no series that matches. */
  readonly health: "ok" | "unknown" | "failed";
  /** Why it cannot be evaluated, or its notice was not taken; null: neither. */
  readonly problem: string | null;
  /** Unix ms; 0: it is not silenced. */
  readonly silencedUntil: number;
  readonly createdAt: number;
  /** The origin of the webhook, to administrators alone; null: nobody is told, or not to who asks. */
  readonly webhook: string | null;
  readonly shape: Shape;
}

export interface RulesAnswer {
  readonly rules: readonly RuleAnswer[];
}

export interface CreatedRule extends RuleAnswer {
  /** By which notices are signed: it is said here, and never again. */
  readonly secret: string;
}
