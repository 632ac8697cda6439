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

/** An alert that fired and is over. */
export interface PastAlertAnswer {
  readonly labels: Readonly<Record<string, string>>;
  readonly firedAt: number;
  readonly endedAt: number;
}

/** What a rule finds at the moment. */
export interface MeasuredAnswer {
  /** Groups of series that have points in the window. */
  readonly groups: number;
  /** Of some of them, those that are worst first. */
  readonly values: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
  }[];
}

export interface RuleAnswer extends Rule {
  readonly id: number;
  readonly state: "inactive" | "pending" | "firing";
  /** Since when it is in this state. */
  readonly since: number;
  readonly alerts: readonly AlertAnswer[];
  /** The latest first; not all. */
  readonly past: readonly PastAlertAnswer[];
  /** Null: it was not asked for, or could not be measured. */
  readonly measured: MeasuredAnswer | null;
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
