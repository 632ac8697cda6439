// The grammar's nodes as texts, names, numbers and durations. What they mean together is tree.ts's.

import type { SyntaxNode } from "@lezer/common";
import type { Place } from "./ast.ts";
import { failParse } from "./error.ts";
import { cut, quote } from "../text.ts";
import { LONGEST_MS, parseNumber, unquote } from "./literals.ts";

export const placeOf = ({ from, to }: SyntaxNode): Place => ({ start: from, end: to });

/** The nodes within a node, comments left out. */
export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling)
    if (child.name !== "LineComment") children.push(child);
  return children;
}

export const childOf = (node: SyntaxNode, name: string): SyntaxNode | undefined =>
  childrenOf(node).find((child) => child.name === name);

export class Syntax {
  readonly query: string;

  constructor(query: string) {
    this.query = query;
  }

  text({ from, to }: SyntaxNode): string {
    return this.query.slice(from, to);
  }

  fail(node: SyntaxNode, what: string): never {
    return failParse(this.query, placeOf(node), what);
  }

  number(node: SyntaxNode): number {
    const text = this.text(node);
    return parseNumber(text) ?? this.fail(node, `bad number or duration syntax: ${quote(text)}`);
  }

  string(node: SyntaxNode): string {
    const text = this.text(node);
    return unquote(text) ?? this.fail(node, `error unquoting string ${cut(text)}: invalid syntax`);
  }

  /** The name of a label, with quotes or without. */
  label(node: SyntaxNode): string {
    return node.name === "QuotedLabelName" ? this.string(node.firstChild!) : this.text(node);
  }

  /** Labels in parentheses; none of no node. */
  grouping(node: SyntaxNode | undefined): readonly string[] {
    return node === undefined ? [] : childrenOf(node).map((label) => this.label(label));
  }

  /** A literal duration, ms. */
  duration(node: SyntaxNode, least: number): number {
    const [literal, ...more] = childrenOf(node);
    if (
      literal?.name !== "NumberDurationLiteralInDurationContext" ||
      more.length > 0 ||
      this.text(node).startsWith("(")
    )
      this.fail(node, "experimental duration expression is not enabled");
    const ms = Math.round(this.number(literal!) * 1_000);
    if (!(Math.abs(ms) <= LONGEST_MS)) this.fail(node, "duration out of range");
    if (ms < least) this.fail(node, "duration must be greater than 0");
    return ms;
  }
}
