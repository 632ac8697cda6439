// The tree of a PromQL expression. Data alone: parse.ts makes it, check.ts finds what is wrong with it,
// evaluate.ts answers it.

import type { MatcherParts } from "../query/filter.ts";

export type ValueType = "scalar" | "vector" | "matrix" | "string";

/** Characters [start, end) of the query. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/** The time of an `@` modifier: Unix ms, or that of the whole query's start or end. */
export type At = number | "start" | "end";

export interface NumberLiteral extends Place {
  readonly kind: "number";
  readonly value: number;
}

export interface StringLiteral extends Place {
  readonly kind: "string";
  readonly value: string;
}

export interface Selector extends Place {
  readonly kind: "selector";
  /** The name before the braces. Matchers have it too. */
  readonly name: string | undefined;
  readonly matchers: readonly MatcherParts[];
  /** ms to look back; negative looks ahead. */
  readonly offset: number;
  readonly at: At | undefined;
}

export interface MatrixSelector extends Place {
  readonly kind: "matrix";
  readonly selector: Selector;
  /** ms, positive. */
  readonly range: number;
}

export interface Subquery extends Place {
  readonly kind: "subquery";
  readonly expr: Expr;
  /** ms, positive. */
  readonly range: number;
  /** ms; undefined: the usual one. */
  readonly step: number | undefined;
  readonly offset: number;
  readonly at: At | undefined;
}

export interface Call extends Place {
  readonly kind: "call";
  readonly name: string;
  readonly args: readonly Expr[];
}

export const AGGREGATIONS = [
  "sum",
  "avg",
  "count",
  "min",
  "max",
  "group",
  "stddev",
  "stdvar",
  "topk",
  "bottomk",
  "quantile",
  "count_values",
] as const;
export type Aggregation = (typeof AGGREGATIONS)[number];

export interface Aggregate extends Place {
  readonly kind: "aggregate";
  readonly op: Aggregation;
  readonly param: Expr | undefined;
  readonly expr: Expr;
  readonly grouping: Grouping;
}

export interface Grouping {
  /** Whether the labels are those that do not count. */
  readonly without: boolean;
  readonly labels: readonly string[];
}

export type Arithmetic = "+" | "-" | "*" | "/" | "%" | "^" | "atan2";
export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";
export type SetOperator = "and" | "or" | "unless";
export type BinaryOperator = Arithmetic | Comparison | SetOperator;

export interface Matching {
  /** Whether `labels` are those that count (on), or those that do not (ignoring). */
  readonly on: boolean;
  readonly labels: readonly string[];
  /** Which side may have many series of a match. */
  readonly many: "none" | "left" | "right";
  /** Labels that the result takes of the side that has one. */
  readonly include: readonly string[];
}

export interface Binary extends Place {
  readonly kind: "binary";
  readonly op: BinaryOperator;
  /** Where the operator stands. */
  readonly opPlace: Place;
  readonly left: Expr;
  readonly right: Expr;
  readonly bool: boolean;
  readonly matching: Matching;
}

export interface Unary extends Place {
  readonly kind: "unary";
  readonly negative: boolean;
  readonly expr: Expr;
}

export interface Paren extends Place {
  readonly kind: "paren";
  readonly expr: Expr;
}

export type Expr =
  | NumberLiteral
  | StringLiteral
  | Selector
  | MatrixSelector
  | Subquery
  | Call
  | Aggregate
  | Binary
  | Unary
  | Paren;

export const isComparison = (op: BinaryOperator): op is Comparison =>
  ["==", "!=", "<", "<=", ">", ">="].includes(op);

export const isSetOperator = (op: BinaryOperator): op is SetOperator =>
  op === "and" || op === "or" || op === "unless";

/** An expression without the parentheses around it. */
export function unwrapped(expr: Expr): Expr {
  let inner = expr;
  while (inner.kind === "paren") inner = inner.expr;
  return inner;
}

/** How many selections are read for an expression; what a subquery reads may be any number of them. */
export function selectionsIn(expr: Expr): number {
  switch (expr.kind) {
    case "number":
    case "string":
      return 0;
    case "selector":
    case "matrix":
      return 1;
    case "subquery":
      return Infinity;
    case "call":
      return expr.args.reduce((sum, arg) => sum + selectionsIn(arg), 0);
    case "aggregate":
      return selectionsIn(expr.expr) + (expr.param === undefined ? 0 : selectionsIn(expr.param));
    case "binary":
      return selectionsIn(expr.left) + selectionsIn(expr.right);
    case "unary":
    case "paren":
      return selectionsIn(expr.expr);
  }
}
