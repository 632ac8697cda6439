// Of values that are equal the same series are the first, in whatever order series come.

import { expect, test } from "vitest";
import { evaluateInstant, evaluateRange } from "../../../src/core/promql/evaluate.ts";
import { parseQuery } from "../../../src/core/promql/parse.ts";
import { Memory } from "../../support/promql/memory.ts";

const AT = Date.UTC(2031, 0, 20);

/** Series of one value, which come in the order of their names here. */
function storeOf(hosts: readonly string[]): Memory {
  const memory = new Memory();
  for (const host of hosts) {
    const { times, values } = memory.of([
      ["__name__", "m"],
      ["host", host],
    ]);
    times.push(AT);
    values.push(1);
  }
  return memory;
}

test.each(["topk(2, m)", "bottomk(2, m)", "topk by (none) (3, m)"])("%s", async (query) => {
  const expr = parseQuery(query);
  if (!expr.ok) throw new Error(expr.error.kind);
  const ask = async (hosts: readonly string[]): Promise<unknown> => {
    const { source } = storeOf(hosts);
    const times = { start: AT, end: AT + 60_000, step: 60_000 };
    return [
      await evaluateInstant(query, expr.value, AT, source),
      await evaluateRange(query, expr.value, times, source),
    ];
  };
  const answer = await ask(["a", "b", "c", "d"]);
  expect(JSON.stringify(answer)).toContain('"a"');
  for (const hosts of [
    ["d", "c", "b", "a"],
    ["c", "a", "d", "b"],
  ])
    expect(await ask(hosts)).toEqual(answer);
});
