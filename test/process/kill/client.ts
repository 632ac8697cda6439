// The client's side of the server under test: what it reads back, as tables of buckets.

import type { QueryAnswer, StatusAnswer } from "../../../src/core/api.ts";
import type { Bucket, BucketTable, Resolution } from "./ledger.ts";

/** Of a server that was killed before it had any point. */
const NOTHING: Pick<QueryAnswer, "series"> = { series: [] };

async function get(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(30_000) });
  if (response.status === 404 && url.includes("/query?")) return NOTHING;
  if (!response.ok)
    throw new Error(`GET ${url}: ${response.status} ${(await response.text()).slice(0, 500)}`);
  return await response.json();
}

export async function readBuckets(
  origin: string,
  metrics: readonly string[],
  resolution: Resolution,
  range: { readonly from: number; readonly to: number },
): Promise<BucketTable> {
  const table: BucketTable = new Map();
  for (const metric of metrics) {
    const query = new URLSearchParams({
      metric,
      resolution,
      by: "*",
      from: String(range.from),
      to: String(range.to),
    });
    const answer = (await get(`${origin}/api/v1/query?${query}`)) as QueryAnswer;
    for (const series of answer.series) {
      const buckets = new Map<number, Bucket>();
      series.t.forEach((start, i) =>
        buckets.set(start, {
          count: series.count[i]!,
          sum: series.sum[i]!,
          min: series.min[i]!,
          max: series.max[i]!,
          last: series.last[i]!,
        }),
      );
      table.set(`${metric}/${series.labels.host}`, buckets);
    }
  }
  return table;
}

export const readStatus = async (origin: string): Promise<StatusAnswer> =>
  (await get(`${origin}/api/v1/status`)) as StatusAnswer;

/** Moves what shards hold to D1. @throws when D1 did not take it. */
export async function flushAll(origin: string): Promise<void> {
  const signal = AbortSignal.timeout(30_000);
  const response = await fetch(`${origin}/api/v1/flush`, { method: "POST", signal });
  if (!response.ok) throw new Error(`flush: ${response.status} ${await response.text()}`);
  await response.arrayBuffer();
}

/** Runs the cron once, as production does each minute. @throws when it failed. */
export async function runCron(origin: string): Promise<void> {
  const answer = await get(`${origin}/cdn-cgi/local/scheduled?cron=*+*+*+*+*&format=json`);
  if (JSON.stringify(answer).includes('"outcome":"ok"')) return;
  throw new Error(`the cron answered ${JSON.stringify(answer)}`);
}
