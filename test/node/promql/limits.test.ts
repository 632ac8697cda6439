// What a query may cost: over a limit it fails with its name, before memory or time are gone.

import { describe, expect, test } from "vitest";
import type { QueryError } from "../../../src/core/promql/error.ts";
import { evaluateRange, type Options } from "../../../src/core/promql/evaluate.ts";
import { parseQuery } from "../../../src/core/promql/parse.ts";
import type { SampleSource } from "../../../src/core/promql/source.ts";
import { err, ok, type Result } from "../../../src/core/result.ts";

const none = new Float64Array(0);

/** So many series, of so many samples each, one a second from 0 on. */
function sourceOf(series: number, samples: number): SampleSource {
  const times = Float64Array.from({ length: samples }, (_, i) => i * 1_000);
  return {
    select: async ({ from, to }, take) => {
      const [first, end] = [
        times.findIndex((at) => at >= from),
        times.findLastIndex((at) => at < to),
      ];
      for (let i = 0; i < series; i++)
        take({
          labels: [
            ["__name__", "x"],
            ["i", String(i)],
          ],
          times: times.subarray(Math.max(0, first), end + 1),
          values: times.subarray(Math.max(0, first), end + 1),
          ends: none,
        });
      return ok({ infos: [], warnings: [] });
    },
  };
}

async function errorOf(
  query: string,
  source: SampleSource,
  end: number,
  step: number,
  options: Options = {},
): Promise<QueryError | undefined> {
  const parsed = parseQuery(query);
  if (!parsed.ok) return parsed.error;
  const answer: Result<unknown, QueryError> = await evaluateRange(
    query,
    parsed.value,
    { start: 0, end, step },
    source,
    options,
  );
  return answer.ok ? undefined : answer.error;
}

describe("a query fails", () => {
  test.each([
    ["x", sourceOf(1, 10), 11_000, 1, "pointsPerSeries"],
    ["x", sourceOf(500, 10), 10_000, 1, "queryCells"],
    ["topk(1, x)", sourceOf(500, 10), 10_000, 1, "queryCells"],
    ["x + on (i) x", sourceOf(500, 10), 10_000, 1, "queryCells"],
    ["sum by (i) (x)", sourceOf(500, 10), 10_000, 1, "queryCells"],
    ['count_values("v", x)', sourceOf(1, 10_000), 10_000_000, 1_000, "queryCells"],
    ["max_over_time(x[1y:1s])", sourceOf(1, 10), 0, 1, "subqueryPoints"],
    ["sum(rate(x[1d]))", sourceOf(9, 86_400), 86_400_000, 10_000, undefined],
    ["max_over_time(max_over_time(vector(1)[1d:1s])[1d:1s])", sourceOf(1, 1), 0, 1, "queryLooks"],
    ["sum(x)", sourceOf(500, 10_000), 10_000_000, 1_000, undefined],
    ["sum(count_over_time(x[1d]))", sourceOf(600, 86_400), 86_400_000, 86_400_000, "querySamples"],
    [
      'label_replace(x, "a", "", "i", "(a{30}){30}(b{30}){30}(c{30}){30}")',
      sourceOf(1, 1),
      0,
      1,
      "regexSize",
    ],
  ])("%s", async (query, source, end, step, limit) => {
    const error = await errorOf(query, source, end, step);
    expect(error?.kind === "limit" ? [error.limit, error.message] : error).toEqual(
      limit === undefined ? undefined : [limit, expect.stringContaining(`limit ${limit}`)],
    );
  });

  test("when its time is over, at the next series", async () => {
    let asked = 0;
    expect(
      await errorOf("sum(x)", sourceOf(10, 10), 1, 1, { isOver: () => ++asked > 3 }),
    ).toMatchObject({ kind: "timeout" });
    expect(asked).toBe(4);
  });

  test("with what the source could not do", async () => {
    const error = { kind: "unavailable", message: "D1 is away", retryAfterSec: 5 } as const;
    const source: SampleSource = { select: async () => err(error) };
    expect(await errorOf("sum(rate(x[5m])) / sum(x)", source, 1, 1)).toEqual({
      kind: "read",
      error,
    });
  });
});

test("what was held is released: a sum over many is not over the limit", async () => {
  const query = Array.from({ length: 4 }, () => "sum(x + on (i) x)").join(" + ");
  expect(await errorOf(query, sourceOf(100, 10), 10_000, 1)).toBeUndefined();
});
