// What the evaluator of PromQL takes by itself, samples in memory: 5,000 series of a day, one each 15 s
// (28.8 M samples), and what it holds meanwhile. No store, no HTTP. Usage: npm run bench:evaluator

import { evaluateRange } from "../src/core/promql/evaluate.ts";
import { parseQuery } from "../src/core/promql/parse.ts";
import type { SampleSource } from "../src/core/promql/source.ts";
import { ok } from "../src/core/result.ts";
import type { Labels } from "../src/core/series/labels.ts";
import { DAY, MINUTE } from "../src/core/tiers.ts";

const SERIES = 5_000;
const EVERY = 15_000;
const START = Date.UTC(2030, 0, 1);

const times = Float64Array.from({ length: DAY / EVERY }, (_, i) => START + i * EVERY + (i % 7));
const none = new Float64Array(0);
const labelsOf = (name: string, i: number): Labels => [
  ["__name__", name],
  ["instance", `host-${i}`],
  ["job", `job-${i % 20}`],
  ["le", ["0.1", "0.5", "1", "5", "+Inf"][i % 5]!],
];

/** Each series' values are made in the same array, so that the samples take no memory. */
function source(series: number): SampleSource {
  const values = new Float64Array(times.length);
  return {
    select: async ({ matchers, from, to }, take) => {
      const name = matchers.find(({ label }) => label === "__name__")?.value ?? "";
      const first = times.findIndex((at) => at >= from);
      const end = times.findLastIndex((at) => at < to) + 1;
      for (let i = 0; i < series; i++) {
        for (let j = first; j < end; j++) values[j] = ((j * (1 + (i % 9))) % 1_000) + j;
        await take({
          labels: labelsOf(name, i),
          times: times.subarray(first, end),
          values: values.subarray(first, end),
          ends: none,
        });
      }
      return ok({ infos: [], warnings: [] });
    },
  };
}

const CASES: readonly { readonly query: string; readonly series: number; readonly step: number }[] =
  [
    { query: "sum by (job) (rate(x_total[5m]))", series: SERIES, step: MINUTE },
    { query: "sum by (job) (rate(x_total[1h]))", series: SERIES, step: MINUTE },
    { query: "max by (job) (x_total)", series: SERIES, step: MINUTE },
    { query: "avg by (job) (avg_over_time(x_total[5m]))", series: SERIES, step: MINUTE },
    { query: "topk(5, sum by (instance) (rate(x_total[5m])))", series: 1_000, step: MINUTE },
    {
      query: "histogram_quantile(0.99, sum by (le, job) (rate(x_bucket[5m])))",
      series: SERIES,
      step: MINUTE,
    },
    {
      query: "sum(rate(a_total[5m])) / sum(rate(b_total[5m]))",
      series: 2_000,
      step: MINUTE,
    },
    { query: "rate(a_total[5m]) / on (instance) rate(b_total[5m])", series: 500, step: MINUTE },
    { query: "max_over_time(rate(x_total[5m])[1h:1m])", series: 500, step: 5 * MINUTE },
  ];

console.log("query | series | steps | CPU ms | M samples/s | MB above idle");
for (const { query, series, step } of CASES) {
  const parsed = parseQuery(query);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const range = { start: START, end: START + DAY - step, step };
  let [best, samples, most] = [Infinity, 0, 0];
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    const idle = held();
    const began = process.cpuUsage();
    const answer = await evaluateRange(query, parsed.value, range, source(series));
    const { user, system } = process.cpuUsage(began);
    best = Math.min(best, (user + system) / 1_000);
    most = Math.max(most, held() - idle);
    if (!answer.ok) throw new Error(JSON.stringify(answer.error));
    samples = answer.value.stats.samples;
  }
  console.log(
    `${query} | ${series} | ${DAY / step} | ${best.toFixed(0)} | ${(samples / best / 1_000).toFixed(1)} | ${(most / 1e6).toFixed(0)}`,
  );
}

/** Heap and array buffers at the end of a query, garbage included. */
function held(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
