// How many D1 rows the usual questions read, and how long their answers take: one series over 90 days
// of points a minute (the demo's), rolled up as the cron would have. Usage: npm run bench:query

import { setTimeout as sleep } from "node:timers/promises";
import { answered } from "../src/core/api.ts";
import { DAY, MINUTE } from "../src/core/tiers.ts";
import { Client, median, milliseconds } from "./support/client.ts";
import { startMinuet } from "./support/minuet.ts";

const DAYS = 90;
const RUNS = 50;
const NAMES = ["demo.load", "demo.latency_ms"];

const minuet = await startMinuet();
const client = new Client(minuet.url);
await minuet.cron();
const now = Date.now();
const first = now - DAYS * DAY;
console.log(`filling ${NAMES.length} series × ${DAYS} days at one point a minute`);
for (let day = 0; day < DAYS; day++)
  for (let half = 0; half < 2; half++)
    await client.post(
      NAMES.flatMap((name) =>
        Array.from({ length: 720 }, (_, i) => {
          const timestamp = first + day * DAY + (half * 720 + i) * MINUTE;
          return {
            name,
            value: Math.round(5_000 + 4_000 * Math.sin(timestamp / 1e7)) / 100,
            timestamp,
          };
        }),
      ),
    );
console.log("waiting for the flush, then rolling up");
for (;;) {
  const { shards } = await client.status();
  if (
    shards.every(
      (shard) => answered(shard) && shard.lastFlushAt !== null && shard.unflushedBuckets < 100,
    )
  )
    break;
  await sleep(1_000);
}
for (let runs = 0; runs < 200; runs++) {
  await minuet.cron();
  const { d1 } = await client.status();
  // Today stays dirty until it is over; the rest of the runs is retention.
  if ((d1.dirtyDays ?? Infinity) <= 2 && runs > 40) break;
}

/** Rows that the status itself reads, which its counter includes. */
const own = await (async () => {
  const before = await client.status();
  const after = await client.status();
  return after.today.d1RowsRead - before.today.d1RowsRead;
})();

console.log(
  `\n${"question".padEnd(22)} rows read   buckets   median of ${RUNS}, ms   expected ≤ 50 ms`,
);
for (const [name, span, resolution] of [
  ["1 year by day", 365 * DAY, "day"],
  ["90 days by hour", DAYS * DAY, "hour"],
  ["24 h by minute", DAY, "minute"],
] as const) {
  const to = Date.now();
  const path = `/api/v1/query?metric=${NAMES[0]}&from=${to - span}&to=${to}&resolution=${resolution}`;
  const before = await client.status();
  const answer = (await client.get(path)) as { series: { t: number[] }[] };
  const after = await client.status();
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) times.push(await milliseconds(() => client.get(path)));
  const rows = after.today.d1RowsRead - before.today.d1RowsRead - own;
  const ms = median(times);
  console.log(
    `${name.padEnd(22)} ${String(rows).padStart(9)} ${String(answer.series[0]?.t.length ?? 0).padStart(9)} ${ms.toFixed(1).padStart(16)}      ${ms <= 50 ? "held" : "NOT held"}`,
  );
}
await minuet.stop();
