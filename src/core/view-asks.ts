// What a saved view asks of the store: the queries that a link to it answers, and the metrics that who
// sees it must be allowed to see. Pure.

import { err, ok, type Result } from "./result.ts";
import { type MatcherParts, parseMatcher } from "./query/filter.ts";
import { quote } from "./text.ts";
import { metricNameIssue } from "./series/labels.ts";

/** One query of a view: whatever its range, resolution and statistic are. */
export interface Ask {
  readonly metric: string;
  readonly where: readonly MatcherParts[];
  /** A label to split by, or "*"; absent: all as one. */
  readonly by?: string;
}

/** An expression of a view, and what each of its selectors must match as well. */
export interface AskedExpression {
  readonly expr: string;
  readonly where: readonly MatcherParts[];
}

type Given = Iterable<readonly [name: string, value: string]>;

/** What a panel says besides its metric. */
interface Panel {
  /** Absent: it is an expression of PromQL. */
  readonly metric: string | undefined;
  readonly expr: string | undefined;
  /** By which it is divided. */
  over: string | undefined;
  readonly where: MatcherParts[];
  by: string | undefined;
}

/**
 * The panels of a view, given the parameters of its address in their order: each `metric` and each `expr` opens one,
 * what follows is about it, and a `where` before the first is of all. The error says what cannot be read.
 */
function panelsOf(given: Given): Result<readonly Panel[], string> {
  const all: MatcherParts[] = [];
  const panels: Panel[] = [];
  const open = (metric: string | undefined, expr: string | undefined): void => {
    panels.push({ metric, expr, over: undefined, where: [], by: undefined });
  };
  for (const [name, value] of given) {
    const panel = panels.at(-1);
    if (name === "expr") open(undefined, value);
    else if (name === "metric" || name === "over") {
      if (value === "" || (name === "over" && panel === undefined)) continue;
      const issue = metricNameIssue(value);
      if (issue !== undefined) return err(`${name}=${quote(value)}: ${issue}`);
      if (name === "metric") open(value, undefined);
      else if (panel !== undefined) panel.over = value;
    } else if (name === "where") {
      const parts = parseMatcher(value);
      if (!parts.ok) return err(`where: ${parts.error}`);
      (panel?.where ?? all).push(parts.value);
    } else if (name === "by" && panel !== undefined && value !== "") panel.by = value;
  }
  // An expression says by itself what else it is of.
  return ok(
    panels.map(({ where, ...panel }) => ({
      ...panel,
      where: panel.expr === undefined ? [...all, ...where] : all,
    })),
  );
}

/** The queries of a view's metrics. Panels that are expressions have none here. */
export function asksOf(given: Given): Result<readonly Ask[], string> {
  const panels = panelsOf(given);
  if (!panels.ok) return panels;
  return ok(
    panels.value.flatMap(({ metric, over, where, by }) =>
      (metric === undefined ? [] : [metric, ...(over === undefined ? [] : [over])]).map((one) => ({
        metric: one,
        where,
        ...(by !== undefined && { by }),
      })),
    ),
  );
}

/** The expressions of a view; none of one that cannot be read. */
export function expressionsOf(given: Given): readonly AskedExpression[] {
  const panels = panelsOf(given);
  return panels.ok
    ? panels.value.flatMap(({ expr, where }) => (expr === undefined ? [] : [{ expr, where }]))
    : [];
}

/** Whether a query is one of those: of that metric, with just those filters, split no finer. */
export const isAsked = (
  asks: readonly Ask[],
  metric: string,
  where: readonly MatcherParts[],
  by: readonly string[],
): boolean =>
  asks.some(
    (one) =>
      one.metric === metric &&
      sameFilters(one.where, where) &&
      by.every((label) => label === one.by),
  );

/** Whatever their order, and however often one is said. */
const sameFilters = (a: readonly MatcherParts[], b: readonly MatcherParts[]): boolean =>
  textOf(a) === textOf(b);

const textOf = (all: readonly MatcherParts[]): string =>
  JSON.stringify(
    [...new Set(all.map(({ label, op, value }) => JSON.stringify([label, op, value])))].sort(),
  );
