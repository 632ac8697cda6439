// Samples under a window that moves over a series, from step to step, for functions over ranges. Windows are
// left-open, (to − range, to], as in Prometheus 3. Series may come as buckets: see bucket-window.ts.

import type { Call, MatrixSelector, Subquery } from "./ast.ts";
import { type BucketBody, BucketRows, wholeRange } from "./bucket-window.ts";
import { newColumn, spanOf, timeAt, type Emit, type Evaluation } from "./evaluation.ts";
import { Edges } from "./edges.ts";
import type { BucketSeries, SampleSeries, TakeSeries } from "./source.ts";
import { LOOKS_AT_ONCE } from "./spent.ts";
import { failLimit } from "./error.ts";
import * as LIMITS from "../limits.ts";

/** One object for all windows of a series: a body must not keep it. */
export interface Window {
  times: Float64Array;
  values: Float64Array;
  /** Of a counter that was reset: what it had lost by each sample, since its first. Else empty. */
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

/** What a function makes of windows, see functions.ts. */
interface WindowFunction {
  readonly body: WindowBody;
  readonly ofBuckets?: BucketBody;
  readonly usesTime?: true;
  readonly isCounter?: true;
  readonly isQuick?: true;
}

/** Hands on what a function makes of the windows of each series. */
export async function streamWindows(
  evaluation: Evaluation,
  call: Call,
  over: MatrixSelector | Subquery,
  body: WindowFunction,
  params: Float64Array | undefined,
  emit: Emit,
): Promise<void> {
  const { grid, seen } = evaluation;
  const { offset } = over.kind === "matrix" ? over.selector : over;
  const { first, last, fixed } = spanOf(evaluation, over.kind === "matrix" ? over.selector : over);
  const { values, has } = newColumn([], grid.count);
  const window = newWindow();
  const edges = new Edges(grid, { to: first, isFixed: fixed, range: over.range });
  // One window and one parameter for all steps have one value.
  const once = fixed && body.usesTime !== true && (params === undefined || isConstant(params));
  const take: TakeSeries = async (series) => {
    const windows =
      series.buckets === undefined
        ? new SampleWindows(series, { range: over.range, edges }, body, window)
        : new BucketWindows(series, over.range, body.ofBuckets);
    let any = false;
    await evaluation.work(grid.count + sizeOf(series));
    for (let i = 0; i < grid.count; i++) {
      if (once && i > 0) {
        has[i] = has[0]!;
        values[i] = values[0]!;
        if (seen !== undefined) seen[i]! += windows.size;
        continue;
      }
      const at = timeAt(grid, i);
      const value = windows.valueAt(i, fixed ? first : at - offset, at, params?.[i] ?? NaN);
      if (seen !== undefined) seen[i]! += windows.size;
      if (windows.looks > LOOKS_AT_ONCE) {
        await evaluation.work(windows.looks);
        windows.looks = 0;
      }
      has[i] = value === undefined ? 0 : 1;
      if (value === undefined) continue;
      values[i] = value;
      any = true;
    }
    await evaluation.work(windows.looks);
    if (any) await emit(series.labels, values, has);
  };
  const span = { from: first - over.range, to: last };
  if (over.kind === "subquery") return streamSubquery(evaluation, over, span, take);
  const use = { by: { call: call.name }, range: over.range };
  return evaluation.select(over.selector, span, use, take);
}

/** The windows of one series, of which each ends no earlier than the one before. */
interface Windows {
  /** Samples or buckets looked at. */
  looks: number;
  /** Samples or buckets of the window of the last value. */
  readonly size: number;
  /** The value of the window that ends at `to`, at a step at `at`, Unix ms. */
  valueAt(step: number, to: number, at: number, param: number): number | undefined;
}

interface Span {
  /** ms. */
  readonly range: number;
  readonly edges: Edges;
}

class SampleWindows implements Windows {
  looks = 0;
  readonly #body: WindowFunction;
  readonly #range: number;
  readonly #keptFrom: number;
  readonly #window: Window;
  readonly #edges: Edges;

  constructor(
    { times, values, keptFrom = -Infinity }: SampleSeries,
    { range, edges }: Span,
    body: WindowFunction,
    window: Window,
  ) {
    this.#body = body;
    this.#range = range;
    this.#keptFrom = keptFrom;
    this.#window = window;
    window.times = times;
    window.values = values;
    window.lost = body.isCounter === true ? lostAtResets(values) : NONE;
    window.first = window.end = 0;
    edges.find(times);
    this.#edges = edges;
  }

  get size(): number {
    return this.#window.end - this.#window.first;
  }

  valueAt(step: number, to: number, at: number, param: number): number | undefined {
    const window = this.#window;
    window.at = at;
    window.to = to;
    window.from = to - this.#range;
    window.first = this.#edges.first[step]!;
    window.end = this.#edges.end[step]!;
    if (window.first >= window.end || window.from + 1 < this.#keptFrom) return undefined;
    this.looks += this.#body.isQuick === true ? 1 : window.end - window.first;
    window.param = param;
    return this.#body.body(window);
  }
}

class BucketWindows implements Windows {
  looks = 0;
  readonly #body: BucketBody;
  readonly #range: number;
  readonly #rows: BucketRows;

  constructor(series: BucketSeries, range: number, body: BucketBody | undefined) {
    if (body === undefined) throw new TypeError("buckets for a function that has no use for them");
    this.#body = body;
    this.#range = range;
    this.#rows = new BucketRows(series, wholeRange(range, series.width));
  }

  get size(): number {
    return this.#rows.size;
  }

  valueAt(_: number, to: number): number | undefined {
    if (!this.#rows.moveTo(to)) return undefined;
    this.looks += this.#rows.size;
    return this.#body(this.#rows.window(to, this.#range));
  }
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
      ends: NONE,
    };
    return take(series);
  });
}

const NONE = new Float64Array(0);

/** Samples or buckets of a series. */
export const sizeOf = (series: SampleSeries | BucketSeries): number =>
  series.buckets === undefined ? series.times.length : series.buckets.length;

/** Sums of what a counter had before each reset: once a series, and not once a window. Empty: it had none. */
function lostAtResets(values: Float64Array): Float64Array {
  let reset = 1;
  while (reset < values.length && !(values[reset]! < values[reset - 1]!)) reset++;
  if (reset >= values.length) return NONE;
  const lost = new Float64Array(values.length);
  let sum = 0;
  for (let i = reset; i < values.length; i++) {
    if (values[i]! < values[i - 1]!) sum += values[i - 1]!;
    lost[i] = sum;
  }
  return lost;
}

const newWindow = (): Window => ({
  times: NONE,
  values: NONE,
  lost: NONE,
  first: 0,
  end: 0,
  from: 0,
  to: 0,
  at: 0,
  param: NaN,
});

const isConstant = (values: Float64Array): boolean =>
  values.every((value) => Object.is(value, values[0]));
