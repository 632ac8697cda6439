// An expression in one style: as Prometheus' format_query writes it, and what it was.

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Expr } from "../../../src/core/promql/ast.ts";
import { formatExpr } from "../../../src/core/promql/format.ts";
import { parseQuery } from "../../../src/core/promql/parse.ts";

function parsed(query: string): Expr {
  const expr = parseQuery(query);
  if (!expr.ok) throw new Error(`${query}: ${JSON.stringify(expr.error)}`);
  return expr.value;
}

const formatted = (query: string): string => formatExpr(parsed(query), query);

test.each([
  ["foo/bar", "foo / bar"],
  ["up{}", "up"],
  ['{__name__="up",job=~"a|b"}', '{__name__="up",job=~"a|b"}'],
  ['up{job="a", env!="b"}', 'up{env!="b",job="a"}'],
  ['{"odd.name", "odd.label"="x"}', '{"odd.label"="x",__name__="odd.name"}'],
  ["sum(x)by(job,env)", "sum by (job, env) (x)"],
  ["sum by () (x)", "sum(x)"],
  ["SUM without () (x)", "sum without () (x)"],
  ["topk(5,x)", "topk(5, x)"],
  ["rate(x[90m] offset -5m @ 12)", "rate(x[1h30m] @ 12.000 offset -5m)"],
  ["max_over_time(rate(x[5m])[1d:])", "max_over_time(rate(x[5m])[1d:])"],
  ["(x)[7d:1m] @ start()", "(x)[1w:1m] @ start()"],
  ["a == bool on(x) group_left(y) b", "a == bool on (x) group_left (y) b"],
  ["a * ignoring (x) group_right b", "a * ignoring (x) group_right () b"],
  ["-a ^ 2", "-a ^ 2"],
  ["-2 ^ 2", "-2 ^ 2"],
  ["+a - -1", "+a - -1"],
  ["0x1F + 1e3 + .5 + Inf + 5m", "31 + 1000 + 0.5 + +Inf + 5m"],
  ["label_replace(x,'a','$1',`b`,'(.*)')", 'label_replace(x, "a", "$1", "b", "(.*)")'],
])("%s is %s", (query, expected) => expect(formatted(query)).toBe(expected));

test("what is longer than a line is broken", () => {
  const long = (name: string): string =>
    `${name}{label_one="a long value",label_two="another one"}`;
  expect(
    formatted(
      `sum by (job) (rate(${long("first_metric_total")}[5m])) / on (job) quantile(0.9, (${long("second_metric")} + ${long("third_metric")}))`,
    ),
  ).toBe(
    `  sum by (job) (rate(first_metric_total{label_one="a long value",label_two="another one"}[5m]))
/ on (job)
  quantile(
    0.9,
    (
        second_metric{label_one="a long value",label_two="another one"}
      +
        third_metric{label_one="a long value",label_two="another one"}
    )
  )`,
  );
});

const bare = (expr: unknown): unknown =>
  JSON.parse(
    JSON.stringify(expr, (key, value: unknown) =>
      key === "start" || key === "end" || key === "opPlace"
        ? undefined
        : typeof value === "number" && !Number.isFinite(value)
          ? String(value)
          : value,
    ),
    (key, value: unknown) =>
      // Matchers come in one order.
      key === "matchers" && Array.isArray(value)
        ? value.map((one) => JSON.stringify(one)).sort()
        : value,
  );

const SCRIPTS = new URL("scripts/", import.meta.url).pathname;
const queries = readdirSync(SCRIPTS)
  .flatMap((name) => readFileSync(SCRIPTS + name, "utf8").split("\n"))
  .flatMap((line) => {
    const [, query] =
      /^eval(?:_\w+)? (?:instant at \S+|range from \S+ to \S+ step \S+) (.+)$/.exec(line.trim()) ??
      [];
    return query !== undefined && parseQuery(query).ok ? [query] : [];
  });

test("says what it said, and is in that style already", () => {
  expect(queries.length).toBeGreaterThan(100);
  for (const query of queries) {
    const once = formatted(query);
    expect(bare(parsed(once)), `${query}: ${once}`).toEqual(bare(parsed(query)));
    expect(formatted(once)).toBe(once);
  }
});

test.each([
  ["1 + 1", "1 + 1"],
  ["up", 'up{host="a",zone=~"e.*"}'],
  [
    '-sum by (host) (rate(x{host!="b"}[5m]))',
    '-sum by (host) (rate(x{host!="b",host="a",zone=~"e.*"}[5m]))',
  ],
  [
    "(a / on () b) or c",
    '(a{host="a",zone=~"e.*"} / on () b{host="a",zone=~"e.*"}) or c{host="a",zone=~"e.*"}',
  ],
  ["max_over_time(a[1h:])", 'max_over_time(a{host="a",zone=~"e.*"}[1h:])'],
  ["topk(scalar(a), b)", 'topk(scalar(a{host="a",zone=~"e.*"}), b{host="a",zone=~"e.*"})'],
])("%s of what filters let through is %s", (query, expected) => {
  const more = [
    { label: "host", op: "=", value: "a" },
    { label: "zone", op: "=~", value: "e.*" },
  ] as const;
  const expr = parseQuery(query, more);
  expect(
    expr.ok &&
      formatExpr(expr.value, query)
        .replaceAll(/\s+/g, " ")
        .replaceAll(/([({]) | ([)}])/g, "$1$2"),
  ).toBe(expected);
  // What is no expression without them is none with them.
  expect(parseQuery("{}", more).ok).toBe(false);
});
