// The syntax of matchers: host=a, host!=a, host=~web.*, host!~web.*. What they match is decided in
// matcher.ts; the page needs only this much, and not its regular expressions.

export const OPERATORS = ["=", "!=", "=~", "!~"] as const;
export type Operator = (typeof OPERATORS)[number];

export interface MatcherParts {
  readonly label: string;
  readonly op: Operator;
  readonly value: string;
}

/** Undefined when the text has no label or no operator. */
export function splitMatcher(text: string): MatcherParts | undefined {
  const [, label, found, value] = /^([^=!]+?)(=~|!~|!=|=)(.*)$/s.exec(text) ?? [];
  const op = OPERATORS.find((one) => one === found);
  if (label === undefined || op === undefined || value === undefined) return undefined;
  return { label, op, value };
}
