// The text of a query to its tree, by Prometheus' own grammar. That grammar is tolerant, since editors
// use it: whatever it marks as an error is refused here, in the words of Prometheus where it has some.
// What types there are, and which functions, check.ts knows.

import { parser } from "@prometheus-io/lezer-promql";
import type { SyntaxNode } from "@lezer/common";
import * as LIMITS from "../limits.ts";
import { cut, quote } from "../text.ts";
import type { Expr, Place } from "./ast.ts";
import { failParse } from "./error.ts";
import { EXPERIMENTAL } from "./experimental.ts";
import { childrenOf } from "./syntax.ts";
import { Tree } from "./tree.ts";

/** @throws Failure */
export function readQuery(query: string): Expr {
  if (query.length > LIMITS.queryCharacters)
    failParse(
      query,
      { start: 0, end: 0 },
      `the query has ${query.length} characters, more than the ${LIMITS.queryCharacters} of limit queryCharacters`,
    );
  if (/^\s*(#[^\n]*\s*)*$/.test(query))
    failParse(query, { start: 0, end: 0 }, "no expression found in input");
  refuseBrackets(query);
  const top = treeOf(query);
  refuseDepth(query, top);
  const root = childrenOf(top)[0];
  if (root === undefined) failParse(query, { start: 0, end: 0 }, "no expression found in input");
  return new Tree(query).expr(root);
}

/** The grammar knows no number that ends with its point: 2. is shown to it as 02, as long as it was. */
function asGrammar(query: string): string {
  if (!/\d\.(?!\d)/.test(query)) return query;
  return query.replace(
    /"(?:\\[^]|[^"\\])*"?|'(?:\\[^]|[^'\\])*'?|`[^`]*`?|#[^\n]*|(?<![\w.:])(\d+)\.(?![\w.])/g,
    (all, whole?: string) => (whole === undefined ? all : `0${whole}`),
  );
}

/** Without the recovery from errors that editors need: it takes seconds where all is wrong. */
const strict = parser.configure({ strict: true });

function treeOf(query: string): SyntaxNode {
  try {
    return strict.parse(asGrammar(query)).topNode;
  } catch (thrown) {
    // What the parser says is "No parse at" and the place.
    const place = thrown instanceof SyntaxError ? /\d+$/.exec(thrown.message)?.[0] : undefined;
    if (place === undefined) throw thrown;
    return failParse(query, ...wrong(query, Number(place)));
  }
}

function failDepth(query: string, place: Place): never {
  return failParse(
    query,
    place,
    `nested deeper than the ${LIMITS.queryDepth} levels of limit queryDepth`,
  );
}

/** Before the parser, which has a stack of its own, and takes the other end of it for an error. */
function refuseBrackets(query: string): void {
  let depth = 0;
  for (const { 0: token, index } of query.matchAll(BRACKETS)) {
    if (CLOSED_BY.has(token)) depth++;
    else if (/[)}\]]/.test(token[0]!)) depth--;
    if (depth > LIMITS.queryDepth) failDepth(query, { start: index, end: index + 1 });
  }
}

function refuseDepth(query: string, top: SyntaxNode): void {
  let depth = 0;
  top.cursor().iterate(
    ({ type, from, to }) => {
      if (++depth > LIMITS.queryDepth) failDepth(query, { start: from, end: to });
      if (type.isError) failParse(query, ...wrong(query, from));
    },
    () => void depth--,
  );
}

const TOKEN =
  /^(?:"(?:\\[^]|[^"\\])*"?|'(?:\\[^]|[^'\\])*'?|`[^`]*`?|[\d.][\w.]*|[a-zA-Z_:][\w:]*|[=!<>][=~]|[^])/;

type Wrong = [place: { start: number; end: number }, message: string];

function wrong(query: string, start: number): Wrong {
  const skipped = /^(?:\s|#[^\n]*)*/.exec(query.slice(start))?.[0].length ?? 0;
  const from = start + skipped;
  const token = TOKEN.exec(query.slice(from))?.[0] ?? "";
  const place = { start: from, end: from + token.length };
  const unclosed = unclosedIn(query);
  if (token === "") return [place, unclosed ?? "unexpected end of input"];
  const named = /([a-zA-Z_:][\w:]*)\s*$/.exec(query.slice(0, from));
  if (token === "(" && named !== null) {
    const name = named[1]!;
    const at = { start: named.index, end: named.index + name.length };
    return [
      at,
      EXPERIMENTAL.has(name)
        ? `the function ${name}() is experimental in Prometheus, and not supported here`
        : `unknown function with name ${quote(name)}`,
    ];
  }
  if (named !== null && named[0] === named[1] && /^\.[a-zA-Z_:]/.test(token)) {
    const name = named[1]! + token;
    return [{ start: named.index, end: place.end }, quotedNameText(query, named.index, name)];
  }
  return [place, `unexpected ${kindOf(token)}`];
}

/** How a name is written that has a dot: in the list of labels in quotes, else in braces as well. */
function quotedNameText(query: string, start: number, name: string): string {
  const before = query.slice(0, start);
  const isLabel =
    /\{[^{}]*$/.test(before) ||
    /\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*$/i.test(before);
  const hasMore = /^\s*\{/.test(query.slice(start + name.length));
  const written = isLabel ? quote(name) : `{${quote(name)}${hasMore ? ", …" : ""}}`;
  return `the name ${name} is written ${written}: one with a dot needs quotes${isLabel ? "" : " and braces"}`;
}

function kindOf(token: string): string {
  if (/^["'`]/.test(token)) return `string ${cut(token)}`;
  if (/^[\d.]/.test(token)) return `number ${quote(token)}`;
  if (/^[a-zA-Z_:]/.test(token)) return `identifier ${quote(token)}`;
  return `character or operator: ${JSON.stringify(token)}`;
}

const CLOSED_BY: ReadonlyMap<string, readonly [close: string, name: string]> = new Map([
  ["(", [")", "parenthesis"]],
  ["{", ["}", "brace"]],
  ["[", ["]", "bracket"]],
]);

/** Brackets that count, and texts and remarks, in which they do not. */
const BRACKETS = /"(?:\\[^]|[^"\\])*"?|'(?:\\[^]|[^'\\])*'?|`[^`]*`?|#[^\n]*|[()[\]{}]/g;

/** Says which bracket is never closed. */
function unclosedIn(query: string): string | undefined {
  const open: string[] = [];
  for (const [token] of query.matchAll(BRACKETS)) {
    if (CLOSED_BY.has(token)) open.push(token);
    else if (CLOSED_BY.get(open.at(-1) ?? "")?.[0] === token) open.pop();
  }
  const last = CLOSED_BY.get(open.at(-1) ?? "");
  return last === undefined ? undefined : `unclosed left ${last[1]}`;
}
