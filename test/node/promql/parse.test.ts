// What is refused, in which words and where; and what binds to what.

import { describe, expect, test } from "vitest";
import type { Expr } from "../../../src/core/promql/ast.ts";
import { parseQuery } from "../../../src/core/promql/parse.ts";

describe("an expression is refused", () => {
  test.each([
    ["", "1:1: parse error: no expression found in input"],
    ["# only a remark", "1:1: parse error: no expression found in input"],
    ["sum(", "1:5: parse error: unclosed left parenthesis"],
    ["up{job=", "1:8: parse error: unclosed left brace"],
    ["1 +", "1:4: parse error: unexpected end of input"],
    ["up down", '1:4: parse error: unexpected identifier "down"'],
    ["up\n  down", '2:3: parse error: unexpected identifier "down"'],
    ['up{job="a}', "1:11: parse error: unclosed left brace"],
    ['up{job="\\q"}', '1:8: parse error: error unquoting string "\\q": invalid syntax'],
    ['label_join(up, "a)', "1:19: parse error: unclosed left parenthesis"],
    ["nosuch(up)", '1:1: parse error: unknown function with name "nosuch"'],
    ["min_of(1, 2)", "1:1: parse error: the function min_of() is experimental"],
    ["mad_over_time(up[5m])", "1:1: parse error: the function mad_over_time() is experimental"],
    ["limitk(2, up)", "1:1: parse error: the function limitk() is experimental"],
    ["histogram_sum(up)", "1:1: parse error: the function histogram_sum() needs native histograms"],
    [
      "rate(up)",
      '1:6: parse error: expected type range vector in call to function "rate", got instant vector',
    ],
    [
      "abs(1)",
      '1:5: parse error: expected type instant vector in call to function "abs", got scalar',
    ],
    ["rate()", '1:1: parse error: expected 1 argument(s) in call to "rate", got 0'],
    [
      "round(up, 1, 2)",
      '1:1: parse error: expected at most 2 argument(s) in call to "round", got 3',
    ],
    [
      "label_join(up)",
      '1:1: parse error: expected at least 3 argument(s) in call to "label_join", got 1',
    ],
    [
      "sum(up[5m])",
      "1:5: parse error: expected type instant vector in aggregation expression, got range vector",
    ],
    [
      "topk(up, up)",
      "1:6: parse error: expected type scalar in aggregation parameter, got instant vector",
    ],
    [
      "topk(up)",
      "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1",
    ],
    ["1 == 1", "1:3: parse error: comparisons between scalars must use BOOL modifier"],
    ["up + bool up", "1:4: parse error: bool modifier can only be used on comparison operators"],
    ["up and 1", '1:1: parse error: set operator "and" not allowed in binary scalar expression'],
    ["up and on (a) group_left () up", '1:8: parse error: no grouping allowed for "and" operation'],
    [
      "up + on (a) group_left (a) up",
      '1:4: parse error: label "a" must not occur in ON and GROUP clause at once',
    ],
    ["1 + on (a) up", "1:1: parse error: vector matching only allowed between instant vectors"],
    [
      "up[5m] + 1",
      "1:1: parse error: binary expression must contain only scalar and instant vector types",
    ],
    [
      '-"a"',
      "1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector",
    ],
    [
      "1[5m:1m]",
      "1:1: parse error: subquery is only allowed on instant vector, got scalar instead",
    ],
    ["(up)[5m]", "1:1: parse error: ranges only allowed for vector selectors"],
    ["up offset 1m [5m]", "1:1: parse error: no offset modifiers allowed before range"],
    ["up[0s]", "1:4: parse error: duration must be greater than 0"],
    ["up[5m + 1m]", "1:4: parse error: experimental duration expression is not enabled"],
    ["sum(up) offset 5m", "1:1: parse error: offset modifier must be preceded by"],
    ["up offset 1m offset 2m", "1:1: parse error: offset may not be set multiple times"],
    ["cpu.load", '1:1: parse error: the name cpu.load is written {"cpu.load"}'],
    ["rate(a.b.c[5m])", '1:6: parse error: the name a.b.c is written {"a.b.c"}'],
    ['cpu.load{a="b"}', 'the name cpu.load is written {"cpu.load", …}'],
    ["sum by (a.b) (up)", '1:9: parse error: the name a.b is written "a.b"'],
    ['up{a.b="c"}', '1:4: parse error: the name a.b is written "a.b"'],
    ["up.5", '1:3: parse error: unexpected number ".5"'],
    ["up @ 1 @ 2", "1:1: parse error: @ <timestamp> may not be set multiple times"],
    ["up @ inf", "1:6: parse error: timestamp out of bounds for @ modifier"],
    ["{}", "1:1: parse error: vector selector must contain at least one non-empty matcher"],
    ['{a=~".*"}', "1:1: parse error: vector selector must contain at least one non-empty matcher"],
    ['up{__name__="a"}', '1:1: parse error: metric name must not be set twice: "up" or "a"'],
    ['{a=~"("}', "1:1: parse error:"],
    [`{a=~"${"(a|b){9}".repeat(99)}"}`, "limit regexSize"],
    ["(".repeat(600) + "1" + ")".repeat(600), "limit queryDepth"],
    ["1" + "+1".repeat(600), "limit queryDepth"],
    ["x".repeat(100_001), "limit queryCharacters"],
  ])("%s", (query, message) => {
    const parsed = parseQuery(query);
    expect(parsed.ok ? "parsed" : parsed.error).toMatchObject({
      kind: "parse",
      message: expect.stringContaining(message),
    });
  });
});

/** With parentheses around everything. */
function shown(expr: Expr): string {
  switch (expr.kind) {
    case "number":
      return String(expr.value);
    case "string":
      return JSON.stringify(expr.value);
    case "selector":
      return `${expr.matchers.map(({ value }) => value).join()}${expr.offset === 0 ? "" : `-${expr.offset}`}${expr.at === undefined ? "" : `@${expr.at}`}`;
    case "matrix":
      return `${shown(expr.selector)}[${expr.range}]`;
    case "subquery":
      return `${shown(expr.expr)}[${expr.range}:${expr.step}]${expr.at === undefined ? "" : `@${expr.at}`}`;
    case "paren":
      return shown(expr.expr);
    case "unary":
      return `(${expr.negative ? "-" : "+"}${shown(expr.expr)})`;
    case "binary":
      return `(${shown(expr.left)}${expr.op}${shown(expr.right)})`;
    case "call":
      return `${expr.name}(${expr.args.map(shown).join()})`;
    case "aggregate":
      return `${expr.op}(${shown(expr.expr)})`;
  }
}

describe("what binds to what", () => {
  test.each([
    ["1 + 2 * 3", "(1+(2*3))"],
    ["1 - 2 - 3", "((1-2)-3)"],
    ["2 ^ 3 ^ 2", "(2^(3^2))"],
    ["-a ^ 2", "(-(a^2))"],
    ["-2 ^ 2", "(-(2^2))"],
    ["1 - -2 ^ 3 ^ 2", "(1-(-(2^(3^2))))"],
    ["-a * 2", "((-a)*2)"],
    ["a or b and c unless d", "(aor((bandc)unlessd))"],
    ["a == b + c > d", "((a==(b+c))>d)"],
    ["a + b offset 1s", "(a+b-1000)"],
    ["-a @ 5", "(-a@5000)"],
    ["a * rate(b[1m] offset -1m) @ 5", undefined],
    ["a + b[1m:] @ end()", undefined],
    ["max_over_time((a + b)[1m:5s] @ end())", "max_over_time((a+b)[60000:5000]@end)"],
    ["a @ 5 + b @ 6", "(a@5000+b@6000)"],
    ["rate(a[1h30m] @ start() offset 1d)", "rate(a-86400000@start[5400000])"],
    ["sum by (a) (b) / sum(c) by (a)", "(sum(b)/sum(c))"],
    ["1e3 + 0x1F + 1_000 + .5 + 2. + 1m", "(((((1000+31)+1000)+0.5)+2)+60)"],
    ["SUM(a) AND b", "(sum(a)andb)"],
    ["avg + sum", "(avg+sum)"],
    ["'a\\'\\x41\\u00e4\\n' or a", undefined],
    [`count_values('a\\'\\x41\\u00e4\\n', b)`, "count_values(b)"],
    ["a # remark\n + b", "(a+b)"],
  ])("%s", (query, expected) => {
    const parsed = parseQuery(query);
    expect(parsed.ok ? shown(parsed.value) : undefined).toBe(expected);
  });
});
