// What label matchers match. A label that a series does not have counts as empty, as in Prometheus.

import { RE2JS } from "re2js";
import type { MatcherParts } from "./filter.ts";
import { quote } from "../text.ts";
import type { Labels } from "../series/labels.ts";
import { err, ok, type Result } from "../result.ts";

export interface Matcher extends MatcherParts {
  matches(value: string): boolean;
}

/** The error says what is wrong with a regular expression. */
export function compileMatcher({ label, op, value }: MatcherParts): Result<Matcher, string> {
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
