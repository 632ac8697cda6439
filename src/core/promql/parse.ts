// The text of a query to its tree, checked: the one door for whoever is to evaluate it.

import { err, ok, type Result } from "../result.ts";
import type { Expr } from "./ast.ts";
import { check } from "./check.ts";
import { Failure, type QueryError } from "./error.ts";
import { readQuery } from "./read.ts";

export function parseQuery(query: string): Result<Expr, QueryError> {
  try {
    const expr = readQuery(query);
    check(query, expr);
    return ok(expr);
  } catch (thrown) {
    if (thrown instanceof Failure) return err(thrown.failure);
    throw thrown;
  }
}
