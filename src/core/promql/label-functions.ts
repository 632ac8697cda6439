// label_replace and label_join: labels of a series made of others, whatever its values.

import { RE2JS } from "re2js";
import * as LIMITS from "../limits.ts";
import { regexSize } from "../query/regex.ts";
import type { Labels } from "../series/labels.ts";
import { unwrapped, type Call, type Expr } from "./ast.ts";
import { Merged } from "./columns.ts";
import type { Emit, Evaluation } from "./evaluation.ts";
import { fail, failLimit } from "./error.ts";
import { valueOf, withLabel } from "./labels.ts";

function textOf(expr: Expr): string {
  const literal = unwrapped(expr);
  if (literal.kind !== "string") throw new TypeError("an argument passed the check of types");
  return literal.value;
}

/** Any text that is not empty and valid Unicode: what a reader makes of it is a name of the moment. */
function checkLabel(name: string, what: string): void {
  if (name === "" || name.includes("\ufffd") || !name.isWellFormed())
    fail(`invalid ${what}: ${name}`);
}

async function relabelled(
  evaluation: Evaluation,
  vector: Expr,
  change: (labels: Labels) => Labels,
  emit: Emit,
): Promise<void> {
  const merged = new Merged(evaluation);
  await evaluation.stream(vector, (labels, values, has) => merged.add(change(labels), values, has));
  await merged.emit(emit);
}

export async function labelReplace(
  evaluation: Evaluation,
  { args }: Call,
  emit: Emit,
): Promise<void> {
  const [vector, ...texts] = args;
  const [target = "", replacement = "", source = "", pattern = ""] = texts.map(textOf);
  const regex = compile(pattern);
  checkLabel(target, "destination label name in label_replace()");
  const change = (labels: Labels): Labels => {
    const matcher = regex.matcher(valueOf(labels, source));
    if (!matcher.matches()) return labels;
    return withLabel(
      labels,
      target,
      expand(replacement, regex, (at) => matcher.group(at) ?? ""),
    );
  };
  await relabelled(evaluation, vector!, change, emit);
}

function compile(pattern: string): RE2JS {
  if (regexSize(pattern) > LIMITS.regexSize)
    failLimit(
      "regexSize",
      `the regular expression of label_replace() has more than ${LIMITS.regexSize} instructions`,
    );
  try {
    return RE2JS.compile(pattern, RE2JS.DOTALL);
  } catch {
    return fail(`invalid regular expression in label_replace(): ${pattern}`);
  }
}

/** Go's templates: $1, $name, ${1}, ${name}, $$; what is no group is empty. */
function expand(template: string, regex: RE2JS, group: (at: number) => string): string {
  const names = regex.namedGroups() as Readonly<Record<string, number>>;
  return template.replace(/\$(?:\$|\{(\w+)\}|(\w+))/g, (all, braced?: string, bare?: string) => {
    const name = braced ?? bare;
    if (name === undefined) return all === "$$" ? "$" : all;
    const at = /^\d+$/.test(name) ? Number(name) : (names[name] ?? -1);
    return at >= 0 && at <= regex.groupCount() ? group(at) : "";
  });
}

export async function labelJoin(evaluation: Evaluation, { args }: Call, emit: Emit): Promise<void> {
  const [vector, ...texts] = args;
  const [target = "", separator = "", ...sources] = texts.map(textOf);
  for (const source of sources) checkLabel(source, "source label name in label_join()");
  checkLabel(target, "destination label name in label_join()");
  const change = (labels: Labels): Labels =>
    withLabel(labels, target, sources.map((source) => valueOf(labels, source)).join(separator));
  await relabelled(evaluation, vector!, change, emit);
}
