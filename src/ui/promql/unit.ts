// The unit of what an expression is, where it keeps that of its metrics: a sum of bytes is bytes, their rate
// bytes per second, bytes by bytes a ratio. Pure.

import { type Aggregation, type Binary, type Call, type Expr } from "../../core/promql/ast.ts";
import { perSecond, type UnitName } from "../units.ts";

/** A unit, as often by the second as was divided by time. */
interface Unit {
  readonly of: UnitName;
  readonly perSec: number;
}

const NONE: Unit = { of: "none", perSec: 0 };
const RATIO: Unit = { of: "ratio", perSec: 0 };

/** `unitOf`: of a metric. */
export function unitOfExpr(expr: Expr, unitOf: (metric: string) => UnitName): UnitName {
  const { of, perSec } = unit(expr, (metric) => ({ of: unitOf(metric), perSec: 0 }));
  return perSec === 0 ? of : perSec === 1 ? perSecond(of) : "none";
}

type UnitOf = (metric: string) => Unit;

function unit(expr: Expr, unitOf: UnitOf): Unit {
  switch (expr.kind) {
    case "number":
    case "string":
      return NONE;
    case "selector": {
      const name = expr.matchers.find(({ label, op }) => label === "__name__" && op === "=");
      // The buckets of a histogram are counted, but what they are of is seen by their quantiles alone.
      return name === undefined || name.value.endsWith("_bucket") ? NONE : unitOf(name.value);
    }
    case "matrix":
      return unit(expr.selector, unitOf);
    case "subquery":
    case "paren":
    case "unary":
      return unit(expr.expr, unitOf);
    case "aggregate":
      return COUNTING.has(expr.op) ? NONE : unit(expr.expr, unitOf);
    case "call":
      return unitOfCall(expr, unitOf);
    case "binary":
      return unitOfBinary(expr, unitOf);
  }
}

const COUNTING: ReadonlySet<Aggregation> = new Set(["count", "count_values", "group", "stdvar"]);

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));
/** What is of the unit of their first argument. */
const KEEPING = words(
  "abs avg_over_time ceil clamp clamp_max clamp_min delta floor idelta increase label_join label_replace last_over_time max_over_time min_over_time predict_linear quantile_over_time round scalar sort sort_by_label sort_by_label_desc sort_desc stddev_over_time sum_over_time vector",
);
const RATES = words("deriv irate rate");

function unitOfCall({ name, args }: Call, unitOf: UnitOf): Unit {
  const [first, second] = args;
  if (name === "histogram_quantile" && second !== undefined) return measured(second, unitOf);
  // Its second argument is what it looks at, the first a number.
  const of = name === "quantile_over_time" ? second : first;
  if (of === undefined) return NONE;
  const { of: base, perSec } = KEEPING.has(name) || RATES.has(name) ? unit(of, unitOf) : NONE;
  return RATES.has(name) ? { of: base, perSec: perSec + 1 } : { of: base, perSec };
}

/** What the buckets of a histogram measure. */
function measured(expr: Expr, unitOf: UnitOf): Unit {
  let found: Unit = NONE;
  const ofBuckets: UnitOf = (metric) => (found = unitOf(metric));
  walkSelectors(expr, (name) => ofBuckets(name.replace(/_bucket$/, "")));
  return found;
}

function walkSelectors(expr: Expr, visit: (name: string) => void): void {
  switch (expr.kind) {
    case "selector":
      for (const { label, op, value } of expr.matchers)
        if (label === "__name__" && op === "=") visit(value);
      return;
    case "matrix":
      return walkSelectors(expr.selector, visit);
    case "subquery":
    case "paren":
    case "unary":
    case "aggregate":
      return walkSelectors(expr.expr, visit);
    case "call":
      return expr.args.forEach((one) => walkSelectors(one, visit));
    case "binary":
      walkSelectors(expr.left, visit);
      return walkSelectors(expr.right, visit);
    case "number":
    case "string":
  }
}

function unitOfBinary(expr: Binary, unitOf: UnitOf): Unit {
  const { op } = expr;
  const [left, right] = [unit(expr.left, unitOf), unit(expr.right, unitOf)];
  const [a, b] = [numberIn(expr.left), numberIn(expr.right)];
  switch (op) {
    case "+":
    case "-":
    case "or":
      return b !== undefined || isSame(left, right) ? left : a !== undefined ? right : NONE;
    case "*":
      return b !== undefined
        ? times(left, b)
        : a !== undefined
          ? times(right, a)
          : product(left, right);
    case "/":
      return b !== undefined ? times(left, 1 / b) : a !== undefined ? NONE : quotient(left, right);
    case "^":
    case "atan2":
      return NONE;
    default:
      // A filter, or what is left over. `bool` says yes or no.
      return expr.bool ? NONE : a !== undefined && b === undefined ? right : left;
  }
}

const isSame = (a: Unit, b: Unit): boolean => a.of === b.of && a.perSec === b.perSec;

/** The value of a number, also with a sign or in parentheses. */
function numberIn(expr: Expr): number | undefined {
  switch (expr.kind) {
    case "number":
      return expr.value;
    case "paren":
      return numberIn(expr.expr);
    case "unary": {
      const value = numberIn(expr.expr);
      return value === undefined || !expr.negative ? value : -value;
    }
    default:
      return undefined;
  }
}

/** Multiples that are units themselves. */
const MULTIPLES: readonly (readonly [of: UnitName, by: number, is: UnitName])[] = [
  ["ratio", 100, "percent"],
  ["bytes", 8, "bits"],
  ["seconds", 1e3, "milliseconds"],
  ["seconds", 1e6, "microseconds"],
  ["seconds", 1e9, "nanoseconds"],
  ["milliseconds", 1e3, "microseconds"],
  ["milliseconds", 1e6, "nanoseconds"],
  ["microseconds", 1e3, "nanoseconds"],
];

function times({ of, perSec }: Unit, factor: number): Unit {
  if (Math.abs(factor) === 1 || of === "none") return { of, perSec };
  // A rate of seconds is a part of a whole already.
  const base = of === "seconds" && perSec === 1 ? RATIO : { of, perSec };
  const is = MULTIPLES.flatMap(([small, by, large]) =>
    isNear(factor, by) && base.of === small
      ? [large]
      : isNear(1 / factor, by) && base.of === large
        ? [small]
        : [],
  )[0];
  return is === undefined ? NONE : { of: is, perSec: base.perSec };
}

const isNear = (a: number, b: number): boolean => Math.abs(a - b) <= Math.abs(b) * 1e-9;

function product(a: Unit, b: Unit): Unit {
  const perSec = a.perSec + b.perSec;
  return a.of === "none" ? { of: b.of, perSec } : b.of === "none" ? { of: a.of, perSec } : NONE;
}

function quotient(a: Unit, b: Unit): Unit {
  if (b.of === "none") return { of: a.of, perSec: a.perSec - b.perSec };
  return isSame(a, b) ? RATIO : NONE;
}
