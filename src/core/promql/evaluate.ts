// The door of the evaluator: a checked expression and a source of samples to an answer.

import * as LIMITS from "../limits.ts";
import { err, ok, type Result } from "../result.ts";
import type { Labels } from "../series/labels.ts";
import { unwrapped, type Expr, type MatrixSelector, type Subquery } from "./ast.ts";
import { typeOf } from "./check.ts";
import { hasAny } from "./columns.ts";
import { spanOf, timeAt, type Evaluation, type Grid } from "./evaluation.ts";
import { Evaluator, type Run } from "./evaluator.ts";
import { firstAfter } from "./edges.ts";
import { Failure, StartOver, failLimit, type QueryError } from "./error.ts";
import { compareLabels, keyOf } from "./labels.ts";
import { failSameLabels } from "./columns.ts";
import { Notes } from "./notes.ts";
import type { SampleSource, TakeSeries } from "./source.ts";
import { type Memory, type Pace, Spent } from "./spent.ts";
import { sizeOf, streamSubquery } from "./window.ts";

/** Unix ms. An instant query has start = end, and any positive step. */
export interface Times {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

export interface Options {
  /** How far an instant selector looks back, ms: 5 minutes. */
  readonly lookback?: number;
  /** The step of a subquery that names none, ms: 1 minute. */
  readonly subqueryStep?: number;
  /** Asked at least once a series: whether the time for the query is over. */
  readonly isOver?: () => boolean;
  /** Without it, all is done at once. */
  readonly pace?: Pace;
  /** What it holds, and what is answered. */
  readonly memory?: Memory;
  /** Whether samples are counted by step. */
  readonly countsSteps?: boolean;
}

export interface Points {
  readonly labels: Labels;
  /** Unix ms. */
  readonly times: Float64Array;
  readonly values: Float64Array;
}

export type Value =
  | { readonly type: "scalar"; readonly at: number; readonly value: number }
  | { readonly type: "string"; readonly at: number; readonly value: string }
  /** One point each, in the order of the expression. */
  | { readonly type: "vector"; readonly series: readonly Points[] }
  /** By labels. */
  | { readonly type: "matrix"; readonly series: readonly Points[] };

export interface Answer {
  readonly value: Value;
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
  readonly stats: Stats;
}

export interface Stats {
  /** That were read. */
  readonly series: number;
  readonly samples: number;
  /** The most samples and values that were held at once. */
  readonly peak: number;
  /** Samples that each step looks at, where they were counted. */
  readonly steps: Steps | undefined;
}

export interface Steps {
  /** Unix ms. */
  readonly times: Float64Array;
  readonly samples: Float64Array;
}

const DEFAULTS = { lookback: 5 * 60_000, subqueryStep: 60_000 };

export function evaluateInstant(
  query: string,
  expr: Expr,
  at: number,
  source: SampleSource,
  options: Options = {},
): Promise<Result<Answer, QueryError>> {
  return evaluated(query, { start: at, end: at, step: 1 }, source, options, async (evaluation) => {
    const type = typeOf(expr);
    const inner = unwrapped(expr);
    if (inner.kind === "string") return { type: "string", at, value: inner.value };
    if (type === "scalar") return { type, at, value: (await evaluation.scalar(expr))[0]! };
    if (inner.kind === "matrix" || inner.kind === "subquery")
      return { type: "matrix", series: byLabels(await samplesOf(evaluation, inner)) };
    return { type: "vector", series: await pointsOf(evaluation, expr) };
  });
}

/** The error is of kind `parse` when the type of the expression has no place in a range. */
export function evaluateRange(
  query: string,
  expr: Expr,
  times: Times,
  source: SampleSource,
  options: Options = {},
): Promise<Result<Answer, QueryError>> {
  return evaluated(query, times, source, options, async (evaluation) => {
    const type = typeOf(expr);
    if (type !== "scalar" && type !== "vector")
      throw new Failure({
        kind: "parse",
        message: `invalid expression type ${JSON.stringify(type === "matrix" ? "range vector" : type)} for range query, must be Scalar or instant Vector`,
        place: expr,
      });
    if (type === "vector")
      return { type: "matrix", series: byLabels(await pointsOf(evaluation, expr)) };
    const values = await evaluation.scalar(expr);
    const { grid } = evaluation;
    const scalars = { labels: [], times: values.map((_, i) => timeAt(grid, i)), values };
    return { type: "matrix", series: [scalars] };
  });
}

async function evaluated(
  query: string,
  { start, end, step }: Times,
  source: SampleSource,
  options: Options,
  evaluate: (evaluation: Evaluation) => Promise<Value>,
): Promise<Result<Answer, QueryError>> {
  const notes = new Notes(query);
  const spent = new Spent(options.isOver ?? (() => false), options.pace, options.memory);
  const run: Run = { ...DEFAULTS, ...options, source, notes, start, end, spent };
  try {
    const grid: Grid = { start, step, count: Math.floor((end - start) / step) + 1 };
    if (grid.count - 1 > LIMITS.pointsPerSeries)
      failLimit(
        "pointsPerSeries",
        `exceeded maximum resolution of ${LIMITS.pointsPerSeries} points per timeseries. Try decreasing the query resolution (?step=XX)`,
      );
    const seen = options.countsSteps === true ? new Float64Array(grid.count) : undefined;
    const value = await evaluate(new Evaluator(run, grid, seen));
    const { samples, series, peak } = spent;
    const steps = seen && { times: seen.map((_, i) => timeAt(grid, i)), samples: seen };
    const stats = { series, samples, peak, steps };
    return ok({ value, warnings: notes.warnings, infos: notes.infos, stats });
  } catch (thrown) {
    if (thrown instanceof Failure) return err(thrown.failure);
    if (!(thrown instanceof StartOver)) throw thrown;
  } finally {
    spent.rest();
  }
  spent.clear();
  return evaluated(query, { start, end, step }, source, options, evaluate);
}

/** The points that an expression has at the steps. */
async function pointsOf(evaluation: Evaluation, expr: Expr): Promise<Points[]> {
  const { grid } = evaluation;
  const series: Points[] = [];
  const seen = new Set<string>();
  await evaluation.stream(expr, (labels, values, has) => {
    if (!hasAny(has)) return;
    const key = keyOf(labels);
    if (seen.has(key)) failSameLabels();
    seen.add(key);
    evaluation.hold(2);
    let size = 0;
    for (const one of has) size += one;
    const points = { labels, times: new Float64Array(size), values: new Float64Array(size) };
    let next = 0;
    for (let i = 0; i < has.length; i++) {
      if (has[i] === 0) continue;
      points.times[next] = timeAt(grid, i);
      points.values[next++] = values[i]!;
    }
    series.push(points);
  });
  return series;
}

/** The samples of a range selector, or of a subquery, as they are. */
async function samplesOf(
  evaluation: Evaluation,
  expr: MatrixSelector | Subquery,
): Promise<Points[]> {
  const series: Points[] = [];
  const { last } = spanOf(evaluation, expr.kind === "matrix" ? expr.selector : expr);
  const span = { from: last - expr.range, to: last };
  const take: TakeSeries = (found) => {
    const size = sizeOf(found);
    // An instant query's column is one value: samples count as so many columns.
    evaluation.hold(2 * size);
    const { labels, buckets } = found;
    // Of a bucket its last point: the one that a selector sees.
    const [times, values] = buckets ? [buckets.lastAt, buckets.last] : [found.times, found.values];
    const given = times.subarray(0, size);
    const [first, end] = [firstAfter(given, span.from), firstAfter(given, span.to)];
    if (evaluation.seen !== undefined) evaluation.seen[0]! += end - first;
    if (first < end)
      series.push({ labels, times: times.slice(first, end), values: values.slice(first, end) });
  };
  if (expr.kind === "subquery") await streamSubquery(evaluation, expr, span, take);
  else await evaluation.select(expr.selector, span, { by: "samples", range: expr.range }, take);
  return series;
}

const byLabels = (series: readonly Points[]): Points[] =>
  [...series].sort((a, b) => compareLabels(a.labels, b.labels));
