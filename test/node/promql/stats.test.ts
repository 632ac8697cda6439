// What stats count, as Prometheus counts it: of each step the samples that it looks at, though it has looked at
// them before; and the most that is held at once.

import { expect, test } from "vitest";
import {
  type Answer,
  evaluateInstant,
  evaluateRange,
  type Options,
} from "../../../src/core/promql/evaluate.ts";
import { parseQuery } from "../../../src/core/promql/parse.ts";
import { Memory } from "../../support/promql/memory.ts";

const memory = new Memory();
for (const [name, series] of [
  ["one", 1],
  ["three", 3],
] as const)
  for (let i = 0; i < series; i++) {
    const { times, values } = memory.of([
      ["__name__", name],
      ["i", String(i)],
    ]);
    for (let at = 0; at <= 1_000; at += 10) {
      times.push(at * 1_000);
      values.push(at);
    }
  }

async function answerOf(
  query: string,
  start: number,
  end: number,
  options: Options,
): Promise<Answer> {
  const expr = parseQuery(query);
  if (!expr.ok) throw new Error(JSON.stringify(expr.error));
  const times = { start: start * 1_000, end: end * 1_000, step: 5_000 };
  const answer =
    start === end
      ? await evaluateInstant(query, expr.value, times.start, memory.source, options)
      : await evaluateRange(query, expr.value, times, memory.source, options);
  if (!answer.ok) throw new Error(JSON.stringify(answer.error));
  return answer.value;
}

test.each<[string, number, number, readonly number[]]>([
  ["1", 201, 201, [0]],
  ["one", 21, 21, [1]],
  ["one", 1_400, 1_400, [0]],
  ["three", 201, 211, [3, 3, 3]],
  ["one offset 2m", 201, 201, [1]],
  ["timestamp(three)", 201, 201, [3]],
  ["one[60s]", 201, 201, [6]],
  ["one[60s:5s]", 201, 201, [12]],
  ["max_over_time(one[55s])", 201, 216, [6, 5, 6, 5]],
  ["sum by (i) (max_over_time(three[60s]))", 201, 206, [18, 18]],
  ["max_over_time(one[60s] @ 30)", 201, 206, [4, 4]],
  ["max_over_time(one[60s:5s])", 201, 206, [12, 12]],
  ["max_over_time(rate(one[60s])[60s:5s])", 201, 201, [12]],
  ["one + on () group_right () three", 201, 206, [4, 4]],
  ["absent_over_time(one[20s])", 201, 201, [2]],
])("%s, %d to %d", async (query, start, end, expected) => {
  const { steps } = (await answerOf(query, start, end, { countsSteps: true })).stats;
  expect([...(steps?.samples ?? [])]).toEqual(expected);
  expect([...(steps?.times ?? [])]).toEqual(expected.map((_, i) => (start + 5 * i) * 1_000));
});

test("are not counted when nobody asks", async () => {
  expect((await answerOf("one", 201, 211, {})).stats.steps).toBeUndefined();
});

test.each([
  // Six samples of each series, and the sum with what it lost to rounding.
  ["sum(rate(three[60s]))", 3 * 6 + 2],
  // Thirty samples of each series, and the values of both sides.
  ["three + on (i) three", 3 * 30 + 2 * 3],
])("%s holds %d at most", async (query, expected) => {
  expect((await answerOf(query, 301, 301, {})).stats.peak).toBe(expected);
});
