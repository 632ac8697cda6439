// The parser of PromQL comes from a package, and runs where code may not be made at run time.

import { expect, test } from "vitest";
import { evaluateRange } from "../../src/core/promql/evaluate.ts";
import { parseQuery } from "../../src/core/promql/parse.ts";
import { ok } from "../../src/core/result.ts";

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
        take({
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
