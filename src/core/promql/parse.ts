// The text of a query to its tree, checked: the one door for whoever is to evaluate it.

import type { MatcherParts } from "../query/filter.ts";
import { err, ok, type Result } from "../result.ts";
import type { Expr } from "./ast.ts";
import { check } from "./check.ts";
import { Failure, type QueryError } from "./error.ts";
import { narrowed } from "./narrow.ts";
import { readQuery } from "./read.ts";

/** `more`: what each of its selectors must match as well. */
export function parseQuery(
  query: string,
  more: readonly MatcherParts[] = [],
): Result<Expr, QueryError> {
  try {
    const expr = readQuery(query);
    check(query, expr);
    if (more.length === 0) return ok(expr);
    const narrow = narrowed(expr, more);
    // Together they may be too much.
    check(query, narrow);
    return ok(narrow);
  } catch (thrown) {
    if (thrown instanceof Failure) return err(thrown.failure);
    throw thrown;
  }
}
