// Two selections of an operator are asked for together and read one after the other; those of a chain are not asked for
// before they are due.

import { expect, test } from "vitest";
import { evaluateInstant } from "../../../src/core/promql/evaluate.ts";
import { parseQuery } from "../../../src/core/promql/parse.ts";
import type { SampleSource } from "../../../src/core/promql/source.ts";
import { err, ok } from "../../../src/core/result.ts";

/** What happens to the selections of a query, by the names of their metrics. `waits`: the source heeds `after`. */
async function happens(query: string, waits: boolean, failing = ""): Promise<string> {
  const events: string[] = [];
  const source: SampleSource = {
    async select({ matchers, after }, take) {
      const name = matchers[0]!.value;
      events.push(`${name}?`);
      await new Promise((resolve) => setImmediate(resolve));
      if (waits) await after;
      if (name === failing)
        return err({ kind: "unavailable", message: `no ${name}`, retryAfterSec: 1 });
      await take({
        labels: [["__name__", name]],
        times: Float64Array.of(0),
        values: Float64Array.of(1),
        ends: new Float64Array(0),
      });
      events.push(`${name}!`);
      return ok({ infos: [], warnings: [] });
    },
  };
  const parsed = parseQuery(query);
  if (!parsed.ok) throw new Error(query);
  const answer = await evaluateInstant(query, parsed.value, 0, source);
  if (!answer.ok) return `${events.join(" ")}: ${JSON.stringify(answer.error)}`;
  const { value } = answer.value;
  return `${events.join(" ")} = ${value.type === "vector" ? value.series[0]?.values[0] : value.type}`;
}

test.each([
  ["a + b", "a? b? a! b! = 2"],
  ["1 - sum(a) / -(b)", "a? b? a! b! = 2"],
  // Of a chain the first two, and then the next.
  ["a + b + c", "a? b? a! b! c? c! = 3"],
  ["a + (b + c)", "a? a! b? c? b! c! = 3"],
  ["a + last_over_time((b)[1m:1s])", "a? a! b? b! = 2"],
  ["a + scalar(b)", "b? b! a? a! = 2"],
])("%s", async (query, expected) => {
  for (const waits of [true, false]) expect(await happens(query, waits)).toBe(expected);
});

test("what fails first is told, and what comes after it is not read", async () => {
  expect(await happens("a + b", true, "a")).toMatch(/^a\? b\?: .*no a/);
  expect(await happens("a + b", true, "b")).toMatch(/^a\? b\? a!: .*no b/);
});
