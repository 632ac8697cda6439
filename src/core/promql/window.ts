// Samples under a window that moves over a series, from step to step: instant selectors, and functions
// over ranges. Windows are left-open, (to − range, to], as in Prometheus 3.

import type { Call, MatrixSelector, Selector, Subquery } from "./ast.ts";
import { newColumn, spanOf, timeAt, type Emit, type Evaluation } from "./evaluation.ts";
import type { SampleSeries, TakeSeries } from "./source.ts";
import { failLimit } from "./error.ts";
import * as LIMITS from "../limits.ts";

/** One object for all windows of a series: a body must not keep it. */
export interface Window {
  times: Float64Array;
  values: Float64Array;
  /** Of a counter: what it had lost at resets by each sample, since its first. Else empty. */
  lost: Float64Array;
  /** Samples [first, end) are in the window; there is one at least. */
  first: number;
  end: number;
  /** Unix ms: the window is (from, to]. */
  from: number;
  to: number;
  /** The time of the step, Unix ms. */
  at: number;
  /** The scalar argument. */
  param: number;
}

/** The value of a window; undefined: none. */
export type WindowBody = (window: Window) => number | undefined;

/** Hands on the latest value of each series at each step, or its time in seconds. */
export async function streamInstant(
  evaluation: Evaluation,
  selector: Selector,
  what: "value" | "time",
  emit: Emit,
): Promise<void> {
  const { grid, lookback } = evaluation;
  const { first, last, fixed } = spanOf(evaluation, selector);
  const { values, has } = newColumn([], grid.count);
  const use = { name: undefined, range: lookback };
  await evaluation.select(selector, { from: first - lookback, to: last }, use, (series) => {
    const { times, ends } = series;
    evaluation.work(grid.count + times.length);
    let [next, nextEnd, any] = [0, 0, false];
    for (let i = 0; i < grid.count; i++) {
      if (fixed && i > 0) {
        has[i] = has[0]!;
        values[i] = values[0]!;
        continue;
      }
      const to = fixed ? first : timeAt(grid, i) - selector.offset;
      while (next < times.length && times[next]! <= to) next++;
      while (nextEnd < ends.length && ends[nextEnd]! <= to) nextEnd++;
      const at = next > 0 ? times[next - 1]! : -Infinity;
      const ended = nextEnd > 0 && ends[nextEnd - 1]! > at;
      if (at > to - lookback && !ended) {
        has[i] = 1;
        values[i] = what === "value" ? series.values[next - 1]! : at / 1_000;
        any = true;
      } else has[i] = 0;
    }
    if (any) emit(series.labels, values, has);
  });
}

/** Looks after which it is asked whether there were too many: a series may have a day's work. */
const LOOKS_AT_ONCE = 1_000_000;

/** Hands on what a function makes of the windows of each series. */
export async function streamWindows(
  evaluation: Evaluation,
  call: Call,
  over: MatrixSelector | Subquery,
  body: {
    readonly body: WindowBody;
    readonly usesTime?: true;
    readonly isCounter?: true;
    readonly isQuick?: true;
  },
  params: Float64Array | undefined,
  emit: Emit,
): Promise<void> {
  const { grid } = evaluation;
  const { offset } = over.kind === "matrix" ? over.selector : over;
  const { first, last, fixed } = spanOf(evaluation, over.kind === "matrix" ? over.selector : over);
  const { values, has } = newColumn([], grid.count);
  const window = newWindow();
  // One window and one parameter for all steps have one value.
  const once = fixed && body.usesTime !== true && (params === undefined || isConstant(params));
  const take: TakeSeries = (series) => {
    const { times } = series;
    window.times = times;
    window.values = series.values;
    if (body.isCounter === true) window.lost = lostAtResets(series.values, window.lost);
    window.first = window.end = 0;
    let any = false;
    evaluation.work(grid.count + times.length);
    let looks = 0;
    for (let i = 0; i < grid.count; i++) {
      if (once && i > 0) {
        has[i] = has[0]!;
        values[i] = values[0]!;
        continue;
      }
      window.at = timeAt(grid, i);
      window.to = fixed ? first : window.at - offset;
      window.from = window.to - over.range;
      while (window.end < times.length && times[window.end]! <= window.to) window.end++;
      while (window.first < times.length && times[window.first]! <= window.from) window.first++;
      has[i] = 0;
      if (window.first >= window.end) continue;
      looks += body.isQuick === true ? 1 : window.end - window.first;
      if (looks > LOOKS_AT_ONCE) {
        evaluation.work(looks);
        looks = 0;
      }
      if (params !== undefined) window.param = params[i]!;
      const value = body.body(window);
      if (value === undefined) continue;
      has[i] = 1;
      values[i] = value;
      any = true;
    }
    evaluation.work(looks);
    if (any) emit(series.labels, values, has);
  };
  const span = { from: first - over.range, to: last };
  if (over.kind === "matrix")
    return evaluation.select(over.selector, span, { name: call.name, range: over.range }, take);
  return streamSubquery(evaluation, over, span, take);
}

/** Hands on what an expression has at the times of a subquery, as if they were samples. */
export async function streamSubquery(
  evaluation: Evaluation,
  subquery: Subquery,
  { from, to }: { readonly from: number; readonly to: number },
  take: TakeSeries,
): Promise<void> {
  const step = subquery.step ?? evaluation.subqueryStep;
  // The first multiple of the step after `from`.
  const start = (Math.floor(from / step) + 1) * step;
  const count = Math.floor((to - start) / step) + 1;
  if (count <= 0) return;
  if (count > LIMITS.subqueryPoints)
    failLimit(
      "subqueryPoints",
      `a subquery of ${count} points a series has more than ${LIMITS.subqueryPoints}: give it a larger step`,
    );
  const times = new Float64Array(count);
  const values = new Float64Array(count);
  const inner = evaluation.at({ start, step, count });
  await inner.stream(subquery.expr, (labels, column, has) => {
    let size = 0;
    for (let i = 0; i < count; i++) {
      if (has[i] === 0) continue;
      times[size] = start + i * step;
      values[size++] = column[i]!;
    }
    const series: SampleSeries = {
      labels,
      times: times.subarray(0, size),
      values: values.subarray(0, size),
      ends: NO_ENDS,
    };
    take(series);
  });
}

const NO_ENDS = new Float64Array(0);

/** Sums of what a counter had before each reset: once a series, and not once a window. */
function lostAtResets(values: Float64Array, into: Float64Array): Float64Array {
  const lost = into.length >= values.length ? into : new Float64Array(2 * values.length);
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    if (i > 0 && values[i]! < values[i - 1]!) sum += values[i - 1]!;
    lost[i] = sum;
  }
  return lost;
}

const newWindow = (): Window => ({
  times: NO_ENDS,
  values: NO_ENDS,
  lost: NO_ENDS,
  first: 0,
  end: 0,
  from: 0,
  to: 0,
  at: 0,
  param: NaN,
});

const isConstant = (values: Float64Array): boolean =>
  values.every((value) => Object.is(value, values[0]));
