// The memory that the Worker's isolate takes above idle for the largest things that it does: expected
// ≤ 64 MB each. Production has 128 MB an isolate. V8 lets garbage lie for as long as it has room, so what is
// judged is what it takes, garbage included, when its heap is capped at 80 MB; capped at 128 MB, and not at
// all, it is only shown.
// Usage: npm run bench:memory [-- part of a name [cap in MB, 0 for none]]

import { DAY, HOUR, MINUTE } from "../src/core/tiers.ts";
import { Client } from "./support/client.ts";
import { lastHour, postHour } from "./support/hour.ts";
import { type RunningMinuet, startMinuet } from "./support/minuet.ts";
import { Inspector } from "./support/peak.ts";
import { HOSTS, requests, writeMinuet, yearOf } from "./support/year.ts";

const INSPECTOR = 9_341;
const EXPECTED = 64e6;
/** Of V8 alone, MB: array buffers come on top. 0 is none. */
const CAPS = process.argv[3] === undefined ? [80, 128, 0] : [Number(process.argv[3])];
const JUDGED = 80;
/** What workerd's V8 is told, by way of Miniflare. */
const V8_FLAGS = "MINIFLARE_WORKERD_V8_FLAGS";

const FOR_EVER = {
  RETENTION_MINUTE_DAYS: "0",
  RETENTION_HOUR_DAYS: "0",
  RETENTION_DAY_DAYS: "0",
};

interface Store {
  readonly minuet: RunningMinuet;
  readonly client: Client;
}

interface Case {
  readonly name: string;
  /** What is there before. */
  prepare(store: Store): Promise<void>;
  /** What is measured. */
  run(store: Store): Promise<void>;
}

/** A day of one metric, a point a minute. */
async function postDay({ client }: Store, name: string, series: number): Promise<void> {
  const end = Math.floor(Date.now() / MINUTE) * MINUTE;
  for (let from = end - DAY; from < end; from += 10 * MINUTE)
    for (let first = 0; first < series; first += 1_000)
      await client.post(
        Array.from({ length: Math.min(1_000, series - first) }, (_, i) => ({
          name,
          labels: { host: `host-${first + i}` },
          datapoints: Array.from({ length: 10 }, (_point, n) => [
            from + n * MINUTE,
            Math.round(5_000 + 4_000 * Math.sin((from + n * MINUTE) / 1e6 + first + i)) / 100,
          ]),
        })),
      );
}

const ask = ({ client }: Store, name: string, more: string): Promise<number> =>
  client.length(`/api/v1/query?metric=${name}&from=-24h&resolution=minute&${more}`);

/** A day by the minute in PromQL, so often at once: each is answered, or refused for want of room. */
async function askPromql({ minuet }: Store, query: string, times: number): Promise<void> {
  const end = Math.floor(Date.now() / MINUTE) * 60;
  const asked = new URLSearchParams({
    query,
    start: String(end - DAY / 1_000),
    end: String(end),
    step: "60",
  });
  const statuses = await Promise.all(
    Array.from({ length: times }, async () => {
      const response = await fetch(new URL(`/prometheus/api/v1/query_range?${asked}`, minuet.url));
      await response.body?.pipeTo(new WritableStream());
      return response.status;
    }),
  );
  if (statuses.some((status) => ![200, 422, 503].includes(status)))
    throw new Error(`answered ${statuses.join(", ")}`);
  console.log(`  ${query}: ${statuses.join(", ")}`);
}

const nothing = (): Promise<void> => Promise.resolve();

const CASES: readonly Case[] = [
  {
    name: "seal and flush 50,000 series × 60 minutes",
    prepare: nothing,
    async run(store) {
      await postHour(store.client, 50_000, 1_000);
      await store.client.flush();
    },
  },
  {
    name: "seal and flush 50,000 series × 60 minutes of 4 samples",
    prepare: nothing,
    async run(store) {
      await postHour(store.client, 50_000, 1_000, 4);
      await store.client.flush();
    },
  },
  {
    name: "roll up an hour of 50,000 series",
    async prepare(store) {
      await postHour(store.client, 50_000, 1_000);
      await store.client.flush();
    },
    async run({ minuet }) {
      for (let i = 0; i < 8; i++) await minuet.cron();
    },
  },
  {
    name: "a year's backfill of 100 series",
    prepare: nothing,
    async run({ client }) {
      for (const from of requests(yearOf(365, Date.now()))) await writeMinuet(client, from);
      await client.flush();
    },
  },
  {
    name: "470,000 minutes in as many hours, of 40 series",
    prepare: nothing,
    async run({ client }) {
      const last = lastHour();
      for (let first = 0; first < 11_750; first += 250)
        await client.post(
          HOSTS.slice(0, 40).map((host) => ({
            name: "sparse",
            labels: { host },
            datapoints: Array.from({ length: 250 }, (_, i) => [last - (first + i) * HOUR, i]),
          })),
        );
      await client.flush();
    },
  },
  {
    name: "10,000 series × 24 h by minute, merged to one",
    prepare: async (store) => {
      await postDay(store, "wide", 10_000);
      await store.client.flush();
    },
    run: async (store) => void (await ask(store, "wide", "")),
  },
  {
    name: "1,000 series × 1,440 minutes each apart, JSON",
    prepare: async (store) => {
      await postDay(store, "apart", 1_000);
      await store.client.flush();
    },
    run: async (store) => void (await ask(store, "apart", "by=*&limit=1000")),
  },
  {
    name: "1,000 series × 1,440 minutes each apart, CSV",
    prepare: async (store) => {
      await postDay(store, "apart", 1_000);
      await store.client.flush();
    },
    run: async (store) => void (await ask(store, "apart", "by=*&limit=1000&format=csv")),
  },
  ...[1, 10].map((times): Case => ({
    name: `PromQL: 600 series × 1,440 minutes each apart, ${times} at once`,
    prepare: async (store) => {
      await postDay(store, "apart", 600);
      await store.client.flush();
    },
    run: async (store) => {
      await askPromql(store, "topk(500, avg_over_time(apart[5m]))", times);
    },
  })),
  {
    // As many as minutesInTurn allows.
    name: "PromQL: 6,900 series × 1,440 minutes to one",
    prepare: async (store) => {
      await postDay(store, "wide", 6_900);
      await store.client.flush();
    },
    run: async (store) => {
      await askPromql(store, "sum(rate(wide[5m]))", 1);
    },
  },
];

const wanted = CASES.filter(({ name }) => name.includes(process.argv[2] ?? ""));
for (const cap of CAPS) {
  process.env[V8_FLAGS] = cap === 0 ? "" : `--max-heap-size=${cap}`;
  console.log(cap === 0 ? "V8 as it likes:" : `the heap of V8 capped at ${cap} MB:`);
  for (const one of wanted) await measure(one, cap === JUDGED);
}

async function measure({ name, prepare, run }: Case, isJudged: boolean): Promise<void> {
  const minuet = await startMinuet({ variables: FOR_EVER, inspectorPort: INSPECTOR });
  const store = { minuet, client: new Client(minuet.url) };
  try {
    await store.client.status();
    const inspector = await Inspector.open(INSPECTOR);
    const idle = await inspector.collected();
    await prepare(store);
    const before = await inspector.collected();
    const peak = await inspector.peak(idle, () => run(store));
    const after = (await inspector.collected()) - idle;
    inspector.close();
    const verdict = `   ≤ ${mb(EXPECTED)}: ${peak <= EXPECTED ? "held" : "NOT held"}`;
    console.log(
      `${name.padEnd(55)} peak ${mb(peak)} MB above idle (${mb(before - idle)} before, ${mb(after)} after)${isJudged ? verdict : ""}`,
    );
  } catch (error) {
    console.log(
      `${name.padEnd(55)} DIED: ${error instanceof Error ? error.message : String(error)}`,
    );
  } finally {
    await minuet.stop();
  }
}

function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
