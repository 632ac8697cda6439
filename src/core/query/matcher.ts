// Label matchers of a query: host=a, host!=a, host=~web.*, host!~web.*. A label that a series does
// not have counts as empty, as in Prometheus.

import { RE2JS } from "re2js";
import { type Operator, splitMatcher } from "./filter.ts";
import { quote } from "../text.ts";
import type { Labels } from "../series/labels.ts";
import { err, ok, type Result } from "../result.ts";

export interface Matcher {
  readonly label: string;
  readonly op: Operator;
  readonly value: string;
  matches(value: string): boolean;
}

/** Reads a matcher; the error says what is wrong with it. */
export function parseMatcher(text: string): Result<Matcher, string> {
  const parts = splitMatcher(text);
  if (parts === undefined)
    return err(
      `expected label=value, label!=value, label=~regex or label!~regex, got ${quote(text)}`,
    );
  const { label, op, value } = parts;
  if (op === "=" || op === "!=")
    return ok({ label, op, value, matches: (other) => (other === value) === (op === "=") });
  try {
    // RE2 runs in time linear in the text, whatever the expression: no catastrophic backtracking.
    // A label value may hold line feeds, and .* matches them.
    const regex = RE2JS.compile(value, RE2JS.DOTALL);
    return ok({ label, op, value, matches: (other) => regex.matches(other) === (op === "=~") });
  } catch (error) {
    return err(
      `${quote(value)} is not an RE2 expression: ${error instanceof Error ? error.message : ""}`,
    );
  }
}

/** Whether labels satisfy all matchers. */
export const matchesAll = (matchers: readonly Matcher[], labels: Labels): boolean =>
  matchers.every(({ label, matches }) =>
    matches(labels.find(([name]) => name === label)?.[1] ?? ""),
  );
