// Asks for the values of an expression. Loaded when there is a panel of one.

import { readQuery } from "../../core/promql/read.ts";
import { ask, linkSecret } from "../api.ts";
import type { Figure, Form } from "../chart/form.ts";
import { type ChartSeries, columnsOfValues } from "../chart/series.ts";
import { addressOfExpr, askedExpr, sharedAddressOfExpr } from "../promql/times.ts";
import { unitOfExpr } from "../promql/unit.ts";
import { type UnitName, unitOf } from "../units.ts";
import { now } from "./clock.ts";
import { summaryOf } from "./metrics.ts";
import type { Note, ValuesAnswer } from "./whole.ts";

/** The answer of /prometheus/api/v1/query_range. */
interface RangeAnswer {
  readonly data: { readonly result: readonly RangeSeries[] };
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}

export interface RangeSeries {
  readonly metric: Readonly<Record<string, string>>;
  /** Unix seconds, and the value as text. */
  readonly values: readonly (readonly [at: number, value: string])[];
}

/** @throws as `ask` */
export async function askValues(question: string, signal: AbortSignal): Promise<ValuesAnswer> {
  const asked = askedExpr(question, now());
  const { expr, from, to, step } = asked;
  const {
    data,
    warnings = [],
    infos = [],
  }: RangeAnswer = expr.trim() === ""
    ? NOTHING
    : await ask<RangeAnswer>(addressOf(asked), { signal });
  const series = data.result.map((one) => valuesSeries(one, step));
  const notes = [
    ...warnings.map((text): Note => ({ kind: "warning", text: plain(text) })),
    ...infos.map((text): Note => ({ kind: "info", text })),
    ...notDrawn(data.result),
  ];
  return {
    metric: expr,
    resolution: "raw",
    step: 0,
    from,
    to,
    ...(to > now() && { partialFrom: now() }),
    keptFrom: 0,
    series,
    form: formOf(expr.trim() === "" ? "none" : unitIn(expr)),
    every: step,
    notes,
  };
}

const addressOf = linkSecret === undefined ? addressOfExpr : sharedAddressOfExpr;

const NOTHING: RangeAnswer = { data: { result: [] } };

/** As the server says it where `limit` cuts. */
const plain = (text: string): string =>
  text === "results truncated due to limit"
    ? "There are more series than a chart has room for: these are the first, by their labels. topk(10, …) chooses the largest"
    : text;

/** Where a time has no value the line is broken. Columns of a chart hold finite numbers alone. */
export function valuesSeries({ metric, values }: RangeSeries, step: number): ChartSeries {
  const finite = values
    .map(([seconds, text]) => [Math.round(seconds * 1_000), Number(text)] as const)
    .filter(([, value]) => Number.isFinite(value));
  const t = finite.map(([at]) => at);
  const breaks = [...t.keys()].filter((row) => row > 0 && t[row]! - t[row - 1]! > step);
  return {
    labels: metric,
    ...columnsOfValues(
      t,
      finite.map(([, value]) => value),
    ),
    breaks,
  };
}

function notDrawn(result: readonly RangeSeries[]): Note[] {
  const count = result.reduce(
    (sum, { values }) => sum + values.filter(([, text]) => /Inf/.test(text)).length,
    0,
  );
  return count === 0
    ? []
    : [
        {
          kind: "info",
          text: `${count} values are infinite, and not drawn: something by 0, often`,
        },
      ];
}

/** What the expression keeps of the units of its metrics: the server has read it without an error. */
function unitIn(expr: string): UnitName {
  return unitOfExpr(readQuery(expr), (metric) => unitOf(metric, summaryOf(metric)?.unit));
}

const VALUE: Figure = { name: "avg", title: "value" };
const LEGEND = (["last", "avg", "min", "max"] as const).map((name) => ({ name, title: name }));

const formOf = (unit: UnitName): Form => ({
  kind: "values",
  stat: "avg",
  title: "value",
  unit,
  legend: LEGEND,
  here: [VALUE],
});
