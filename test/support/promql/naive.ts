// PromQL as one would write it down first: every step by itself, all samples looked through each time,
// answers as maps. What the evaluator in columns is compared with. It shares the parser and nothing else.

import type { Binary, Call, Expr, Selector } from "../../../src/core/promql/ast.ts";
import { compareLabels } from "../../../src/core/promql/labels.ts";
import { parseQuery } from "../../../src/core/promql/parse.ts";
import { compileMatchers, Work } from "../../../src/core/query/matcher.ts";
import type { Memory } from "./memory.ts";

type Pairs = Readonly<Record<string, string>>;
interface Entry {
  readonly labels: Pairs;
  readonly value: number;
}
/** By the text of their labels. */
export type Vector = Map<string, Entry>;
type Sample = readonly [at: number, value: number];

export class NaiveFailure extends Error {}

const LOOKBACK = 300_000;
const keyOf = (labels: Pairs): string =>
  JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));

const pick = (labels: Pairs, keep: (name: string) => boolean): Pairs =>
  Object.fromEntries(Object.entries(labels).filter(([name]) => keep(name)));
const nameless = (labels: Pairs): Pairs => pick(labels, (name) => name !== "__name__");

function vectorOf(entries: Iterable<Entry>): Vector {
  const vector: Vector = new Map();
  for (const entry of entries) {
    const key = keyOf(entry.labels);
    if (vector.has(key)) throw new NaiveFailure("the same labels twice");
    vector.set(key, entry);
  }
  return vector;
}

export interface NaiveOptions {
  readonly lookback?: number;
  /**
   * Put on each value that was rounded, by which another evaluator may have other last digits: what
   * becomes of the answer then tells how far the two may differ. Equal values stay equal.
   */
  readonly shake?: (value: number) => number;
}

export class Naive {
  readonly #memory: Memory;
  readonly #start: number;
  readonly #end: number;
  readonly #lookback: number;
  readonly #shake: (value: number) => number;

  constructor(
    memory: Memory,
    start: number,
    end: number,
    { lookback = LOOKBACK, shake = (value) => value }: NaiveOptions = {},
  ) {
    this.#memory = memory;
    this.#start = start;
    this.#end = end;
    this.#lookback = lookback;
    this.#shake = shake;
  }

  scalar(expr: Expr, at: number): number {
    switch (expr.kind) {
      case "number":
        return expr.value;
      case "paren":
        return this.scalar(expr.expr, at);
      case "unary":
        return (expr.negative ? -1 : 1) * this.scalar(expr.expr, at);
      case "binary": {
        const value = combine(expr, this.scalar(expr.left, at), this.scalar(expr.right, at));
        return typeof value === "boolean" ? Number(value) : value;
      }
      case "call":
        if (expr.name === "time") return at / 1_000;
        if (expr.name === "scalar") {
          const only = [...this.vector(expr.args[0]!, at).values()];
          return only.length === 1 ? only[0]!.value : NaN;
        }
    }
    throw new Error(`no scalar: ${expr.kind}`);
  }

  vector(expr: Expr, at: number): Vector {
    switch (expr.kind) {
      case "paren":
        return this.vector(expr.expr, at);
      case "selector":
        return this.#instant(expr, at);
      case "unary":
        if (!expr.negative) return this.vector(expr.expr, at);
        return vectorOf(
          [...this.vector(expr.expr, at).values()].map(({ labels, value }) => ({
            labels: nameless(labels),
            value: -value,
          })),
        );
      case "binary":
        return this.#binary(expr, at);
      case "aggregate":
        return this.#aggregate(expr, at);
      case "call":
        return this.#call(expr, at);
      default:
        throw new Error(`no vector: ${expr.kind}`);
    }
  }

  #time({ offset, at }: Pick<Selector, "offset" | "at">, step: number): number {
    const time = at === "start" ? this.#start : at === "end" ? this.#end : (at ?? step);
    return time - offset;
  }

  #matching(selector: Selector): { labels: Pairs; samples: Sample[]; ends: readonly number[] }[] {
    const matchers = compileMatchers(selector.matchers);
    if (!matchers.ok) throw new Error("bad matchers");
    return [...this.#memory.series]
      .filter(({ labels }) => new Work().matches(matchers.value, labels))
      .map(({ labels, times, values, ends }) => ({
        labels: Object.fromEntries(labels),
        samples: times.map((time, i): Sample => [time, values[i]!]),
        ends,
      }));
  }

  #instant(selector: Selector, step: number): Vector {
    const at = this.#time(selector, step);
    return vectorOf(
      this.#matching(selector).flatMap(({ labels, samples, ends }) => {
        const last = samples.findLast(([time]) => time <= at);
        if (last === undefined || last[0] <= at - this.#lookback) return [];
        if (ends.some((end) => end > last[0] && end <= at)) return [];
        return [{ labels, value: last[1] }];
      }),
    );
  }

  /** The samples of a range vector at a step, and its bounds. */
  #ranges(
    expr: Expr,
    step: number,
  ): { labels: Pairs; samples: Sample[]; from: number; to: number }[] {
    if (expr.kind === "paren") return this.#ranges(expr.expr, step);
    if (expr.kind === "matrix") {
      const to = this.#time(expr.selector, step);
      const from = to - expr.range;
      return this.#matching(expr.selector).map(({ labels, samples }) => ({
        labels,
        samples: samples.filter(([time]) => time > from && time <= to),
        from,
        to,
      }));
    }
    if (expr.kind !== "subquery") throw new Error(`no range: ${expr.kind}`);
    const to = this.#time(expr, step);
    const from = to - expr.range;
    const each = expr.step ?? 60_000;
    const found = new Map<string, { labels: Pairs; samples: Sample[]; from: number; to: number }>();
    for (let at = Math.ceil(from / each) * each; at <= to; at += each) {
      if (at <= from) continue;
      for (const [key, { labels, value }] of this.vector(expr.expr, at)) {
        if (!found.has(key)) found.set(key, { labels, samples: [], from, to });
        found.get(key)!.samples.push([at, value]);
      }
    }
    return [...found.values()];
  }

  #call(call: Call, at: number): Vector {
    const [first, second] = call.args;
    if (call.name === "vector") return vectorOf([{ labels: {}, value: this.scalar(first!, at) }]);
    if (call.name === "absent")
      return this.vector(first!, at).size > 0 ? new Map() : vectorOf([{ labels: {}, value: 1 }]);
    const overRange = RANGES[call.name];
    if (overRange !== undefined) {
      const [range, param] =
        call.name === "quantile_over_time" ? [second!, first!] : [first!, second];
      const scalar = param === undefined ? NaN : this.scalar(param, at);
      return vectorOf(
        this.#ranges(range, at).flatMap(({ labels, samples, from, to }) => {
          if (samples.length === 0) return [];
          const found = overRange(samples, from, to, scalar, at);
          if (found === undefined) return [];
          const value = UNROUNDED.has(call.name) ? found : this.#shake(found);
          const kept = call.name === "last_over_time" || call.name === "first_over_time";
          return [{ labels: kept ? labels : nameless(labels), value }];
        }),
      );
    }
    const each = VALUES[call.name]!;
    const scalars = call.args.slice(1).map((arg) => this.scalar(arg, at));
    return vectorOf(
      [...this.vector(first!, at).values()].map(({ labels, value }) => ({
        labels: nameless(labels),
        value: each(value, ...scalars),
      })),
    );
  }

  #aggregate(expr: Extract<Expr, { kind: "aggregate" }>, at: number): Vector {
    const { without, labels: names } = expr.grouping;
    const groups = new Map<string, { labels: Pairs; entries: Entry[] }>();
    const param = expr.param && this.scalar(expr.param, at);
    for (const entry of this.vector(expr.expr, at).values()) {
      const labels = pick(entry.labels, (name) =>
        without ? !names.includes(name) && name !== "__name__" : names.includes(name),
      );
      const key = keyOf(labels);
      if (!groups.has(key)) groups.set(key, { labels, entries: [] });
      groups.get(key)!.entries.push(entry);
    }
    return vectorOf(
      [...groups.values()].flatMap(({ labels, entries }) => {
        if (expr.op === "topk" || expr.op === "bottomk")
          return entries
            .toSorted(
              (a, b) =>
                (expr.op === "topk" ? b.value - a.value : a.value - b.value) ||
                compareLabels(inOrder(a.labels), inOrder(b.labels)),
            )
            .slice(0, Math.max(0, Math.trunc(param!)));
        const values = entries.map(({ value }) => value);
        const value = AGGREGATES[expr.op]!(values, param ?? NaN);
        return [{ labels, value: UNROUNDED.has(expr.op) ? value : this.#shake(value) }];
      }),
    );
  }

  #binary(expr: Binary, at: number): Vector {
    const sides = [expr.left, expr.right].map((side) =>
      isScalar(side) ? this.scalar(side, at) : this.vector(side, at),
    );
    const [left, right] = sides as [number | Vector, number | Vector];
    const drop = expr.bool || !COMPARES.has(expr.op);
    if (typeof left === "number" || typeof right === "number") {
      const vector = (typeof left === "number" ? right : left) as Vector;
      return vectorOf(
        [...vector.values()].flatMap(({ labels, value }) => {
          const result = combine(
            expr,
            typeof left === "number" ? left : value,
            typeof right === "number" ? right : value,
          );
          const kept = drop ? nameless(labels) : labels;
          if (typeof result === "number") return [{ labels: kept, value: this.#shake(result) }];
          if (expr.bool) return [{ labels: kept, value: Number(result) }];
          return result ? [{ labels: kept, value }] : [];
        }),
      );
    }
    return this.#vectors(expr, left, right);
  }

  #vectors(expr: Binary, left: Vector, right: Vector): Vector {
    const { on, labels: names, many, include } = expr.matching;
    const signature = (labels: Pairs): string =>
      keyOf(
        pick(labels, (name) =>
          on ? names.includes(name) : !names.includes(name) && name !== "__name__",
        ),
      );
    const has = (vector: Vector, labels: Pairs): boolean =>
      [...vector.values()].some((one) => signature(one.labels) === signature(labels));
    if (expr.op === "and" || expr.op === "unless")
      return vectorOf(
        [...left.values()].filter(({ labels }) => has(right, labels) === (expr.op === "and")),
      );
    if (expr.op === "or")
      return vectorOf([
        ...left.values(),
        ...[...right.values()].filter(({ labels }) => !has(left, labels)),
      ]);
    if (left.size === 0 || right.size === 0) return new Map();
    const [manySide, oneSide] = many === "right" ? [right, left] : [left, right];
    const ones = new Map<string, Entry>();
    for (const one of oneSide.values()) {
      if (ones.has(signature(one.labels))) throw new NaiveFailure("duplicate series");
      ones.set(signature(one.labels), one);
    }
    const made = new Set<string>();
    const drop = expr.bool || !COMPARES.has(expr.op);
    return vectorOf(
      [...manySide.values()].flatMap((each) => {
        const sign = signature(each.labels);
        const one = ones.get(sign);
        if (one === undefined) return [];
        let labels = drop ? nameless(each.labels) : each.labels;
        if (many === "none") labels = pick(labels, (name) => names.includes(name) === on);
        const taken = Object.fromEntries(include.map((name) => [name, one.labels[name] ?? ""]));
        labels = pick({ ...labels, ...taken }, (name) => ({ ...labels, ...taken })[name] !== "");
        const mark = many === "none" ? sign : sign + keyOf(labels);
        if (made.has(mark)) throw new NaiveFailure("multiple matches");
        made.add(mark);
        const [a, b] = many === "right" ? [one.value, each.value] : [each.value, one.value];
        const result = combine(expr, a, b);
        if (typeof result === "number") return [{ labels, value: this.#shake(result) }];
        if (expr.bool) return [{ labels, value: Number(result) }];
        return result ? [{ labels, value: a }] : [];
      }),
    );
  }
}

/** Functions and aggregations whose value is one of those they are given, or a count. */
const UNROUNDED = new Set<string>([
  "min",
  "max",
  "count",
  "group",
  "changes",
  "resets",
  ...["min", "max", "count", "present", "last", "first"].map((name) => `${name}_over_time`),
]);

const COMPARES = new Set<string>(["==", "!=", "<", "<=", ">", ">="]);

function isScalar(expr: Expr): boolean {
  switch (expr.kind) {
    case "number":
      return true;
    case "paren":
    case "unary":
      return isScalar(expr.expr);
    case "binary":
      return isScalar(expr.left) && isScalar(expr.right);
    case "call":
      return expr.name === "time" || expr.name === "scalar";
    default:
      return false;
  }
}

function combine({ op }: Binary, a: number, b: number): number | boolean {
  switch (op) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
    case "%":
      return a % b;
    case "==":
      return a === b;
    case "!=":
      return a !== b;
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    case ">=":
      return a >= b;
    default:
      throw new Error(`not asked for: ${op}`);
  }
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const mean = (values: readonly number[]): number => total(values) / values.length;
const variance = (values: readonly number[]): number =>
  mean(values.map((value) => (value - mean(values)) ** 2));

/** NaN counts as the least. */
function quantile(q: number, values: readonly number[]): number {
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  if (Number.isNaN(q)) return NaN;
  const numbers = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const sorted = [...values.filter(Number.isNaN), ...numbers];
  const rank = q * (sorted.length - 1);
  const low = Math.floor(rank);
  const weight = rank - low;
  return sorted[low]! * (1 - weight) + sorted[Math.min(sorted.length - 1, low + 1)]! * weight;
}

/** Of numbers, as long as there are any. */
const extreme =
  (of: (...values: number[]) => number) =>
  (values: readonly number[]): number => {
    const numbers = values.filter((value) => !Number.isNaN(value));
    return numbers.length === 0 ? NaN : of(...numbers);
  };

const AGGREGATES: Readonly<Record<string, (values: readonly number[], param: number) => number>> = {
  sum: total,
  avg: mean,
  min: extreme(Math.min),
  max: extreme(Math.max),
  count: (values) => values.length,
  group: () => 1,
  stdvar: variance,
  stddev: (values) => Math.sqrt(variance(values)),
  quantile: (values, q) => quantile(q, values),
};

const VALUES: Readonly<Record<string, (value: number, ...scalars: number[]) => number>> = {
  abs: Math.abs,
  ceil: Math.ceil,
  sgn: Math.sign,
  clamp_min: (value, least) => Math.max(value, least!),
};

type OverRange = (
  samples: readonly Sample[],
  from: number,
  to: number,
  param: number,
  at: number,
) => number | undefined;

const valuesOf = (samples: readonly Sample[]): number[] => samples.map(([, value]) => value);
const pairs = (samples: readonly Sample[]): [number, number][] =>
  samples.slice(1).map(([, value], i) => [samples[i]![1], value]);

const rise =
  (counter: boolean, perSecond: boolean): OverRange =>
  (samples, from, to) => {
    if (samples.length < 2) return undefined;
    const first = samples[0]!;
    const last = samples.at(-1)!;
    // What is no number between the two counts for nothing.
    const lost = pairs(samples).map(([a, b]) => (counter && b < a ? a : 0));
    const sum = total([last[1], -first[1], ...lost]);
    const seen = last[0] - first[0];
    const gap = seen / (samples.length - 1);
    let before = first[0] - from;
    let after = to - last[0];
    if (before >= 1.1 * gap) before = gap / 2;
    if (after >= 1.1 * gap) after = gap / 2;
    if (counter && sum > 0 && first[1] >= 0) before = Math.min(before, (seen * first[1]) / sum);
    const whole = (sum * (seen + before + after)) / seen;
    return perSecond ? whole / ((to - from) / 1_000) : whole;
  };

const RANGES: Readonly<Record<string, OverRange>> = {
  sum_over_time: (samples) => total(valuesOf(samples)),
  avg_over_time: (samples) => mean(valuesOf(samples)),
  min_over_time: (samples) => extreme(Math.min)(valuesOf(samples)),
  max_over_time: (samples) => extreme(Math.max)(valuesOf(samples)),
  count_over_time: (samples) => samples.length,
  present_over_time: () => 1,
  last_over_time: (samples) => samples.at(-1)![1],
  first_over_time: (samples) => samples[0]![1],
  stdvar_over_time: (samples) => variance(valuesOf(samples)),
  quantile_over_time: (samples, _, __, q) => quantile(q, valuesOf(samples)),
  changes: (samples) =>
    pairs(samples).filter(([a, b]) => !(a === b || (Number.isNaN(a) && Number.isNaN(b)))).length,
  resets: (samples) => pairs(samples).filter(([a, b]) => b < a).length,
  rate: rise(true, true),
  increase: rise(true, false),
  delta: rise(false, false),
  irate: (samples) => {
    const [before, last] = samples.slice(-2);
    if (before === undefined || last === undefined) return undefined;
    const rose = last[1] < before[1] ? last[1] : last[1] - before[1];
    return rose / ((last[0] - before[0]) / 1_000);
  },
  idelta: (samples) =>
    samples.length < 2
      ? undefined
      : total(
          pairs(samples)
            .at(-1)!
            .map((v, i) => (i === 0 ? -v : v)),
        ),
  predict_linear: (samples, _, __, ahead, at) => {
    if (samples.length < 2) return undefined;
    const x = samples.map(([time]) => (time - at) / 1_000);
    const y = valuesOf(samples);
    const [mx, my] = [mean(x), mean(y)];
    const slope =
      total(x.map((one, i) => (one - mx) * (y[i]! - my))) / total(x.map((one) => (one - mx) ** 2));
    return my + slope * (ahead - mx);
  },
};

/** The values of a query at start, start + step, … end: by "time labels". */
export function naiveRange(
  memory: Memory,
  query: string,
  { start, end, step }: { readonly start: number; readonly end: number; readonly step: number },
  lookback?: number,
): Map<string, number> {
  const parsed = parseQuery(query);
  if (!parsed.ok) throw new Error(`${query}: ${parsed.error.kind}`);
  const naive = new Naive(memory, start, end, lookback === undefined ? {} : { lookback });
  const values = new Map<string, number>();
  for (let at = start; at <= end; at += step)
    for (const [key, { value }] of naive.vector(parsed.value, at))
      values.set(`${at} ${key}`, value);
  return values;
}

const inOrder = (labels: Readonly<Record<string, string>>): [string, string][] =>
  Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
