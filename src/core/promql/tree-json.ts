// The tree of an expression as Prometheus' parse_query writes it, for who draws it or changes it. Names and
// values are those of its JSON; what is experimental there has its fields, and says that it is not used.

import { type Binary, type Expr, isSetOperator, type Selector, type Subquery } from "./ast.ts";
import { typeOf } from "./check.ts";
import { functionOf } from "./functions.ts";
import { formatValue } from "./literals.ts";

type Json = Readonly<Record<string, unknown>>;

export function treeJson(expr: Expr): Json & { readonly type: string } {
  switch (expr.kind) {
    case "number":
      return { type: "numberLiteral", val: formatValue(expr.value) };
    case "string":
      return { type: "stringLiteral", val: expr.value };
    case "paren":
      return { type: "parenExpr", expr: treeJson(expr.expr) };
    case "unary":
      return { type: "unaryExpr", op: expr.negative ? "-" : "+", expr: treeJson(expr.expr) };
    case "selector":
      return { type: "vectorSelector", ...selectorJson(expr) };
    case "matrix":
      return { type: "matrixSelector", range: expr.range, ...selectorJson(expr.selector) };
    case "subquery":
      return {
        type: "subquery",
        expr: treeJson(expr.expr),
        range: expr.range,
        step: expr.step ?? 0,
        ...timeJson(expr),
      };
    case "call": {
      const { args, optional, result } = functionOf(expr.name)!;
      return {
        type: "call",
        func: { name: expr.name, argTypes: args, variadic: optional, returnType: result },
        args: expr.args.map(treeJson),
      };
    }
    case "aggregate":
      return {
        type: "aggregation",
        op: expr.op,
        expr: treeJson(expr.expr),
        param: expr.param === undefined ? null : treeJson(expr.param),
        grouping: expr.grouping.labels,
        without: expr.grouping.without,
      };
    case "binary":
      return {
        type: "binaryExpr",
        op: expr.op,
        lhs: treeJson(expr.left),
        rhs: treeJson(expr.right),
        matching: matchingJson(expr),
        bool: expr.bool,
      };
  }
}

const selectorJson = (selector: Selector): Json => ({
  name: selector.name ?? "",
  matchers: selector.matchers.map(({ label, op, value }) => ({ name: label, value, type: op })),
  ...timeJson(selector),
  anchored: false,
  smoothed: false,
});

const timeJson = ({ offset, at }: Pick<Selector | Subquery, "offset" | "at">): Json => ({
  offset,
  timestamp: typeof at === "number" ? at : null,
  startOrEnd: typeof at === "string" ? at : null,
});

const CARDS = { none: "one-to-one", left: "many-to-one", right: "one-to-many" } as const;

/** Null where a side is a scalar: nothing is matched. */
function matchingJson({ op, left, right, matching }: Binary): Json | null {
  if (typeOf(left) !== "vector" || typeOf(right) !== "vector") return null;
  const { many, labels, on, include } = matching;
  return {
    card: isSetOperator(op) ? "many-to-many" : CARDS[many],
    labels,
    on,
    include,
    fillValues: { lhs: null, rhs: null },
  };
}
