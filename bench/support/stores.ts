// The two stores that the page is measured against: one with a single metric, and one with 5,000 metrics and
// 90 days of the demo's data, flushed and rolled up.

import { setTimeout as sleep } from "node:timers/promises";
import { chunks, requestOf } from "../../scripts/demo/backfill.ts";
import { catalogue } from "../../scripts/demo/catalogue.ts";
import { Client as DemoClient } from "../../scripts/demo/client.ts";
import { parseOptions } from "../../scripts/demo/options.ts";
import { MINUTE } from "../../src/core/tiers.ts";
import { Client } from "./client.ts";
import { type RunningMinuet, startMinuet } from "./minuet.ts";

export const METRICS = 5_000;
export const DAYS = 90;
const SEED = 1;
const SERIES = catalogue(SEED);
/** A point a minute of the past, and one a second of the present. */
const PAST = { seed: SEED, every: MINUTE };
const PRESENT = { seed: SEED, every: 1_000 };

/** The metrics of the demo that have several series, and a point of each in every minute of two days. */
export const RECENT_METRICS = [
  ...new Set(SERIES.filter(({ history }) => history === "recent").map(({ metric }) => metric)),
];
export const DEMO_METRICS = [...new Set(SERIES.map(({ metric }) => metric))];

/** In both stores, and the first of their lists. */
export const FIRST_METRIC = DEMO_METRICS.toSorted()[0]!;

/** Rounds of the cron at most; one round does a bounded part of the work. */
const CRON_ROUNDS = 200;

const demoClient = ({ url }: RunningMinuet): DemoClient => {
  const options = parseOptions(["--url", url.origin, "--seed", String(SEED)], {});
  if (options === undefined) throw new Error("the demo was asked for help");
  return new DemoClient(options, (why, ms) => console.log(`waiting ${ms} ms: ${why}`));
};

/** A store with a day of one metric: the first chart is that of the other store. */
export async function startSmall(page: string): Promise<RunningMinuet> {
  const minuet = await startMinuet({ page });
  await minuet.cron();
  const series = SERIES.filter(({ metric }) => metric === FIRST_METRIC);
  for (const chunk of chunks(Date.now(), 1, MINUTE))
    await demoClient(minuet).post(requestOf(chunk, series, PAST));
  await minuet.cron();
  return minuet;
}

export async function startFull(page: string): Promise<RunningMinuet> {
  const minuet = await startMinuet({ page });
  const client = new Client(minuet.url);
  const demo = demoClient(minuet);
  await minuet.cron();
  for (const chunk of chunks(Date.now(), DAYS, MINUTE))
    await demo.post(requestOf(chunk, SERIES, PAST));
  await postMany(client, METRICS - DEMO_METRICS.length);
  await client.flush();
  for (let round = 0; round < CRON_ROUNDS && !(await client.isRolledUp()); round++)
    await minuet.cron();
  return minuet;
}

/** Metrics of one series with a point in each minute of the last hour. */
async function postMany(client: Client, many: number): Promise<void> {
  const now = Math.floor(Date.now() / MINUTE) * MINUTE;
  const each = 500;
  for (let first = 0; first < many; first += each)
    await client.post(
      Array.from({ length: Math.min(each, many - first) }, (_, i) => ({
        name: `service.${String(first + i).padStart(4, "0")}.requests`,
        datapoints: Array.from({ length: 60 }, (_minute, minute) => [
          now - minute * MINUTE,
          Math.round(50 + 40 * Math.sin(minute / 7 + first + i)),
        ]),
      })),
    );
}

/** Posts a point of each series of the demo every second, until it is stopped. */
export function startLive(minuet: RunningMinuet): { stop(): Promise<void> } {
  const client = demoClient(minuet);
  const ending = new AbortController();
  const running = (async () => {
    while (!ending.signal.aborted) {
      const from = Math.floor(Date.now() / 1_000) * 1_000;
      const second = { history: "all", from, to: from + 1_000 } as const;
      await client.post(requestOf(second, SERIES, PRESENT));
      await sleep(1_000 - (Date.now() % 1_000));
    }
  })();
  return {
    async stop() {
      ending.abort();
      await running;
    },
  };
}
