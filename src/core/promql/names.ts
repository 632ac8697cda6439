// Whether an expression may hand on series that differ in their name alone. Where it cannot, a name is
// taken away without a look at other series.

import { METRIC_NAME } from "../query/source.ts";
import { isStreamed } from "./aggregate.ts";
import { isComparison, isSetOperator, type Expr } from "./ast.ts";
import { functionOf } from "./functions.ts";

/** As far as its text says: true when in doubt. */
export function mayDiffer(expr: Expr): boolean {
  switch (expr.kind) {
    case "selector":
      return !expr.matchers.some(({ label, op }) => label === METRIC_NAME && op === "=");
    case "matrix":
      return mayDiffer(expr.selector);
    case "subquery":
    case "paren":
    case "unary":
      return mayDiffer(expr.expr);
    case "call": {
      const body = functionOf(expr.name)?.body;
      return body?.over === "window" && body.keepsName === true
        ? expr.args.some(mayDiffer)
        : body?.over === "vector";
    }
    case "aggregate":
      return !isStreamed(expr.op) || expr.grouping.labels.includes(METRIC_NAME);
    case "binary":
      return isComparison(expr.op) || isSetOperator(expr.op);
    default:
      return false;
  }
}
