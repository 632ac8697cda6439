// Whether an expression makes sense: the types of operands and arguments, and what may stand with what.
// It must not look at data.

import * as LIMITS from "../limits.ts";
import { compileMatchers, type RegexTotal } from "../query/matcher.ts";
import {
  isComparison,
  isSetOperator,
  type Binary,
  type Call,
  type Expr,
  type Place,
  type Selector,
  type ValueType,
} from "./ast.ts";
import { failLimit, failParse } from "./error.ts";
import { functionOf, isNative } from "./functions.ts";

export function typeOf(expr: Expr): ValueType {
  switch (expr.kind) {
    case "number":
      return "scalar";
    case "string":
      return "string";
    case "selector":
    case "aggregate":
      return "vector";
    case "matrix":
    case "subquery":
      return "matrix";
    case "paren":
    case "unary":
      return typeOf(expr.expr);
    case "call":
      return functionOf(expr.name)?.result ?? "vector";
    case "binary":
      return typeOf(expr.left) === "scalar" && typeOf(expr.right) === "scalar"
        ? "scalar"
        : "vector";
  }
}

const NAMES: Readonly<Record<ValueType, string>> = {
  scalar: "scalar",
  vector: "instant vector",
  matrix: "range vector",
  string: "string",
};

/** What the selectors of a query are together. */
interface Whole extends RegexTotal {
  selectors: number;
}

/** Throws the first thing that is wrong. */
export const check = (query: string, expr: Expr): void =>
  checkPart(query, expr, { selectors: 0, instructions: 0 });

function checkPart(query: string, expr: Expr, whole: Whole): void {
  const within = (part: Expr): void => checkPart(query, part, whole);
  const fail = (place: Place, what: string): never => failParse(query, place, what);
  const expect = (one: Expr, type: ValueType, where: string): void => {
    const got = typeOf(one);
    if (got !== type) fail(one, `expected type ${NAMES[type]} in ${where}, got ${NAMES[got]}`);
  };
  switch (expr.kind) {
    case "number":
    case "string":
      return;
    case "selector":
      return checkSelector(expr, fail, whole);
    case "matrix":
      return checkSelector(expr.selector, fail, whole);
    case "paren":
      return within(expr.expr);
    case "subquery": {
      within(expr.expr);
      const got = typeOf(expr.expr);
      if (got !== "vector")
        fail(expr, `subquery is only allowed on instant vector, got ${got} instead`);
      return;
    }
    case "unary": {
      within(expr.expr);
      const got = typeOf(expr.expr);
      if (got !== "scalar" && got !== "vector")
        fail(
          expr,
          `unary expression only allowed on expressions of type scalar or instant vector, got "${NAMES[got]}"`,
        );
      return;
    }
    case "aggregate":
      within(expr.expr);
      expect(expr.expr, "vector", "aggregation expression");
      if (expr.param === undefined) return;
      within(expr.param);
      expect(expr.param, expr.op === "count_values" ? "string" : "scalar", "aggregation parameter");
      return;
    case "binary":
      within(expr.left);
      within(expr.right);
      return checkBinary(expr, fail);
    case "call":
      for (const arg of expr.args) within(arg);
      checkCall(expr, fail);
      expr.args.forEach((arg, at) => {
        const types = functionOf(expr.name)?.args ?? [];
        expect(arg, types[at] ?? types.at(-1) ?? "vector", `call to function "${expr.name}"`);
      });
  }
}

type Fail = (place: Place, what: string) => never;

function checkSelector(selector: Selector, fail: Fail, whole: Whole): void {
  if (++whole.selectors > LIMITS.selectorsPerQuery)
    failLimit("selectorsPerQuery", `the query has more than ${LIMITS.selectorsPerQuery} selectors`);
  const compiled = compileMatchers(selector.matchers, whole);
  if (!compiled.ok)
    fail(
      selector,
      compiled.error.kind === "invalid"
        ? compiled.error.message
        : `more than ${compiled.error.value} ${compiled.error.what} (limit ${compiled.error.limit})`,
    );
  else if (compiled.value.every((matcher) => matcher.matches("")))
    fail(selector, "vector selector must contain at least one non-empty matcher");
}

function checkBinary(binary: Binary, fail: Fail): void {
  const { op, opPlace, bool, matching } = binary;
  const left = typeOf(binary.left);
  const right = typeOf(binary.right);
  if (bool && !isComparison(op))
    fail(opPlace, "bool modifier can only be used on comparison operators");
  if (isComparison(op) && !bool && left === "scalar" && right === "scalar")
    fail(opPlace, "comparisons between scalars must use BOOL modifier");
  const both = matching.on && matching.labels.find((label) => matching.include.includes(label));
  if (typeof both === "string")
    fail(opPlace, `label "${both}" must not occur in ON and GROUP clause at once`);
  for (const side of [binary.left, binary.right])
    if (!["scalar", "vector"].includes(typeOf(side)))
      fail(side, "binary expression must contain only scalar and instant vector types");
  if (left === "vector" && right === "vector") return;
  if (isSetOperator(op))
    fail(binary, `set operator "${op}" not allowed in binary scalar expression`);
  if (matching.labels.length > 0)
    fail(binary, "vector matching only allowed between instant vectors");
}

function checkCall(call: Call, fail: Fail): void {
  const { name, args } = call;
  const known = functionOf(name);
  if (known === undefined)
    return fail(
      call,
      isNative(name)
        ? `the function ${name}() needs native histograms, which are not kept here; classic ones (_bucket) have histogram_quantile() and histogram_fraction()`
        : `the function ${name}() is experimental in Prometheus, and not supported here`,
    );
  const many = known.args.length;
  if (known.optional === 0 && args.length !== many)
    fail(call, `expected ${many} argument(s) in call to "${name}", got ${args.length}`);
  if (args.length < many - Math.abs(known.optional))
    fail(
      call,
      `expected at least ${many - 1} argument(s) in call to "${name}", got ${args.length}`,
    );
  if (known.optional > 0 && args.length > many)
    fail(call, `expected at most ${many} argument(s) in call to "${name}", got ${args.length}`);
}
