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
        await take({
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

test.each(["quantile by (i) (0.9, x)", "topk by (i) (1, x)"])(
  "%s of many small groups costs what it looks at",
  async (query) => {
    let looks = 0;
    const worked = (more: number): undefined => void (looks += more);
    const options = { pace: { worked, rest: () => undefined, leave: () => undefined } };
    expect(await errorOf(query, sourceOf(1_200, 1), 0, 1, options)).toBeUndefined();
    expect(looks).toBeLessThan(1_200 * 100);
  },
);

describe("a query fails", () => {
  test.each([
    ["x", sourceOf(1, 10), 11_000, 1, undefined],
    ["x", sourceOf(1, 10), 11_001, 1, "pointsPerSeries"],
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
    [Array(100).fill("x").join(" or "), sourceOf(1, 1), 0, 1, undefined],
    [Array(101).fill("x").join(" or "), sourceOf(1, 1), 0, 1, "selectorsPerQuery"],
  ])("%s", async (query, source, end, step, limit) => {
    const error = await errorOf(query, source, end, step);
    expect(error?.kind === "limit" ? [error.limit, error.message] : error).toEqual(
      limit === undefined ? undefined : [limit, expect.stringContaining(`limit ${limit}`)],
    );
  });

  test("when the regular expressions of all its selectors are too much", async () => {
    const one = 'x{i=~"(a{30}){30}"}';
    expect(await errorOf(one, sourceOf(1, 1), 0, 1)).toBeUndefined();
    expect(await errorOf(`${one} or ${one}`, sourceOf(1, 1), 0, 1)).toMatchObject({
      kind: "parse",
      message: expect.stringContaining("limit regexSize"),
    });
  });

  test("when its time is over, also where nothing is found", async () => {
    let asked = 0;
    const absent: SampleSource = {
      select: async () => {
        asked++;
        return ok({ infos: [], warnings: [] });
      },
    };
    const options = { isOver: () => asked > 3 };
    expect(await errorOf(Array(50).fill("x").join(" or "), absent, 1, 1, options)).toMatchObject({
      kind: "timeout",
    });
    expect(asked).toBe(4);
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

describe("work on a single series gives way", () => {
  /** Looks of a turn, and of a day's work of one series: 8,640 steps of 86,400 samples each, or points. */
  const TURN = 3_000_000;
  const CASES: readonly (readonly [query: string, end: number, step: number])[] = [
    ["sum_over_time(x[1d])", 86_400_000, 10_000],
    ["sum_over_time(vector(time())[1d:1s])", 86_400_000, 10_000],
    ["quantile_over_time(0.5, x[1h])", 86_400_000, 10_000],
    ["max_over_time(max_over_time(x[1h])[1d:10s])", 86_400_000, 600_000],
  ];

  /** `turns`: after how many of them time is over. */
  async function turnsOf(query: string, end: number, step: number, turns: number) {
    let [since, most, taken, rested] = [0, 0, 0, 0];
    const error = await errorOf(query, sourceOf(1, 86_400), end, step, {
      // A clock that moves between turns alone, as that of a Worker.
      isOver: () => taken >= turns,
      pace: {
        worked(looks) {
          since += looks;
          most = Math.max(most, since);
          if (since < TURN) return undefined;
          since = 0;
          return Promise.resolve().then(() => void taken++);
        },
        rest: () => void rested++,
        leave: () => {},
      },
    });
    return { error, most, taken, rested };
  }

  test.each(CASES)("%s over %d ms by %d", async (query, end, step) => {
    const { error, most, taken, rested } = await turnsOf(query, end, step, 5);
    expect(error).toMatchObject({ kind: "timeout" });
    // Its time was looked at in the middle of it, and it has ended its turn.
    expect(taken).toBe(5);
    expect(most).toBeLessThan(TURN + 2 * 1_000_000);
    expect(rested).toBeGreaterThan(0);
  });

  test("and is what it is at once", async () => {
    const source = sourceOf(3, 3_600);
    const query = "topk(2, max_over_time(sum_over_time(x[10m])[30m:10s])) or x and on () x";
    const parsed = parseQuery(query);
    if (!parsed.ok) throw new Error(parsed.error.kind);
    const times = { start: 0, end: 3_600_000, step: 10_000 };
    const pace = { worked: () => Promise.resolve(), rest: () => {}, leave: () => {} };
    const inTurns = await evaluateRange(query, parsed.value, times, source, { pace });
    expect(inTurns.ok).toBe(true);
    expect(inTurns).toEqual(await evaluateRange(query, parsed.value, times, source));
  });
});

test("what was held is released: a sum over many is not over the limit", async () => {
  const query = Array.from({ length: 4 }, () => "sum(x + on (i) x)").join(" + ");
  expect(await errorOf(query, sourceOf(100, 10), 10_000, 1)).toBeUndefined();
});
