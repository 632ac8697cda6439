// What label matchers match. A label that a series does not have counts as empty, as in Prometheus.

import * as LIMITS from "../limits.ts";
import { err, ok, type Result } from "../result.ts";
import type { Labels } from "../series/labels.ts";
import type { MatcherParts } from "./filter.ts";
import type { TooLarge } from "./read-error.ts";
import { compileRegex, plainAlternatives, regexSize } from "./regex.ts";

export interface Matcher extends MatcherParts {
  /** The texts that `value` finds, where they can be listed: one for = and !=. */
  readonly texts?: readonly string[];
  /** Units of work that `matches` costs for a character: 0 where a table answers. */
  readonly weight: number;
  /** Whether it is already known if a text matches. */
  knows(text: string): boolean;
  matches(text: string): boolean;
}

/** Why matchers were not compiled: `at` is the position of the one that is no expression. */
export type MatcherError =
  { readonly kind: "invalid"; readonly at: number; readonly message: string } | TooLarge;

/** What the regular expressions of a query are together. */
export interface RegexTotal {
  instructions: number;
}

/** Compiles matchers of one query, whose expressions are bounded together: with those of `total`, if it has more. */
export function compileMatchers(
  parts: readonly MatcherParts[],
  total: RegexTotal = { instructions: 0 },
): Result<readonly Matcher[], MatcherError> {
  const compiled: Matcher[] = [];
  for (const [at, one] of parts.entries()) {
    const texts = textsOf(one);
    if (texts !== undefined) {
      compiled.push(ofTexts(one, texts));
      continue;
    }
    total.instructions += regexSize(one.value);
    if (total.instructions > LIMITS.regexSize)
      return err({
        kind: "too_large",
        limit: "regexSize",
        value: LIMITS.regexSize,
        what: "instructions of the regular expressions of a query, where x{100} is 100 of them",
        ways: [{ way: "simpler_regex" }],
      });
    const matcher = ofRegex(one);
    if (!matcher.ok) return err({ kind: "invalid", at, message: matcher.error });
    compiled.push(matcher.value);
  }
  return ok(compiled);
}

/** A matcher of one label that finds any of some texts. */
export const anyOf = (label: string, texts: readonly string[]): Matcher =>
  ofTexts({ label, op: "=~", value: "" }, texts);

const textsOf = ({ op, value }: MatcherParts): readonly string[] | undefined =>
  op === "=" || op === "!=" ? [value] : plainAlternatives(value);

const isPositive = ({ op }: MatcherParts): boolean => op === "=" || op === "=~";

function ofTexts(parts: MatcherParts, texts: readonly string[]): Matcher {
  const set = new Set(texts);
  const positive = isPositive(parts);
  return {
    ...parts,
    texts: [...set],
    weight: 0,
    knows: () => true,
    matches: (text) => set.has(text) === positive,
  };
}

function ofRegex(parts: MatcherParts): Result<Matcher, string> {
  const regex = compileRegex(parts.value);
  if (!regex.ok) return regex;
  const { weight, matches } = regex.value;
  const positive = isPositive(parts);
  // Many series have the same value: each value is looked at once.
  const known = new Map<string, boolean>();
  return ok({
    ...parts,
    weight,
    knows: (text) => known.has(text),
    matches(text) {
      let found = known.get(text);
      if (found === undefined) known.set(text, (found = matches(text)));
      return found === positive;
    },
  });
}

/** Work on texts that one read may do, counted before it is done. */
export class Work {
  #left: number = LIMITS.regexWork;

  /** Set once there was more to do than that: from then on nothing matches. */
  over: TooLarge | undefined;

  /** Whether labels satisfy all matchers, the cheap ones first. */
  matches(matchers: readonly Matcher[], labels: Labels): boolean {
    return matchers.every((matcher) => this.#matches(matcher, valueOf(labels, matcher.label)));
  }

  /** Whether a text satisfies all matchers. */
  matchesText(matchers: readonly Matcher[], text: string): boolean {
    return matchers.every((matcher) => this.#matches(matcher, text));
  }

  #matches(matcher: Matcher, text: string): boolean {
    if (matcher.weight > 0 && !matcher.knows(text)) {
      this.#left -= matcher.weight * (text.length + 1);
      if (this.#left < 0)
        this.over ??= {
          kind: "too_large",
          limit: "regexWork",
          value: LIMITS.regexWork,
          what: "steps of regular expressions over label values",
          ways: [{ way: "simpler_regex" }],
        };
    }
    return this.over === undefined && matcher.matches(text);
  }
}

const valueOf = (labels: Labels, label: string): string =>
  labels.find(([name]) => name === label)?.[1] ?? "";

/** Those that cost least first: what they rule out costs the others nothing. */
export const cheapFirst = (matchers: readonly Matcher[]): readonly Matcher[] =>
  [...matchers].sort((a, b) => a.weight - b.weight);
