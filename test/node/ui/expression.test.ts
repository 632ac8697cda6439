// What the page makes of an expression of PromQL: its unit, the times at which it is asked for, and what is
// drawn of the answer.

// The list itself, as what is installed has it: its other modules know one DOM.
import * as terms from "@prometheus-io/codemirror-promql/dist/cjs/complete/promql.terms.js";
import { describe, expect, test } from "vitest";
import { parseQuery } from "../../../src/core/promql/parse.ts";
import { readQuery } from "../../../src/core/promql/read.ts";
import { DAY, HOUR, MINUTE } from "../../../src/core/tiers.ts";
import { addressOfExpr, askedExpr, sharedAddressOfExpr } from "../../../src/ui/promql/times.ts";
import { offered, selectorOf } from "../../../src/ui/promql/complete.ts";
import { unitOfExpr } from "../../../src/ui/promql/unit.ts";
import { unitOf } from "../../../src/ui/units.ts";
import { questionOf } from "../../../src/ui/question.ts";
import { panelOfExpr, type Range, type Resolution } from "../../../src/ui/url.ts";

describe("units", () => {
  test.each([
    ["node_memory_free_bytes", "bytes"],
    ['{"mem.bytes"}', "bytes"],
    ["sum by (job) (x_bytes)", "bytes"],
    ["rate(x_bytes_total[5m])", "bytes-per-second"],
    ["increase(x_bytes_total[5m])", "bytes"],
    ["sum(rate(x_bytes_total[5m])) * 8", "bits-per-second"],
    ["-x_bytes + 5", "bytes"],
    ["x_bytes + y_seconds", "none"],
    ["max_over_time(x_seconds[1h])", "seconds"],
    ["quantile_over_time(0.9, x_seconds[1h])", "seconds"],
    ["histogram_quantile(0.9, sum by (le) (rate(http_seconds_bucket[5m])))", "seconds"],
    ["http_seconds_bucket", "none"],
    ["rate(cpu_seconds_total[5m])", "ratio"],
    ["100 * rate(cpu_seconds_total[5m])", "percent"],
    ["x_seconds * 1000", "milliseconds"],
    ["x_seconds * 7", "none"],
    ["x_ms / 1000", "seconds"],
    ["x_bytes / y_bytes", "ratio"],
    ["x_bytes / y_bytes * 100", "percent"],
    ["rate(x_seconds_sum[5m]) / rate(x_seconds_count[5m])", "seconds"],
    ["sum(x) / count(x)", "none"],
    ["rate(x_total[5m])", "per-second"],
    ["count(x_bytes)", "none"],
    ["topk(3, x_bytes) > 5", "bytes"],
    ["x_bytes > bool 5", "none"],
    ["rate(x_bytes_total[5m])[1h:1m]", "bytes-per-second"],
    ["time()", "none"],
    ["vector(1)", "none"],
    ["round(x_celsius, 0.5)", "celsius"],
  ])("%s: %s", (query, unit) => {
    expect(unitOfExpr(readQuery(query), unitOf)).toBe(unit);
  });
});

describe("times", () => {
  const NOW = Date.UTC(2030, 0, 2, 3, 4, 5, 678);
  const asked = (range: Range, resolution: Resolution = "auto") =>
    askedExpr(questionOf(panelOfExpr("up"), { range, resolution }), NOW);
  const last = (span: "1h" | "24h" | "1y", resolution?: Resolution) =>
    asked({ kind: "last", span }, resolution);

  test("the last hour, on multiples of 10 s", () => {
    expect(last("1h")).toEqual({
      expr: "up",
      where: [],
      from: NOW - HOUR,
      to: NOW,
      start: Date.UTC(2030, 0, 2, 2, 4, 10),
      end: Date.UTC(2030, 0, 2, 3, 4),
      step: 10_000,
    });
  });
  test("a longer range has wider steps, which may be chosen", () => {
    expect([last("24h").step, last("1y").step]).toEqual([5 * MINUTE, DAY]);
    expect([last("24h", "minute").step, last("1y", "hour").step]).toEqual([MINUTE, HOUR]);
  });
  test("a step of which there would be too many is not taken", () => {
    expect(last("1y", "minute").step).toBe(DAY);
  });
  test("nothing is asked of the future", () => {
    const { start, end } = asked({ kind: "fixed", from: NOW - MINUTE, to: NOW + HOUR });
    expect([start < end, end <= NOW, end > NOW - MINUTE]).toEqual([true, true, true]);
    const ahead = asked({ kind: "fixed", from: NOW + HOUR, to: NOW + 2 * HOUR });
    expect(ahead.end).toBe(ahead.start);
  });
  test("the address", () => {
    expect(addressOfExpr(last("1h"))).toBe(
      "/prometheus/api/v1/query_range?query=up&start=1893549850&end=1893553440&step=10&limit=500",
    );
    // The filters of all panels go with it; for who has a link, the view itself says them.
    const range = { kind: "last", span: "1h" } as const;
    const filtered = { ...panelOfExpr("up"), all: ["host=a"] };
    const narrow = askedExpr(questionOf(filtered, { range, resolution: "auto" }), NOW);
    expect(addressOfExpr(narrow)).toMatch(/&where=host%3Da$/);
    expect(sharedAddressOfExpr(narrow)).toMatch(
      /^\/api\/v1\/shared\/values\?query=up&.*&limit=500$/,
    );
  });
});

describe("completion", () => {
  test("of functions, what the server refuses is not offered, and nothing else is missing", () => {
    const all = [...terms.functionIdentifierTerms, ...terms.aggregateOpTerms];
    const isRefused = ({ label }: { label: string }): boolean => {
      const parsed = parseQuery(`${label}(up)`);
      return (
        !parsed.ok &&
        parsed.error.kind === "parse" &&
        /experimental|native/.test(parsed.error.message)
      );
    };
    expect(all.filter(isRefused).length).toBeGreaterThan(10);
    expect(offered(all).map(({ label }) => label)).toEqual(
      all.filter((one) => !isRefused(one)).map(({ label }) => label),
    );
  });
  test("of modifiers and durations neither; metrics and labels may be called so", () => {
    const { binOpModifierTerms, atModifierTerms, durationExprTerms } = terms;
    expect(
      offered([...binOpModifierTerms, ...atModifierTerms, ...durationExprTerms]).map(
        ({ label }) => label,
      ),
    ).toEqual(["on", "ignoring", "group_left", "group_right", "bool", "start()", "end()"]);
    const named = [
      { label: "range", type: "constant" },
      { label: "fill", type: "text" },
    ];
    expect(offered(named)).toEqual(named);
  });
  test.each([
    ["[5m])", '{"a.b"}', 0],
    ["{} + 1", '{"a.b"}', 2],
    ['{ c="d"}', '{"a.b", ', 2],
  ])("a quoted name before %s", (after, text, over) => {
    expect(selectorOf('"a.b"', after)).toEqual({ text, over });
  });
});
