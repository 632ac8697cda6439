// How long a shard lets others wait while it seals and flushes an hour of many series: the waits of
// small posts sent every 20 ms, and of the inspector, which is answered between two steps of JavaScript.
// D1 runs in the same process here, on the shard's thread, which it does not in production.
// The minutes are those of the running hour, so far: older ones would be flushed while they come, as a
// backfill is. Best run near the end of an hour.
// Usage: npm run bench:deaf [-- series]

import { setTimeout as sleep } from "node:timers/promises";
import { Client, milliseconds } from "./support/client.ts";
import { postMinutes } from "./support/hour.ts";
import { HOUR, MINUTE } from "../src/core/tiers.ts";
import { startMinuet } from "./support/minuet.ts";
import { Inspector } from "./support/peak.ts";

const INSPECTOR = 9_342;
const SERIES = Number(process.argv[2] ?? 50_000);
const EVERY_MS = 20;
const EXPECTED_MS = 250;

const minuet = await startMinuet({ inspectorPort: INSPECTOR });
try {
  const client = new Client(minuet.url);
  await client.status();
  const inspector = await Inspector.open(INSPECTOR);
  const hour = Math.floor(Date.now() / HOUR) * HOUR;
  const minutes = Math.floor((Date.now() - hour) / MINUTE);
  const filled = await milliseconds(() =>
    postMinutes(client, { series: SERIES, metrics: 1_000, samples: 1, start: hour, minutes }),
  );
  console.log(`${SERIES} series × ${minutes} minutes posted in ${ms(filled)}`);

  const ending = new AbortController();
  const posts = watch(ending.signal, () =>
    // Of a series that is there: a shard may hold no more than these.
    client.post([
      { name: "metric.0", labels: { host: "host-0" }, value: 1, timestamp: Date.now() },
    ]),
  );
  const steps = watch(ending.signal, () => inspector.bytes());
  const flushed = await milliseconds(() => client.flushNow());
  ending.abort();
  const waits = await posts;
  console.log(
    `flush ${ms(flushed)}: a post waits ${ms(quantile(waits, 0.5))} (median), ${ms(quantile(waits, 0.99))} (p99), ` +
      `${ms(quantile(waits, 1))} (worst of ${waits.length})   ≤ ${ms(EXPECTED_MS)}: ${quantile(waits, 1) <= EXPECTED_MS ? "held" : "NOT held"}`,
  );
  console.log(`longest step of JavaScript: ${ms(quantile(await steps, 1))}`);
  inspector.close();
} finally {
  await minuet.stop();
}

/** How long each call takes, one begun every 20 ms whether or not those before are answered. */
async function watch(ending: AbortSignal, call: () => Promise<unknown>): Promise<number[]> {
  const waits: Promise<number>[] = [];
  while (!ending.aborted) {
    waits.push(milliseconds(call));
    await sleep(EVERY_MS);
  }
  return await Promise.all(waits);
}

/** @returns NaN of nothing. */
function quantile(list: readonly number[], q: number): number {
  const sorted = list.toSorted((a, b) => a - b);
  return sorted[Math.ceil(q * (sorted.length - 1))] ?? NaN;
}

function ms(time: number): string {
  return `${time.toFixed(0)} ms`;
}
