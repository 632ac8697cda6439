// A wide store: 60,000 series in 16 shards and 4 databases, for three simulated days. Every question
// about a sample of series must be answered exactly as a naive reference does; rows, sizes and times
// are printed. Usage: npm run bench:wide

import { applyD1Migrations, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import type { QueryAnswer, StatusAnswer } from "../src/core/api.ts";
import { DAY, HOUR, MINUTE, type TierName, TIERS } from "../src/core/tiers.ts";
import { databasesOf } from "../src/d1/databases.ts";
import { app } from "../src/worker/app.ts";
import { runCron } from "../src/worker/cron/cron.ts";

const SHARDS = 16;
const METRICS = 600;
const HOSTS = 100;
const DAYS = 3;
/** All series report so often; the sample each minute. */
const EVERY = 15 * MINUTE;
/**
 * Alarms and the cron run so often, where the platform would each minute: most runs find nothing to do,
 * and would be most of the time that this takes. What the sample reported since is sent at once.
 */
const STEP = 5 * MINUTE;
/** A host of each of these metrics. */
const SAMPLE = Array.from({ length: 24 }, (_, i) => ({ metric: i * 25, host: (i * 37) % HOSTS }));
/** Far ahead of the wall clock, by which alarms fire: they run only when the simulation runs them. */
const START = Date.UTC(2031, 2, 3);
const END = START + DAYS * DAY;
/** Points of one request. */
const BATCH = 10_000;
const TIER_NAMES: readonly TierName[] = ["minute", "hour", "day"];

const shards = Array.from({ length: SHARDS }, (_, i) => env.SHARD.getByName(String(i)));

const nameOf = (metric: number): string => `service.${metric}.requests`;
const valueOf = (metric: number, host: number, at: number): number =>
  Math.round(5_000 + 4_000 * Math.sin(at / HOUR + metric + host)) / 100;

/** Averages of the sample by series and tier, of the points that were acknowledged. */
const reference = new Map<string, Map<number, { sum: number; count: number }>>();

function note(metric: number, host: number, at: number, value: number): void {
  for (const tier of TIER_NAMES) {
    const key = `${metric}/${host}/${tier}`;
    const buckets = reference.get(key) ?? new Map<number, { sum: number; count: number }>();
    reference.set(key, buckets);
    const start = Math.floor(at / TIERS[tier].step) * TIERS[tier].step;
    const bucket = buckets.get(start) ?? { sum: 0, count: 0 };
    bucket.sum += value;
    bucket.count++;
    buckets.set(start, bucket);
  }
}

async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  const response = await app.request(path, init, env);
  if (response.status !== 200)
    throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

type Point = readonly [metric: number, host: number, at: number];

async function post(points: readonly Point[]): Promise<void> {
  for (let first = 0; first < points.length; first += BATCH)
    await ask("/api/v1/points", {
      method: "POST",
      body: JSON.stringify(
        points.slice(first, first + BATCH).map(([metric, host, at]) => ({
          name: nameOf(metric),
          labels: { host: `host-${host}` },
          value: valueOf(metric, host, at),
          timestamp: at,
        })),
      ),
    });
}

/** What the sample reports in a minute when the others do not. */
const sampleAt = (at: number): readonly Point[] =>
  SAMPLE.map(({ metric, host }) => [metric, host, at]);

async function runAlarms(): Promise<void> {
  for (const shard of shards) {
    const at = await runInDurableObject(shard, (_, state) => state.storage.getAlarm());
    if (at !== null && at <= Date.now()) await runDurableObjectAlarm(shard);
  }
}

const ALL = Array.from(
  { length: METRICS * HOSTS },
  (_, i) => [i % METRICS, Math.floor(i / METRICS)] as const,
);

test("three days of 60,000 series", async () => {
  for (const { db } of databasesOf(env)) await applyD1Migrations(db, env.MIGRATIONS);
  vi.useFakeTimers({ toFake: ["Date"], now: START });
  const since = performance.now();
  const written = new Map<string, number>();
  for (let now = START; now < END; now += STEP) {
    vi.setSystemTime(now);
    await runAlarms();
    await runCron(env);
    const minutes = Array.from({ length: STEP / MINUTE }, (_, i) => now - i * MINUTE).filter(
      (at) => at >= START,
    );
    for (const at of minutes)
      for (const { metric, host } of SAMPLE) note(metric, host, at, valueOf(metric, host, at));
    await post(minutes.filter((at) => at % EVERY > 0).flatMap(sampleAt));
    if (now % EVERY === 0) await post(ALL.map(([metric, host]) => [metric, host, now]));
    if ((now + STEP - START) % DAY === 0) await counted(written);
    if ((now + STEP - START) % (6 * HOUR) === 0)
      console.log(
        `${(now + STEP - START) / HOUR} h simulated in ${((performance.now() - since) / 1_000).toFixed(0)} s`,
      );
  }
  console.log(
    `${ALL.length} series, ${SHARDS} shards, ${DAYS} days simulated in ${((performance.now() - since) / 1_000).toFixed(0)} s`,
  );
  const rows = [...written.values()].reduce((sum, more) => sum + more, 0);
  console.log(
    `D1 rows written: ${rows}, ${(rows / ALL.length / DAYS / 24).toFixed(3)} a series-hour (no deletion yet)`,
  );
  const status = await ask<StatusAnswer>("/api/v1/status");
  for (const database of status.databases) console.log(JSON.stringify(database));
  const compared = performance.now();
  for (const { metric, host } of SAMPLE)
    for (const tier of TIER_NAMES) await compare(metric, host, tier);
  console.log(
    `${SAMPLE.length} series answered exactly by minute, hour and day in ${(performance.now() - compared).toFixed(0)} ms`,
  );
  for (const [what, path] of [
    ["3 d by hour of 100 series", `metric=${nameOf(0)}&from=${START}&to=now&resolution=hour`],
    ["24 h by minute of 100 series", `metric=${nameOf(0)}&from=-24h&to=now&resolution=minute`],
    ["3 d by day of 100 series", `metric=${nameOf(0)}&from=${START}&to=now&resolution=day`],
  ] as const) {
    const begun = performance.now();
    await ask(`/api/v1/query?${path}`);
    console.log(`${what}: ${(performance.now() - begun).toFixed(0)} ms`);
  }
});

/** Adds up what was written on the day that ends, before its counters begin anew. */
async function counted(written: Map<string, number>): Promise<void> {
  const { today } = await ask<StatusAnswer>("/api/v1/status");
  written.set(String(Date.now()), today.d1RowsWritten);
}

async function compare(metric: number, host: number, tier: TierName): Promise<void> {
  const parameters = new URLSearchParams({
    metric: nameOf(metric),
    where: `host=host-${host}`,
    from: String(START),
    to: String(END),
    resolution: tier,
  });
  const { series } = await ask<QueryAnswer>(`/api/v1/query?${parameters}`);
  const expected = [...reference.get(`${metric}/${host}/${tier}`)!].sort(([a], [b]) => a - b);
  const [line] = series;
  expect(line?.t).toEqual(expected.map(([start]) => start));
  expect(line?.count).toEqual(expected.map(([, { count }]) => count));
  expected.forEach(([, { sum, count }], i) =>
    expect(Math.abs(line!.avg[i]! - sum / count)).toBeLessThan(1e-9 * Math.abs(sum / count) + 1e-9),
  );
}
