// A rule's condition as an expression of PromQL, for who knows no other words. Pure.

import { parseMatcher } from "../query/filter.ts";
import type { Rule } from "./rule.ts";

/** The same as the rule asks, but for `first` and `last` of several series, which PromQL has of each apart. */
export function expressionOf(rule: Rule): string {
  const { stat, op, threshold } = rule;
  const over = (name: string): string => `${name}_over_time(${selectorOf(rule)})`;
  const grouped = (how: string, of: string): string =>
    rule.by.includes("*") ? of : `${how} by (${rule.by.map(labelOf).join(", ")}) (${of})`;
  const left = ((): string => {
    switch (stat) {
      case "avg":
        return `${grouped("sum", over("sum"))} / ${grouped("sum", over("count"))}`;
      case "sum":
      case "count":
        return grouped("sum", over(stat));
      case "min":
      case "max":
        return grouped(stat, over(stat));
      case "rate":
      case "increase":
        return grouped("sum", `${stat}(${selectorOf(rule)})`);
      default:
        return grouped("max", over(stat));
    }
  })();
  return `${left} ${op} ${threshold}`;
}

const labelOf = (name: string): string =>
  /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);

function selectorOf({ metric, where, window }: Rule): string {
  const matchers = where.flatMap((text) => {
    const parts = parseMatcher(text);
    return parts.ok
      ? [`${labelOf(parts.value.label)}${parts.value.op}${JSON.stringify(parts.value.value)}`]
      : [];
  });
  return `{${[JSON.stringify(metric), ...matchers].join(", ")}}[${window / 60_000}m]`;
}
