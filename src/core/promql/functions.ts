// The one table of functions: arguments, result, body. The check of types, the evaluator and whoever
// lists functions read it. Those that Prometheus calls experimental are not here.

import type { Call, ValueType } from "./ast.ts";
import * as buckets from "./bucket-functions.ts";
import type { BucketBody } from "./bucket-window.ts";
import * as dates from "./dates.ts";
import type { Emit, Evaluation } from "./evaluation.ts";
import { histogramFraction, histogramQuantile } from "./histogram.ts";
import { labelJoin, labelReplace } from "./label-functions.ts";
import * as vectors from "./vector-functions.ts";
import * as windows from "./window-functions.ts";
import type { WindowBody } from "./window.ts";

export type Body =
  /** Each value of the first argument by itself, with the scalars that follow; undefined: none. */
  | {
      readonly over: "values";
      readonly body: (value: number, a?: number, b?: number) => number | undefined;
    }
  | {
      readonly over: "window";
      readonly body: WindowBody;
      /** The same of buckets, or near it; undefined: they do not say it. */
      readonly ofBuckets?: BucketBody;
      /** Whether of whole buckets, too, it is only near what samples give. */
      readonly isApproximate?: true;
      /** Whether the result is a sample of the series, with its name. */
      readonly keepsName?: true;
      /** Whether it depends on the time of the step, and not on the window alone. */
      readonly usesTime?: true;
      /** Whether it looks at a few samples of a window, however many there are. */
      readonly isQuick?: true;
      /** Whether it makes no sense of what is no counter. */
      readonly isCounter?: true;
      /** Whether its scalar is a quantile. */
      readonly isQuantile?: true;
    }
  | {
      readonly over: "scalar";
      readonly body: (evaluation: Evaluation, call: Call) => Promise<Float64Array>;
    }
  | {
      readonly over: "vector";
      readonly body: (evaluation: Evaluation, call: Call, emit: Emit) => Promise<void>;
    };

export interface PromFunction {
  readonly args: readonly ValueType[];
  /** 1: the last argument may be left out. -1: it may also come again and again. 0: neither. */
  readonly optional: 0 | 1 | -1;
  readonly result: "scalar" | "vector";
  readonly body: Body;
}

const values = (
  body: (value: number, a?: number, b?: number) => number | undefined,
  scalars = 0,
  optional: 0 | 1 = 0,
): PromFunction => ({
  args: ["vector", ...Array<ValueType>(scalars).fill("scalar")],
  optional,
  result: "vector",
  body: { over: "values", body },
});

type WindowOptions = Omit<Extract<Body, { over: "window" }>, "over" | "body">;

const window = (
  body: WindowBody,
  options: WindowOptions = {},
  args: readonly ValueType[] = ["matrix"],
): PromFunction => ({
  args,
  optional: 0,
  result: "vector",
  body: { over: "window", body, ...options },
});

const scalar = (
  body: Extract<Body, { over: "scalar" }>["body"],
  ...args: ValueType[]
): PromFunction => ({ args, optional: 0, result: "scalar", body: { over: "scalar", body } });

const vector = (
  body: Extract<Body, { over: "vector" }>["body"],
  args: readonly ValueType[],
  optional: 0 | -1 = 0,
): PromFunction => ({ args, optional, result: "vector", body: { over: "vector", body } });

const date = (part: (seconds: number) => number): PromFunction => values(part, 0, 1);

function clamp(value: number, least = -Infinity, most = Infinity): number | undefined {
  return most < least ? undefined : Math.max(least, Math.min(most, value));
}

function round(value: number, to = 1): number {
  const inverse = 1 / to;
  return Math.floor(value * inverse + 0.5) / inverse;
}

const FUNCTIONS: Readonly<Record<string, PromFunction>> = {
  abs: values(Math.abs),
  absent: vector(vectors.absent, ["vector"]),
  absent_over_time: vector(vectors.absentOverTime, ["matrix"]),
  acos: values(Math.acos),
  acosh: values(Math.acosh),
  asin: values(Math.asin),
  asinh: values(Math.asinh),
  atan: values(Math.atan),
  atanh: values(Math.atanh),
  avg_over_time: window(windows.avgOverTime, { ofBuckets: buckets.avgOverTime }),
  ceil: values(Math.ceil),
  changes: window(windows.changes),
  clamp: values(clamp, 2),
  clamp_max: values((value, most) => clamp(value, -Infinity, most), 1),
  clamp_min: values((value, least) => clamp(value, least), 1),
  cos: values(Math.cos),
  cosh: values(Math.cosh),
  count_over_time: window(windows.countOverTime, {
    ofBuckets: buckets.countOverTime,
    isQuick: true,
  }),
  day_of_month: date(dates.dayOfMonth),
  day_of_week: date(dates.dayOfWeek),
  day_of_year: date(dates.dayOfYear),
  days_in_month: date(dates.daysInMonth),
  deg: values((value) => (value * 180) / Math.PI),
  delta: window(windows.delta, { ofBuckets: buckets.delta, isQuick: true }),
  deriv: window(windows.deriv),
  exp: values(Math.exp),
  first_over_time: window(windows.firstOverTime, {
    ofBuckets: buckets.firstOverTime,
    keepsName: true,
    isQuick: true,
  }),
  floor: values(Math.floor),
  histogram_fraction: vector(histogramFraction, ["scalar", "scalar", "vector"]),
  histogram_quantile: vector(histogramQuantile, ["scalar", "vector"]),
  hour: date(dates.hour),
  idelta: window(windows.idelta, { isQuick: true }),
  increase: window(windows.increase, {
    ofBuckets: buckets.increase,
    isCounter: true,
    isQuick: true,
  }),
  irate: window(windows.irate, { ofBuckets: buckets.rate, isApproximate: true, isQuick: true }),
  label_join: vector(labelJoin, ["vector", "string", "string", "string"], -1),
  label_replace: vector(labelReplace, ["vector", "string", "string", "string", "string"]),
  last_over_time: window(windows.lastOverTime, {
    ofBuckets: buckets.lastOverTime,
    keepsName: true,
    isQuick: true,
  }),
  ln: values(Math.log),
  log10: values(Math.log10),
  log2: values(Math.log2),
  max_over_time: window(windows.maxOverTime, { ofBuckets: buckets.maxOverTime }),
  min_over_time: window(windows.minOverTime, { ofBuckets: buckets.minOverTime }),
  minute: date(dates.minute),
  month: date(dates.month),
  pi: scalar(vectors.pi),
  predict_linear: window(windows.predictLinear, { usesTime: true }, ["matrix", "scalar"]),
  present_over_time: window(windows.presentOverTime, {
    ofBuckets: buckets.presentOverTime,
    isQuick: true,
  }),
  quantile_over_time: window(windows.quantileOverTime, { isQuantile: true }, ["scalar", "matrix"]),
  rad: values((value) => (value * Math.PI) / 180),
  rate: window(windows.rate, { ofBuckets: buckets.rate, isCounter: true, isQuick: true }),
  resets: window(windows.resets),
  round: values(round, 1, 1),
  scalar: scalar(vectors.scalar, "vector"),
  sgn: values(Math.sign),
  sin: values(Math.sin),
  sinh: values(Math.sinh),
  sort: vector(vectors.sorter(false), ["vector"]),
  sort_desc: vector(vectors.sorter(true), ["vector"]),
  sqrt: values(Math.sqrt),
  stddev_over_time: window(windows.stddevOverTime),
  stdvar_over_time: window(windows.stdvarOverTime),
  sum_over_time: window(windows.sumOverTime, { ofBuckets: buckets.sumOverTime }),
  tan: values(Math.tan),
  tanh: values(Math.tanh),
  time: scalar(vectors.time),
  timestamp: vector(vectors.timestamp, ["vector"]),
  vector: vector(vectors.vector, ["scalar"]),
  year: date(dates.year),
};

export const FUNCTION_NAMES: readonly string[] = Object.keys(FUNCTIONS);

export const functionOf = (name: string): PromFunction | undefined =>
  Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;

/** Functions of native histograms alone. */
const NATIVE: ReadonlySet<string> = new Set(
  ["avg", "count", "stddev", "stdvar", "sum"].map((what) => `histogram_${what}`),
);

export const isNative = (name: string): boolean => NATIVE.has(name);
