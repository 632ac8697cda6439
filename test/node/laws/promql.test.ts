// The evaluator in columns answers what a naive one answers, which looks at all samples at each step:
// random samples with gaps, resets and end marks, random expressions, random times.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluateInstant, evaluateRange } from "../../../src/core/promql/evaluate.ts";
import { parseQuery } from "../../../src/core/promql/parse.ts";
import { canonicalLabels } from "../../../src/core/series/labels.ts";
import { Memory } from "../../support/promql/memory.ts";
import { Naive, NaiveFailure, type Vector } from "../../support/promql/naive.ts";

const BASE = 1_700_000_000_000;

const history = fc.array(
  fc.record({
    metric: fc.constantFrom("a_total", "b_total"),
    job: fc.constantFrom("x", "y"),
    host: fc.constantFrom("", "h1", "h2"),
    samples: fc.array(
      fc.record({
        after: fc.constantFrom(1_000, 15_000, 15_003, 30_000, 61_000, 400_000),
        value: fc.oneof(
          fc.integer({ min: -3, max: 20 }),
          fc.double({ min: 0, max: 1e3, noNaN: true }),
        ),
        ends: fc.boolean(),
      }),
      { maxLength: 30 },
    ),
  }),
  { maxLength: 7 },
);

function remembered(series: ReturnType<typeof history.generate>["value"]): Memory {
  const memory = new Memory();
  for (const { metric, job, host, samples } of series) {
    const labels = canonicalLabels([
      ["__name__", metric],
      ["job", job],
      ["host", host],
    ]);
    const { times, values, ends } = memory.of(labels);
    if (times.length > 0) continue;
    let at = BASE;
    for (const sample of samples) {
      at += sample.after;
      times.push(at);
      values.push(sample.value);
      if (sample.ends) ends.push(++at);
    }
  }
  return memory;
}

const number = fc.constantFrom("0", "1", "2.5", "-3", "time()", "1e3", "scalar(a_total)");
const duration = fc.constantFrom("15s", "1m", "90s", "5m", "20m");
const modifiers = fc
  .tuple(
    fc.constantFrom("", "", "", " offset 1m", " offset -30s", " offset 7m"),
    fc.constantFrom("", "", "", " @ start()", " @ end()", " @ 1700000123.5"),
  )
  .map((both) => both.join(""));
const selector = fc.constantFrom(
  "a_total",
  "b_total",
  'a_total{job="x"}',
  '{job="y"}',
  '{__name__=~"a.*|b.*",host!=""}',
);
const overRange = fc.constantFrom(
  ...["sum", "avg", "min", "max", "count", "present", "last", "first", "stdvar"].map(
    (name) => `${name}_over_time`,
  ),
  "changes",
  "resets",
  "rate",
  "increase",
  "delta",
  "idelta",
  "irate",
);
const grouping = fc.constantFrom(
  "",
  "by (job)",
  "by (host, job)",
  "without (host)",
  "by (__name__)",
);
const matching = fc.constantFrom(
  "",
  "on (job)",
  "ignoring (host)",
  "on (job) group_left ()",
  "on (job) group_right (host)",
  "ignoring (host) group_left ()",
);

/**
 * Vectors of which both evaluators have the same doubles to the last digit. Where a difference in it
 * would make another answer (comparisons, ranks, remainders), only these are asked for.
 */
const exact = fc.oneof(
  fc.tuple(selector, modifiers).map((both) => both.join("")),
  fc
    .tuple(fc.constantFrom("min", "max", "count", "last"), selector, duration, modifiers)
    .map(([name, one, range, how]) => `${name}_over_time(${one}[${range}]${how})`),
  fc
    .tuple(fc.constantFrom("changes", "resets"), selector, duration)
    .map(([name, one, range]) => `${name}(${one}[${range}])`),
);

const { vector } = fc.letrec<{ vector: string; range: string }>((tie) => ({
  range: fc.oneof(
    { depthSize: "small" },
    fc.tuple(selector, duration, modifiers).map(([one, range, how]) => `${one}[${range}]${how}`),
    fc
      .tuple(tie("vector"), fc.constantFrom("5m:1m", "2m:17s", "3m:"), modifiers)
      .map(([one, range, how]) => `(${one})[${range}]${how}`),
  ),
  vector: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    exact,
    fc.tuple(overRange, tie("range")).map(([name, range]) => `${name}(${range})`),
    fc.tuple(number, tie("range")).map(([q, range]) => `quantile_over_time(${q}, ${range})`),
    fc.tuple(tie("range"), number).map(([range, ahead]) => `predict_linear(${range}, ${ahead})`),
    fc
      .tuple(
        fc.constantFrom("sum", "avg", "min", "max", "count", "group", "stdvar"),
        grouping,
        tie("vector"),
      )
      .map(([op, by, one]) => `${op} ${by} (${one})`),
    fc
      .tuple(fc.constantFrom("topk", "bottomk"), grouping, fc.constantFrom("0", "1", "2"), exact)
      .map(([op, by, many, one]) => `${op} ${by} (${many}, ${one})`),
    fc.tuple(grouping, tie("vector")).map(([by, one]) => `quantile ${by} (0.3, ${one})`),
    fc
      .tuple(tie("vector"), fc.constantFrom("+", "-", "*"), matching, tie("vector"))
      .map(([left, op, how, right]) => `(${left}) ${op} ${how} (${right})`),
    fc
      .tuple(exact, fc.constantFrom(">", "<= bool", "==", "!="), matching, exact)
      .map(([left, op, how, right]) => `(${left}) ${op} ${how} (${right})`),
    fc
      .tuple(
        tie("vector"),
        fc.constantFrom("and", "or", "unless"),
        fc.constantFrom("", "on (job)", "ignoring (host)"),
        tie("vector"),
      )
      .map(([left, op, how, right]) => `(${left}) ${op} ${how} (${right})`),
    fc
      .tuple(tie("vector"), fc.constantFrom("+", "/"), number)
      .map(([left, op, right]) => `(${left}) ${op} ${right}`),
    fc
      .tuple(exact, fc.constantFrom(">", "< bool", "%"), number)
      .map(([left, op, right]) => `(${left}) ${op} ${right}`),
    fc
      .tuple(number, fc.constantFrom("<=", "== bool"), exact)
      .map(([left, op, right]) => `${left} ${op} (${right})`),
    fc
      .tuple(number, fc.constantFrom("-", "*"), tie("vector"))
      .map(([left, op, right]) => `${left} ${op} (${right})`),
    fc.tuple(fc.constantFrom("-", "abs"), tie("vector")).map(([name, one]) => `${name}(${one})`),
    exact.map((one) => `sgn(${one})`),
    fc.tuple(tie("vector"), number).map(([one, least]) => `clamp_min(${one}, ${least})`),
    number.map((one) => `vector(${one})`),
  ),
}));

const isClose = (a: number, b: number, within: number): boolean =>
  Object.is(a, b) || a === b || Math.abs(a - b) <= within;

/** Another value for each, by its digits: a little more of it, or less. */
const shaken =
  (seed: number) =>
  (value: number): number =>
    value * (1 + 1e-12 * Math.sin(seed * (value % 1_000)));

/**
 * How far the values of a query at a step may move when each that was rounded has other last digits:
 * of a rise between large numbers few digits are left.
 */
function moves(at: (seed: number) => Vector, key: string): number {
  const values = [1, 2, 3, 4, 5].map((seed) => at(seed).get(key)?.value ?? NaN);
  const spread = Math.max(...values) - Math.min(...values);
  return Number.isFinite(spread) ? spread : 0;
}

/** What a line leads to after more than fifty years, where its slope is multiplied by a large number. */
const FAR: [ReturnType<typeof history.generate>["value"], string, number, number, number] = [
  [
    {
      metric: "a_total",
      job: "x",
      host: "",
      samples: [
        { after: 15_000, value: 0, ends: false },
        { after: 30_000, value: 0, ends: false },
        { after: 15_003, value: 0, ends: false },
        { after: 15_003, value: 1, ends: false },
        { after: 1_000, value: 0, ends: false },
      ],
    },
  ],
  "delta((predict_linear(a_total[1m] @ 1700000123.5, time()))[2m:17s])",
  0,
  1_000,
  2,
];

/** A rise over what is no number between the first and the last. */
const NO_NUMBER: typeof FAR = [
  [
    {
      metric: "a_total",
      job: "x",
      host: "",
      samples: [
        { after: 400_000, value: 0, ends: false },
        { after: 400_000, value: 0, ends: false },
      ],
    },
  ],
  "delta((predict_linear((topk  (1, a_total))[5m:1m], scalar(a_total)))[5m:1m])",
  620_000,
  200_000,
  2,
];

function fails(work: () => unknown): boolean {
  try {
    work();
    return false;
  } catch (thrown) {
    if (thrown instanceof NaiveFailure) return true;
    throw thrown;
  }
}

/** It matches several series to one, but only between the windows of its steps. */
const BETWEEN: typeof FAR = [
  [
    { metric: "a_total", job: "x", host: "", samples: [{ after: 1_000, value: 0, ends: false }] },
    {
      metric: "a_total",
      job: "x",
      host: "h1",
      samples: [{ after: 61_000, value: 0, ends: false }],
    },
  ],
  "sum_over_time(((changes(a_total[90s])) + ignoring (host) (changes(a_total[15s])))[2m:17s] offset 7m)",
  208_000,
  200_000,
  3,
];

const textOf = (labels: readonly (readonly [string, string])[]): string => JSON.stringify(labels);

describe("an expression", () => {
  test("has over a range, at each step, what the naive evaluator has, or fails with it", async () => {
    await fc.assert(
      fc.asyncProperty(
        history,
        vector,
        fc.integer({ min: -60_000, max: 900_000 }),
        fc.constantFrom(1_000, 15_000, 60_000, 200_000),
        fc.integer({ min: 1, max: 12 }),
        async (series, query, after, step, count) => {
          const memory = remembered(series);
          const start = BASE + after;
          const end = start + (count - 1) * step;
          const parsed = parseQuery(query);
          if (!parsed.ok) throw new Error(`${query}: ${JSON.stringify(parsed.error)}`);
          const naive = new Naive(memory, start, end);
          let steps: Vector[] | undefined;
          try {
            steps = Array.from({ length: count }, (_, i) =>
              naive.vector(parsed.value, start + i * step),
            );
          } catch (thrown) {
            if (!(thrown instanceof NaiveFailure)) throw thrown;
          }
          const times = { start, end, step };
          const answer = await evaluateRange(query, parsed.value, times, memory.source);
          // As in Prometheus, a subquery is evaluated between the windows of two steps too.
          const failsBetween = (): boolean => {
            for (let at = start; at <= end; at += 1_000)
              if (fails(() => naive.vector(parsed.value, at))) return true;
            return false;
          };
          if (!answer.ok && steps !== undefined && query.includes(":") && failsBetween()) return;
          expect(answer.ok, answer.ok ? "" : JSON.stringify(answer.error)).toBe(
            steps !== undefined,
          );
          if (!answer.ok || steps === undefined) return;
          if (answer.value.value.type !== "matrix") throw new Error("no matrix");
          const got = new Map<string, number>();
          for (const { labels, times, values } of answer.value.value.series)
            for (const [i, at] of times.entries()) got.set(`${at} ${textOf(labels)}`, values[i]!);
          let expected = 0;
          for (const [i, step_] of steps.entries())
            for (const [key, { value }] of step_) {
              expected++;
              const at = `${start + i * step} ${key}`;
              expect(got.has(at), at).toBe(true);
              const size = Math.max(1_000, Math.abs(value), Math.abs(got.get(at)!));
              if (isClose(got.get(at)!, value, 1e-7 * size)) continue;
              const again = (seed: number): Vector =>
                new Naive(memory, start, end, { shake: shaken(seed) }).vector(
                  parsed.value,
                  start + i * step,
                );
              if (!isClose(got.get(at)!, value, 100 * moves(again, key)))
                expect.fail(`${query} at ${at}: ${got.get(at)}, naive ${value}`);
            }
          expect(got.size).toBe(expected);
        },
      ),
      { numRuns: 600, examples: [FAR, NO_NUMBER, BETWEEN] },
    );
  });

  test("has at an instant what it has at that step of a range", async () => {
    await fc.assert(
      fc.asyncProperty(
        history,
        vector.filter((query) => !/@ (start|end)/.test(query)),
        fc.integer({ min: 0, max: 900_000 }),
        async (series, query, after) => {
          const memory = remembered(series);
          const at = BASE + after;
          const parsed = parseQuery(query);
          if (!parsed.ok) throw new Error(query);
          const times = { start: at - 60_000, end: at + 60_000, step: 60_000 };
          const range = await evaluateRange(query, parsed.value, times, memory.source);
          const instant = await evaluateInstant(query, parsed.value, at, memory.source);
          if (!range.ok) return;
          if (!instant.ok) throw new Error("the instant fails alone");
          if (range.value.value.type !== "matrix" || instant.value.value.type !== "vector")
            throw new Error("wrong types");
          const middle = range.value.value.series.flatMap(({ labels, times, values }) => {
            const i = times.indexOf(at);
            return i < 0 ? [] : [[textOf(labels), values[i]!]];
          });
          const points = instant.value.value.series.map(({ labels, values }) => [
            textOf(labels),
            values[0]!,
          ]);
          expect(new Map(points as [string, number][])).toEqual(
            new Map(middle as [string, number][]),
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** Pieces that break expressions, or make others of them. */
const PIECES = [
  ..."(){}[]\"'`\\, #\n-^@.",
  "0x",
  "1e",
  "inf",
  "5m",
  "[5m:]",
  " by ",
  " offset ",
  " or ",
  " bool ",
  "rate(",
  "vector(",
  "__name__",
  "\ud800",
  "ä",
];
const piece = fc.constantFrom(...PIECES);

describe("whatever is asked", () => {
  test("has an answer or an error, and never throws", async () => {
    await fc.assert(
      fc.asyncProperty(
        history,
        vector,
        fc.array(fc.tuple(fc.nat(200), fc.nat(3), piece), { minLength: 1, maxLength: 4 }),
        async (series, query, changes) => {
          let text = query;
          for (const [at, drop, added] of changes)
            text = text.slice(0, at) + added + text.slice(at + drop);
          const parsed = parseQuery(text);
          if (!parsed.ok) {
            expect(parsed.error).toMatchObject({
              kind: "parse",
              message: expect.stringMatching(/^\d+:\d+: parse error: ./),
            });
            return;
          }
          const times = { start: BASE, end: BASE + 120_000, step: 60_000 };
          const { source } = remembered(series);
          const answer = await evaluateRange(text, parsed.value, times, source);
          if (!answer.ok) expect(["execution", "limit", "parse"]).toContain(answer.error.kind);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
