// Writes an expression as Prometheus' format_query does: one style, in lines of at most 100 characters where
// it can be broken.

import { METRIC_NAME } from "../query/source.ts";
import type { Aggregate, At, Binary, Expr, Selector, Subquery } from "./ast.ts";
import { labelText } from "./labels.ts";
import { durationMs, durationText, formatValue } from "./literals.ts";

/** Characters of a line: what has more is broken, if it can be. */
const LINE = 100;
const INDENT = "  ";

/** `query` is the text that the expression was parsed from: durations stand there as they were written. */
export const formatExpr = (expr: Expr, query: string): string => pretty(expr, query, 0);

function pretty(expr: Expr, query: string, level: number): string {
  const indent = INDENT.repeat(level);
  const whole = text(expr, query);
  if (whole.length <= LINE) return indent + whole;
  const inner = (one: Expr): string => pretty(one, query, level + 1);
  switch (expr.kind) {
    case "aggregate": {
      const args = expr.param === undefined ? [expr.expr] : [expr.param, expr.expr];
      return `${indent}${headOf(expr)}(\n${args.map(inner).join(",\n")}\n${indent})`;
    }
    case "call":
      return expr.args.length === 0
        ? indent + whole
        : `${indent}${expr.name}(\n${expr.args.map(inner).join(",\n")}\n${indent})`;
    case "paren":
      return `${indent}(\n${inner(expr.expr)}\n${indent})`;
    case "binary":
      return `${inner(expr.left)}\n${indent}${operatorOf(expr)}\n${inner(expr.right)}`;
    case "unary":
      return `${indent}${signOf(expr.negative)}${pretty(expr.expr, query, level).trimStart()}`;
    case "subquery":
      return pretty(expr.expr, query, level) + rangeOf(expr);
    default:
      return indent + whole;
  }
}

/** In one line. */
function text(expr: Expr, query: string): string {
  const inner = (one: Expr): string => text(one, query);
  switch (expr.kind) {
    case "number":
      return numberText(expr.value, query.slice(expr.start, expr.end));
    case "string":
      return JSON.stringify(expr.value);
    case "selector":
      return selectorText(expr) + modifiersOf(expr);
    case "matrix": {
      const { selector, range } = expr;
      return `${selectorText(selector)}[${durationText(range)}]${modifiersOf(selector)}`;
    }
    case "subquery":
      return inner(expr.expr) + rangeOf(expr);
    case "call":
      return `${expr.name}(${expr.args.map(inner).join(", ")})`;
    case "aggregate": {
      const param = expr.param === undefined ? "" : `${inner(expr.param)}, `;
      return `${headOf(expr)}(${param}${inner(expr.expr)})`;
    }
    case "binary":
      return `${inner(expr.left)} ${operatorOf(expr)} ${inner(expr.right)}`;
    case "unary":
      return signOf(expr.negative) + inner(expr.expr);
    case "paren":
      return `(${inner(expr.expr)})`;
  }
}

function numberText(value: number, written: string): string {
  const isDuration = durationMs(written.replace(/^[+-]\s*/, "")) !== undefined;
  return isDuration ? durationText(value * 1_000) : formatValue(value);
}

const signOf = (negative: boolean): string => (negative ? "-" : "+");

function selectorText({ name, matchers }: Selector): string {
  const texts = matchers
    .filter((one) => !(one.label === METRIC_NAME && one.op === "=" && one.value === name))
    .map(({ label, op, value }) => `${labelText(label)}${op}${JSON.stringify(value)}`)
    .sort();
  const braces = texts.length > 0 ? `{${texts.join(",")}}` : "";
  return (name ?? "") + braces;
}

const labelsText = (labels: readonly string[]): string => `(${labels.map(labelText).join(", ")})`;

function modifiersOf({ at, offset }: Pick<Selector, "at" | "offset">): string {
  return `${atText(at)}${offset === 0 ? "" : ` offset ${durationText(offset)}`}`;
}

function atText(at: At | undefined): string {
  if (at === undefined) return "";
  return typeof at === "number" ? ` @ ${(at / 1_000).toFixed(3)}` : ` @ ${at}()`;
}

function rangeOf(subquery: Subquery): string {
  const { range, step } = subquery;
  return `[${durationText(range)}:${step === undefined ? "" : durationText(step)}]${modifiersOf(subquery)}`;
}

/** What stands before the parenthesis. */
function headOf({ op, grouping: { without, labels } }: Aggregate): string {
  if (without) return `${op} without ${labelsText(labels)} `;
  return labels.length > 0 ? `${op} by ${labelsText(labels)} ` : op;
}

function operatorOf({ op, bool, matching: { on, labels, many, include } }: Binary): string {
  const how =
    labels.length > 0 || on || many !== "none"
      ? ` ${on ? "on" : "ignoring"} ${labelsText(labels)}`
      : "";
  const group = many === "none" ? "" : ` group_${many} ${labelsText(include)}`;
  return `${op}${bool ? " bool" : ""}${how}${group}`;
}
