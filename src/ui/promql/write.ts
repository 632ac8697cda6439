// A panel of a metric as an expression of PromQL: what one begins with who wants to ask for more. Pure.

import { parseMatcher } from "../../core/query/filter.ts";
import { type Panel, showOf } from "../url.ts";

/** How far a rate looks back. */
const RATE_OVER = "5m";

/** As near as PromQL comes to it: it knows no statistics of all points of a period. */
export function exprOf(panel: Panel): string {
  const { over } = panel;
  const one = exprOfMetric(panel);
  return over === undefined
    ? one
    : `${one} / ${exprOfMetric({ ...panel, metric: over, known: {} })}`;
}

function exprOfMetric(panel: Panel): string {
  const series = selectorOf(panel);
  const isRate = showOf(panel) === "rate";
  const values = isRate ? `rate(${series}[${RATE_OVER}])` : series;
  if (panel.by === "*") return values;
  const by = panel.by === undefined ? "" : ` by (${labelOf(panel.by)})`;
  return `${isRate ? "sum" : aggregationOf(panel)}${by} (${quantileOf(panel)}${values})`;
}

const AGGREGATIONS: Readonly<Partial<Record<string, string>>> = {
  sum: "sum",
  min: "min",
  max: "max",
  count: "count",
};

const percentage = ({ across, stat }: Panel): number | undefined =>
  across === undefined && /^p\d+$/.test(stat) ? Number(`0.${stat.slice(1)}`) : undefined;

const aggregationOf = (panel: Panel): string =>
  percentage(panel) === undefined
    ? (AGGREGATIONS[panel.across ?? panel.stat] ?? "avg")
    : "quantile";

const quantileOf = (panel: Panel): string => {
  const quantile = showOf(panel) === "rate" ? undefined : percentage(panel);
  return quantile === undefined ? "" : `${quantile}, `;
};

/** A name of a metric that needs no quotes. */
export const isBareMetric = (name: string): boolean => /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name);

export const labelOf = (name: string): string =>
  /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : JSON.stringify(name);

function selectorOf({ metric, where }: Panel): string {
  const matchers = where.flatMap((text) => {
    const matcher = parseMatcher(text);
    if (!matcher.ok) return [];
    const { label, op, value } = matcher.value;
    return [`${labelOf(label)}${op}${JSON.stringify(value)}`];
  });
  const isPlain = isBareMetric(metric);
  const inside = [...(isPlain ? [] : [JSON.stringify(metric)]), ...matchers];
  const braces = inside.length === 0 ? "" : `{${inside.join(", ")}}`;
  return isPlain ? metric + braces : braces;
}
