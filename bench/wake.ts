// How long a shard takes to wake up with 10,000 series × 60 unflushed minutes of 4 samples, and what it holds in
// memory then. The platform drops an idle object after 10 s; the next request pays for the wake-up.
// Usage: npm run bench:wake

import { setTimeout as sleep } from "node:timers/promises";
import { answered } from "../src/core/api.ts";
import { MINUTE } from "../src/core/tiers.ts";
import { Client, median, milliseconds } from "./support/client.ts";
import { heapBytes } from "./support/heap.ts";
import { startMinuet } from "./support/minuet.ts";

const SERIES = 10_000;
const MINUTES = 60;
const SAMPLES = 4;
/** ms */
const EXPECTED = 300;
const ROUNDS = 3;
const INSPECTOR = 9_339;
/** Longer than the platform keeps an idle object. */
const IDLE_MS = 12_000;

const minuet = await startMinuet({
  inspectorPort: INSPECTOR,
});
const client = new Client(minuet.url);
const start = Math.floor(Date.now() / MINUTE) * MINUTE - MINUTES * MINUTE;
for (let minute = 0; minute < MINUTES; minute++)
  await client.post(
    Array.from({ length: SERIES }, (_, i) => ({
      name: `metric.${i % 1_000}`,
      labels: { host: `host-${Math.floor(i / 1_000)}` },
      datapoints: Array.from({ length: SAMPLES }, (_sample, n) => [
        start + minute * MINUTE + (n * MINUTE) / SAMPLES + ((i * 7_919) % (MINUTE / SAMPLES)),
        Math.round(5_000 + 4_000 * Math.sin((minute * SAMPLES + n) / 9 + i)) / 100,
      ]),
    })),
  );
const [shard] = (await client.status()).shards.filter(answered);
console.log(
  `${shard?.series} series, ${shard?.unflushedBuckets} unflushed buckets, ${((shard?.unflushedBytes ?? 0) / 1e6).toFixed(1)} MB durable`,
);

const wakes: number[] = [];
const warm: number[] = [];
const one = [{ name: "metric.0", value: 1, labels: { host: "host-0" } }];
for (let round = 0; round < ROUNDS; round++) {
  await sleep(IDLE_MS);
  wakes.push(await milliseconds(() => client.post(one)));
  for (let i = 0; i < 5; i++) warm.push(await milliseconds(() => client.post(one)));
}
const wake = median(wakes) - median(warm);
console.log(
  `first point after ${IDLE_MS / 1_000} s of idleness: median ${median(wakes).toFixed(0)} ms, warm ${median(warm).toFixed(1)} ms` +
    ` → wake-up ${wake.toFixed(0)} ms (expected ≤ ${EXPECTED}): ${wake <= EXPECTED ? "held" : "NOT held"}`,
);

await sleep(IDLE_MS);
const asleep = await heapBytes(INSPECTOR);
await client.post(one);
const awake = await heapBytes(INSPECTOR);
await client.get("/api/v1/query?metric=metric.0&resolution=minute");
const read = await heapBytes(INSPECTOR);
const mb = (bytes: number): string => (bytes / 1e6).toFixed(1);
console.log(
  `memory of the shard: ${mb(awake - asleep)} MB after the wake-up, ${mb(read - asleep)} MB after a read of one metric (expected ≤ 40): ${read - asleep <= 40e6 ? "held" : "NOT held"}`,
);
await minuet.stop();
