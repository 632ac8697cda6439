// The grammar's nodes to those of ast.ts. What is refused here is what the grammar lets pass and
// Prometheus' parser does not; types are check.ts's.

import type { SyntaxNode } from "@lezer/common";
import type { MatcherParts, Operator } from "../query/filter.ts";
import { METRIC_NAME } from "../query/source.ts";
import {
  AGGREGATIONS,
  isSetOperator,
  type At,
  type BinaryOperator,
  type Expr,
  type Grouping,
  type Matching,
  type MatrixSelector,
  type Selector,
  type Subquery,
} from "./ast.ts";
import { failParse } from "./error.ts";
import { childOf, childrenOf, placeOf, Syntax } from "./syntax.ts";

const MODIFIERS = new Set(["BoolModifier", "MatchingModifierClause", "FillModifier"]);

export class Tree {
  readonly #syntax: Syntax;

  constructor(query: string) {
    this.#syntax = new Syntax(query);
  }

  expr(node: SyntaxNode): Expr {
    const place = placeOf(node);
    const [first, second] = childrenOf(node);
    switch (node.name) {
      case "NumberDurationLiteral":
        return { ...place, kind: "number", value: this.#syntax.number(node) };
      case "StringLiteral":
        return { ...place, kind: "string", value: this.#syntax.string(node) };
      case "ParenExpr":
        return { ...place, kind: "paren", expr: this.expr(first!) };
      case "UnaryExpr":
        return {
          ...place,
          kind: "unary",
          negative: this.#syntax.text(first!) === "-",
          expr: this.expr(second!),
        };
      case "VectorSelector":
        return this.#selector(node);
      case "MatrixSelector":
        return this.#matrix(node);
      case "SubqueryExpr":
        return this.#subquery(node);
      case "OffsetExpr":
        return this.#offset(node);
      case "StepInvariantExpr":
        return this.#at(node);
      case "BinaryExpr":
        return this.#binary(node);
      case "AggregateExpr":
        return this.#aggregate(node);
      case "FunctionCall":
        return {
          ...place,
          kind: "call",
          name: this.#syntax.text(first!),
          args: childrenOf(second!).map((arg) => this.expr(arg)),
        };
      case "AnchoredExpr":
      case "SmoothedExpr":
        return this.#syntax.fail(
          node,
          `${node.name === "AnchoredExpr" ? "anchored" : "smoothed"} modifier is experimental and not enabled`,
        );
      default:
        return this.#syntax.fail(node, `unexpected ${node.name}`);
    }
  }

  #selector(node: SyntaxNode): Selector {
    const named = childOf(node, "Identifier");
    const name = named && this.#syntax.text(named);
    const matchers: MatcherParts[] = [];
    const list = childOf(node, "LabelMatchers");
    for (const matcher of list === undefined ? [] : childrenOf(list)) {
      const [label, op, value] = childrenOf(matcher);
      if (matcher.name === "QuotedLabelName")
        matchers.push({ label: METRIC_NAME, op: "=", value: this.#syntax.string(label!) });
      else
        matchers.push({
          label: this.#syntax.label(label!),
          op: this.#syntax.text(op!) as Operator,
          value: this.#syntax.string(value!),
        });
    }
    const twice = matchers.find(
      (one, at) =>
        one.label === METRIC_NAME &&
        (name !== undefined ||
          (one.op === "=" &&
            matchers.some(
              (other, i) => i < at && other.label === METRIC_NAME && other.op === "=",
            ))),
    );
    if (twice !== undefined)
      this.#syntax.fail(
        node,
        `metric name must not be set twice: ${JSON.stringify(name ?? matchers.find(({ label }) => label === METRIC_NAME)?.value)} or ${JSON.stringify(twice.value)}`,
      );
    if (name !== undefined) matchers.push({ label: METRIC_NAME, op: "=", value: name });
    return { ...placeOf(node), kind: "selector", name, matchers, offset: 0, at: undefined };
  }

  #matrix(node: SyntaxNode): Expr {
    const [inner, range] = childrenOf(node);
    return afterOperand(this.expr(inner!), node.to, (selector): MatrixSelector => {
      const place = { start: selector.start, end: node.to };
      if (selector.kind !== "selector")
        return failParse(this.#syntax.query, place, "ranges only allowed for vector selectors");
      if (selector.offset !== 0)
        failParse(this.#syntax.query, place, "no offset modifiers allowed before range");
      if (selector.at !== undefined)
        failParse(this.#syntax.query, place, "no @ modifiers allowed before range");
      return { ...place, kind: "matrix", selector, range: this.#syntax.duration(range!, 1) };
    });
  }

  #subquery(node: SyntaxNode): Expr {
    const [inner, range, step] = childrenOf(node);
    return afterOperand(this.expr(inner!), node.to, (expr) => ({
      start: expr.start,
      end: node.to,
      kind: "subquery",
      expr,
      range: this.#syntax.duration(range!, 1),
      step: step && this.#syntax.duration(step, 1),
      offset: 0,
      at: undefined,
    }));
  }

  #offset(node: SyntaxNode): Expr {
    const [inner, , given] = childrenOf(node);
    let duration = given!;
    let sign = 1;
    while (duration.firstChild?.name === "UnaryOp") {
      if (this.#syntax.text(duration.firstChild) === "-") sign = -sign;
      duration = duration.lastChild!;
    }
    const offset = sign * this.#syntax.duration(duration, -Infinity);
    return this.#modified(node, inner!, "offset", (one) => {
      if (one.offset !== 0) this.#syntax.fail(node, "offset may not be set multiple times");
      return { offset };
    });
  }

  #at(node: SyntaxNode): Expr {
    const [inner, , when] = childrenOf(node);
    const at = this.#atTime(when!);
    return this.#modified(node, inner!, "@", (one) => {
      if (one.at !== undefined)
        this.#syntax.fail(node, "@ <timestamp> may not be set multiple times");
      return { at };
    });
  }

  #atTime(node: SyntaxNode): At {
    if (node.name === "AtModifierPreprocessors")
      return this.#syntax.text(node).startsWith("s") ? "start" : "end";
    const seconds = this.#syntax.number(node);
    if (!Number.isFinite(seconds) || Math.abs(seconds) >= 2 ** 63)
      this.#syntax.fail(node, `timestamp out of bounds for @ modifier: ${seconds}`);
    return Math.round(seconds * 1_000);
  }

  /** The selector or subquery that a modifier is about, with what the modifier says. */
  #modified(
    node: SyntaxNode,
    inner: SyntaxNode,
    what: "offset" | "@",
    modify: (one: Selector | Subquery) => { offset: number } | { at: At },
  ): Expr {
    return afterOperand(this.expr(inner), node.to, (expr) => {
      const place = { start: expr.start, end: node.to };
      if (expr.kind === "selector" || expr.kind === "subquery")
        return { ...expr, ...modify(expr), ...place };
      if (expr.kind === "matrix")
        return { ...expr, selector: { ...expr.selector, ...modify(expr.selector) }, ...place };
      return failParse(
        this.#syntax.query,
        place,
        `${what} modifier must be preceded by an instant vector selector or range vector selector or a subquery`,
      );
    });
  }

  #binary(node: SyntaxNode): Expr {
    const parts = childrenOf(node);
    const [left, operator] = parts;
    const op = this.#syntax.text(operator!).toLowerCase() as BinaryOperator;
    const named = (name: string): SyntaxNode | undefined =>
      parts.find((part) => part.name === name);
    const fill = named("FillModifier");
    if (fill !== undefined)
      this.#syntax.fail(fill, "binop fill modifiers are experimental and not enabled");
    if (operator!.name === "TrimUpper" || operator!.name === "TrimLower")
      this.#syntax.fail(
        operator!,
        `operator ${op} needs native histograms, which are not kept here`,
      );
    // The grammar takes the sign for a part of the number, but -2 ^ 2 is -(2 ^ 2).
    const whole = this.expr(left!);
    const negated =
      op === "^" && whole.kind === "number" && this.#syntax.text(left!).startsWith("-");
    const base: Expr = negated ? { ...whole, value: -whole.value } : whole;
    const right = parts.findLast((part) => !MODIFIERS.has(part.name))!;
    const binary: Expr = {
      ...placeOf(node),
      kind: "binary",
      op,
      opPlace: placeOf(operator!),
      left: base,
      right: this.expr(right),
      bool: named("BoolModifier") !== undefined,
      matching: this.#matching(named("MatchingModifierClause"), op),
    };
    return negated ? { ...placeOf(node), kind: "unary", negative: true, expr: binary } : binary;
  }

  #matching(node: SyntaxNode | undefined, op: BinaryOperator): Matching {
    if (node === undefined) return { on: false, labels: [], many: "none", include: [] };
    const parts = childrenOf(node);
    const lists = parts.filter(({ name }) => name === "GroupingLabels");
    const many = parts.some(({ name }) => name === "GroupLeft")
      ? "left"
      : parts.some(({ name }) => name === "GroupRight")
        ? "right"
        : "none";
    if (many !== "none" && isSetOperator(op))
      this.#syntax.fail(node, `no grouping allowed for ${JSON.stringify(op)} operation`);
    return {
      on: parts[0]!.name === "On",
      labels: this.#syntax.grouping(lists[0]),
      many,
      include: this.#syntax.grouping(lists[1]),
    };
  }

  #aggregate(node: SyntaxNode): Expr {
    const [operator] = childrenOf(node);
    const name = this.#syntax.text(operator!).toLowerCase();
    const op = AGGREGATIONS.find((one) => one === name);
    if (op === undefined)
      return this.#syntax.fail(
        node,
        `the function ${name}() is experimental in Prometheus, and not supported here`,
      );
    const args = childrenOf(childOf(node, "FunctionCallBody")!).map((arg) => this.expr(arg));
    if (args.length === 0)
      this.#syntax.fail(node, "no arguments for aggregate expression provided");
    const expected = WITH_PARAMETER.has(op) ? 2 : 1;
    if (args.length !== expected)
      this.#syntax.fail(
        node,
        `wrong number of arguments for aggregate expression provided, expected ${expected}, got ${args.length}`,
      );
    const modifier = childOf(node, "AggregateModifier");
    const grouping: Grouping = {
      without: modifier?.firstChild?.name === "Without",
      labels: this.#syntax.grouping(modifier && childOf(modifier, "GroupingLabels")),
    };
    const param = expected === 2 ? args[0] : undefined;
    return { ...placeOf(node), kind: "aggregate", op, param, expr: args.at(-1)!, grouping };
  }
}

/**
 * What stands behind an operand (a range, offset, `@`) is about that operand: -x @ 1 is -(x @ 1). The
 * grammar has it about all that stands before.
 */
function afterOperand(expr: Expr, end: number, apply: (operand: Expr) => Expr): Expr {
  if (expr.kind === "unary") return { ...expr, end, expr: afterOperand(expr.expr, end, apply) };
  if (expr.kind === "binary") return { ...expr, end, right: afterOperand(expr.right, end, apply) };
  return apply(expr);
}

const WITH_PARAMETER: ReadonlySet<string> = new Set([
  "topk",
  "bottomk",
  "quantile",
  "count_values",
]);
