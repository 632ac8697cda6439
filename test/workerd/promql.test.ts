// PromQL in workerd: the parser comes from a package, and runs where code may not be made at run time. And
// whatever is asked wrongly, or is too much, is refused as Prometheus refuses it: never by a 5xx.

import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { evaluateRange } from "../../src/core/promql/evaluate.ts";
import { parseQuery } from "../../src/core/promql/parse.ts";
import { ok } from "../../src/core/result.ts";
import { MINUTE } from "../../src/core/tiers.ts";
import { fetchApi, NOW, store } from "./api-client.ts";

test("a query is parsed and answered in workerd", async () => {
  const query = 'sum by (job) (rate(seen_total{job=~"a.*"}[1m])) > bool 1 / 3';
  const parsed = parseQuery(query);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const answer = await evaluateRange(
    query,
    parsed.value,
    { start: 60_000, end: 120_000, step: 60_000 },
    {
      select: async (_, take) => {
        await take({
          labels: [
            ["__name__", "seen_total"],
            ["job", "ab"],
          ],
          times: Float64Array.from([15_000, 45_000, 75_000, 105_000]),
          values: Float64Array.from([0, 30, 31, 32]),
          ends: new Float64Array(0),
        });
        return ok({ infos: [], warnings: [] });
      },
    },
  );
  expect(answer.ok && answer.value.value).toMatchObject({
    type: "matrix",
    series: [{ labels: [["job", "ab"]], values: Float64Array.from([1, 0]) }],
  });
});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  await store(
    [1, 2].flatMap((value) =>
      Array.from({ length: 5 }, (_, i) => ({
        name: "x",
        value,
        labels: { "größe.in m²": `b${value}`, job: "j" },
        timestamp: NOW - (5 - i) * MINUTE,
      })),
    ),
  );
  vi.useRealTimers();
});

/** The kind of error, and its text; or what was found. */
async function asked(query: string, times: Readonly<Record<string, string>> = {}) {
  const isRange = times["step"] !== undefined;
  const response = await fetchApi(`/prometheus/api/v1/query${isRange ? "_range" : ""}`, {
    method: "POST",
    body: new URLSearchParams({
      query,
      ...(isRange ? { start: String(NOW / 1_000), end: String(NOW / 1_000) } : {}),
      ...times,
    }),
  });
  const body: {
    readonly errorType?: string;
    readonly error?: string;
    readonly data?: { readonly result: readonly unknown[] };
  } = await response.json();
  const { errorType = "", error = "", data } = body;
  return { status: response.status, errorType, error, found: data?.result.length };
}

const repeated = (count: number, before: string, inner: string, after = ""): string =>
  before.repeat(count) + inner + after.repeat(count);

const branches = (branch: (i: number) => string): string =>
  Array.from({ length: 10_000 }, (_, i) => branch(i)).join("|");

describe("refused, in kind", () => {
  test.each<[string, string, string]>([
    ["a type error", "rate(x)", "expected type range vector"],
    ["another", 'sum("x")', "expected type instant vector"],
    ["a longest range", "x[9999999999y]", "duration out of range"],
    ["a longest offset", "x offset 300y", "duration out of range"],
    ["a latest time", "x @ 1e300", "timestamp out of bounds"],
    ["10,000 branches", `x{job=~"${branches((i) => `a${i}[ab]`)}"}`, "limit regexSize"],
    ["deep parentheses", repeated(20_000, "(", "x", ")"), "limit queryDepth"],
    ["deep calls", repeated(5_000, "abs(", "x", ")"), "limit queryDepth"],
    ["many signs", repeated(1_000, "-", "x"), "limit queryDepth"],
    ["more of them", repeated(50_000, "-", "x"), "parse error"],
    ["a long chain", `x${"+x".repeat(1_000)}`, "limit queryDepth"],
    ["a longer one", `x${"+x".repeat(20_000)}`, "parse error"],
    ["unlike signs", repeated(20_000, "(-", "x", ")"), "limit queryDepth"],
    ["what only closes", "x".concat(")".repeat(50_000)), "parse error"],
    ["deep subqueries", repeated(499, "sum_over_time(", "x", "[5m:1m])"), "limit queryDepth"],
    ["deeper ones", repeated(4_000, "sum_over_time(", "x", "[5m:1m])"), "limit queryDepth"],
    ["a long text", `x{job="${"j".repeat(100_000)}"}`, "limit queryCharacters"],
    ["a label that must be quoted", "x{größe.in m²='b1'}", "parse error"],
    ["another", "sum by (größe.in m²) (x)", "parse error"],
  ])("%s", async (_, query, message) => {
    expect(await asked(query)).toMatchObject({
      status: 400,
      errorType: "bad_data",
      error: expect.stringContaining(message),
    });
  });

  test.each<[string, Readonly<Record<string, string>>]>([
    ["1e300", {}],
    ["9999999999y", {}],
    ["NaN", {}],
    ["-1", {}],
    ["1e-9", {}],
    ["1ms", { end: String(NOW / 1_000 + 100) }],
  ])("a step of %s", async (step, times) => {
    expect(await asked("x", { ...times, step })).toMatchObject({
      status: 400,
      errorType: "bad_data",
      error: expect.stringContaining('"step"'),
    });
  });

  test.each<[string, string, string]>([
    ["many to many", "x * on (job) x", "many-to-many matching not allowed"],
    ["many to one", 'x * on (job) x{"größe.in m²"="b1"}', "multiple matches for labels"],
    ["both many", "x * on (job) group_left () x", "many-to-many matching not allowed"],
    ["a subquery without end", "max_over_time(x[1y:1ms])", "limit subqueryPoints"],
    ["what becomes the same", 'label_replace(x, "größe.in m²", "", "job", ".*")', "same labelset"],
  ])("%s", async (_, query, message) => {
    expect(await asked(query)).toMatchObject({
      status: 422,
      errorType: "execution",
      error: expect.stringContaining(message),
    });
  });

  test("whatever is not written to its end", async () => {
    const query = `sum by ("größe.in m²") (rate(x{job=~"a|j", "größe.in m²"!='\\u00e4'}[5m] offset -1m @ end())) > bool 1e3 or topk(1, x)[1h:30s]`;
    const whole = Array.from(query, (_, i) => query.slice(0, i));
    const seen = new Set<string>();
    for (const answer of await Promise.all(whole.map((part) => asked(part))))
      seen.add(`${answer.status} ${answer.errorType}`);
    expect([...seen].sort()).toEqual(["200 ", "400 bad_data"]);
  });
});

describe("answered", () => {
  test.each<[string, string, number]>([
    ["the longest step", "x", 2],
    ["the longest range", "count_over_time(x[290y])", 2],
    ["10,000 branches", `x{job=~"${branches((i) => `j${i % 999 ? i : ""}`)}"}`, 2],
    ["a quoted label, matched", '{"x", "größe.in m²"=~"b[12]"}', 2],
    ["grouped", 'sum by ("größe.in m²") (x)', 2],
    ["joined", 'x * on ("größe.in m²") x', 2],
    ["deep subqueries", repeated(150, "sum_over_time(", "x", "[5m:1m])"), 2],
    ["taken along", 'sum by (job) (x) * on (job) group_left ("größe.in m²") topk(1, x)', 1],
    ["made", 'label_replace(sum(x), "größe.in m²", "$1", "job", "(.*)")', 1],
    ["counted", 'count_values("größe.in m²", x)', 2],
  ])("%s", async (_, query, found) => {
    expect(await asked(query, { step: "9223372036" })).toMatchObject({ status: 200, found });
  });
});
