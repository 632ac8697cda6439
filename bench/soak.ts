// A soak: writes, queries, live sockets and the cron at 70 % of what the machine can do, for a while. Expected: no
// error, latencies and memory of the last third as of the first, and of every metric, at every resolution, exactly
// what was acknowledged.
// It wants a machine of its own: requests come whether or not those before are answered, and a local server that
// something else has held up for seconds, with thousands of connections waiting, does not catch up any more.
// Usage: npm run bench:soak [-- minutes] (default 60)

import type { QueryAnswer } from "../src/core/api.ts";
import { DAY, MINUTE } from "../src/core/tiers.ts";
import { Client } from "./support/client.ts";
import { type RunningMinuet, startMinuet } from "./support/minuet.ts";
import { Inspector } from "./support/peak.ts";
import { closedLoop, Listener, METRICS, openLoop, Traffic } from "./support/soak-load.ts";

const MINUTES = Number(process.argv[2] ?? 60);
const INSPECTOR = 9_347;
/** Of capacity. */
const SHARE = 0.7;
const CAPACITY_MS = 10_000;
const WRITERS = 4;
const READERS = 2;
const SOCKETS = 12;
const CRON_MS = 20_000;
const PARTS = 3;
/** Minutes that are there before: queries ask for the last 15. */
const FILLED = 20;
/** The last third may be this much slower than the first, and a bit more where both are short. */
const SLOWER = 1.5;
const SLOWER_MS = 10;
/** Above the first third, after a collection. */
const LARGER_BYTES = 4e6;

interface Part {
  readonly write: readonly number[];
  readonly query: readonly number[];
  /** Of the isolate, after a flush, the cron and a collection. */
  readonly heap: number;
}

/** @returns NaN of nothing. */
const quantile = (list: readonly number[], q: number): number =>
  list.toSorted((a, b) => a - b)[Math.ceil(q * (list.length - 1))] ?? NaN;

const problems: string[] = [];
const expected = (held: boolean, problem: string): void => void (held || problems.push(problem));

/** Runs the cron every now and then, as the platform does each minute, until it is told to end. */
function beginCron(minuet: RunningMinuet): { end(): Promise<void> } {
  let running: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    running = minuet.cron().catch((error: unknown) => {
      problems.push(`the cron failed: ${String(error)}`);
    });
  }, CRON_MS);
  return {
    end: async () => {
      clearInterval(timer);
      await running;
    },
  };
}

/** What is the same of all parts: all in D1, rolled up, collected. */
async function heapAtRest(
  minuet: RunningMinuet,
  client: Client,
  inspector: Inspector,
): Promise<number> {
  await client.flush();
  await minuet.cron();
  return await inspector.collected();
}

async function checkTotals(client: Client, traffic: Traffic, since: number): Promise<void> {
  for (const resolution of ["minute", "hour", "day"] as const) {
    for (const metric of METRICS) {
      const range = `from=${since - DAY}&to=${Date.now() + MINUTE}`;
      const answer = (await client.get(
        `/api/v1/query?metric=${metric}&resolution=${resolution}&${range}`,
      )) as QueryAnswer;
      const total = (column: "count" | "sum"): number =>
        answer.series.flatMap((one) => one[column]).reduce((all, one) => all + (one ?? 0), 0);
      const found = { points: total("count"), sum: total("sum") };
      const { points, sum } = traffic.acknowledged.get(metric)!;
      expected(
        found.points === points && found.sum === sum,
        `${metric} by ${resolution}: ${found.points} points, sum ${found.sum}; acknowledged were ${points}, ${sum}`,
      );
    }
  }
}

const minuet = await startMinuet({ inspectorPort: INSPECTOR });
try {
  const client = new Client(minuet.url);
  const traffic = new Traffic(minuet.url);
  const inspector = await Inspector.open(INSPECTOR);
  const since = Date.now();
  const write = (): Promise<void> => traffic.write();
  const query = (): Promise<void> => traffic.query();
  // Warm, and there is as much to read as later on. What is in D1, as all is after the turn of an hour, takes
  // longest to read: of that is the capacity, or 70 % of it would be too much a quarter of each hour.
  await traffic.fill(FILLED);
  await client.flush();
  await closedLoop(write, WRITERS, CAPACITY_MS / 2);
  const [writes, queries] = await Promise.all([
    closedLoop(write, WRITERS, CAPACITY_MS),
    closedLoop(query, READERS, CAPACITY_MS),
  ]);
  const rates = { write: SHARE * writes, query: SHARE * queries };
  console.log(
    `capacity ${writes.toFixed(0)} writes of 100 points and ${queries.toFixed(0)} queries a second; ${MINUTES} min at ${SHARE * 100} %, ${SOCKETS} live sockets, the cron every ${CRON_MS / 1_000} s`,
  );
  const listeners = METRICS.slice(0, SOCKETS).map((metric) => new Listener(minuet.url, metric));
  const cron = beginCron(minuet);
  const parts: Part[] = [];
  for (let i = 0; i < PARTS; i++) {
    const heard = listeners.map(({ messages }) => messages);
    const ms = (MINUTES / PARTS) * MINUTE;
    const [ofWrites, ofQueries] = await Promise.all([
      openLoop(write, rates.write, ms),
      openLoop(query, rates.query, ms),
    ]);
    const heap = await heapAtRest(minuet, client, inspector);
    parts.push({ write: ofWrites, query: ofQueries, heap });
    const figures = (["write", "query"] as const)
      .map((kind) => {
        const of = parts.at(-1)![kind];
        return `${of.length} ${kind === "write" ? "writes" : "queries"}, p50 ${quantile(of, 0.5).toFixed(1)} ms, p99 ${quantile(of, 0.99).toFixed(1)} ms`;
      })
      .join("; ");
    console.log(`third ${i + 1}: ${figures}; heap ${(heap / 1e6).toFixed(1)} MB`);
    for (const [n, { messages }] of listeners.entries())
      expected(messages > heard[n]!, `socket ${n} was told nothing in third ${i + 1}`);
  }
  await cron.end();
  const [first, last] = [parts[0]!, parts.at(-1)!];
  for (const kind of ["write", "query"] as const)
    for (const q of [0.5, 0.99]) {
      const [before, after] = [quantile(first[kind], q), quantile(last[kind], q)];
      expected(
        after <= before * SLOWER + SLOWER_MS,
        `${kind} p${q * 100}: ${before.toFixed(1)} ms became ${after.toFixed(1)}`,
      );
    }
  expected(
    last.heap <= first.heap + LARGER_BYTES,
    `heap: ${(first.heap / 1e6).toFixed(1)} MB became ${(last.heap / 1e6).toFixed(1)}`,
  );
  for (const { what, why } of traffic.failures.slice(0, 10)) problems.push(`${what}: ${why}`);
  expected(traffic.failures.length <= 10, `${traffic.failures.length} failures in all`);
  for (const [n, { closed }] of listeners.entries())
    expected(closed === 0, `socket ${n} was closed`);
  for (const listener of listeners) listener.close();
  await checkTotals(client, traffic, since);
  const points = [...traffic.acknowledged.values()].reduce((all, one) => all + one.points, 0);
  console.log(
    `${points} points acknowledged, looked for at three resolutions\nexpected: no error, flat, exact: ${problems.length === 0 ? "held" : `NOT held\n  ${problems.join("\n  ")}`}`,
  );
  inspector.close();
} finally {
  await minuet.stop();
}
if (problems.length > 0) process.exitCode = 1;
