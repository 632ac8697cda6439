// An expression of which every selector must match some more: how the filters of a whole view reach it. Pure.

import type { MatcherParts } from "../query/filter.ts";
import type { Expr, Selector } from "./ast.ts";

/** The same expression of the series alone that match these as well. */
export function narrowed(expr: Expr, more: readonly MatcherParts[]): Expr {
  const selector = (one: Selector): Selector => ({ ...one, matchers: [...one.matchers, ...more] });
  const within = (one: Expr): Expr => narrowed(one, more);
  switch (expr.kind) {
    case "number":
    case "string":
      return expr;
    case "selector":
      return selector(expr);
    case "matrix":
      return { ...expr, selector: selector(expr.selector) };
    case "call":
      return { ...expr, args: expr.args.map(within) };
    case "aggregate":
      return {
        ...expr,
        param: expr.param === undefined ? undefined : within(expr.param),
        expr: within(expr.expr),
      };
    case "binary":
      return { ...expr, left: within(expr.left), right: within(expr.right) };
    case "subquery":
    case "unary":
    case "paren":
      return { ...expr, expr: within(expr.expr) };
  }
}
