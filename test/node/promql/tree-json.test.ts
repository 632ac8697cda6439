// An expression as a tree: the JSON of Prometheus' parse_query.

import { expect, test } from "vitest";
import { parseQuery } from "../../../src/core/promql/parse.ts";
import { treeJson } from "../../../src/core/promql/tree-json.ts";

function tree(query: string): unknown {
  const expr = parseQuery(query);
  if (!expr.ok) throw new Error(`${query}: ${JSON.stringify(expr.error)}`);
  return JSON.parse(JSON.stringify(treeJson(expr.value)));
}

const named = (name: string) => ({ name: "__name__", value: name, type: "=" });

const selector = (name: string, more: object = {}) => ({
  type: "vectorSelector",
  name,
  matchers: [named(name)],
  offset: 0,
  timestamp: null,
  startOrEnd: null,
  anchored: false,
  smoothed: false,
  ...more,
});

const number = (val: string) => ({ type: "numberLiteral", val });

test.each<[string, unknown]>([
  ["1e3", number("1000")],
  ["-Inf", number("-Inf")],
  ['"a\\nb"', { type: "stringLiteral", val: "a\nb" }],
  ["(x)", { type: "parenExpr", expr: selector("x") }],
  ["-x", { type: "unaryExpr", op: "-", expr: selector("x") }],
  [
    'x{a!~"b|c"} offset -1m @ 2.5',
    selector("x", {
      matchers: [{ name: "a", value: "b|c", type: "!~" }, named("x")],
      offset: -60_000,
      timestamp: 2_500,
    }),
  ],
  ['{"odd.name"}', selector("", { matchers: [named("odd.name")] })],
  [
    "rate(x[5m] @ end())",
    {
      type: "call",
      func: { name: "rate", argTypes: ["matrix"], variadic: 0, returnType: "vector" },
      args: [selector("x", { type: "matrixSelector", range: 300_000, startOrEnd: "end" })],
    },
  ],
  [
    "round(x, 5)",
    {
      type: "call",
      func: { name: "round", argTypes: ["vector", "scalar"], variadic: 1, returnType: "vector" },
      args: [selector("x"), number("5")],
    },
  ],
  [
    "x[1h:] @ start()",
    {
      type: "subquery",
      expr: selector("x"),
      range: 3_600_000,
      step: 0,
      offset: 0,
      timestamp: null,
      startOrEnd: "start",
    },
  ],
  [
    "topk without (a) (3, x)",
    {
      type: "aggregation",
      op: "topk",
      expr: selector("x"),
      param: number("3"),
      grouping: ["a"],
      without: true,
    },
  ],
  [
    "sum(x)",
    {
      type: "aggregation",
      op: "sum",
      expr: selector("x"),
      param: null,
      grouping: [],
      without: false,
    },
  ],
  [
    "x > bool 1",
    {
      type: "binaryExpr",
      op: ">",
      lhs: selector("x"),
      rhs: number("1"),
      matching: null,
      bool: true,
    },
  ],
  ...(
    [
      ["x * y", "*", { card: "one-to-one" }],
      ["x and on (a) y", "and", { card: "many-to-many", labels: ["a"], on: true }],
      ["x / ignoring (a) y", "/", { card: "one-to-one", labels: ["a"] }],
      [
        "x + on (a) group_left (b) y",
        "+",
        { card: "many-to-one", labels: ["a"], on: true, include: ["b"] },
      ],
      ["x atan2 on () group_right y", "atan2", { card: "one-to-many", on: true }],
    ] as const
  ).map(([query, op, matching]): [string, unknown] => [
    query,
    {
      type: "binaryExpr",
      op,
      lhs: selector("x"),
      rhs: selector("y"),
      matching: {
        labels: [],
        on: false,
        include: [],
        fillValues: { lhs: null, rhs: null },
        ...matching,
      },
      bool: false,
    },
  ]),
])("%s", (query, expected) => {
  expect(tree(query)).toEqual(expected);
});
