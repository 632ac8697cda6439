// What a shard lets go of: series that were not seen for days, and removed ones. A large shard has
// minutes of the running hour in pages whenever it flushes, and must let go of them all the same.

import {
  evictDurableObject,
  reset,
  applyD1Migrations,
  runDurableObjectAlarm,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import { encodeBatch } from "../../src/core/series/batch.ts";
import { DAY, HOUR, MINUTE } from "../../src/core/tiers.ts";
import { NOW, query } from "./api-client.ts";

/** Half an hour after the hour, when what the hour before held is due. */
const LATE = NOW + HOUR / 2;
const shard = () => env.SHARD.getByName("0");

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  await reset();
  await applyD1Migrations(env.DB, env.MIGRATIONS);
});

/** A minute of so many series. */
async function append(metric: string, many: number, at: number): Promise<void> {
  const series = Array.from({ length: many }, (_, i) => `${metric}{"i":"${i}"}`);
  const batch = {
    series,
    index: Uint16Array.from(series, (_, i) => i),
    at: new Float64Array(many).fill(at),
    value: new Float64Array(many).fill(1),
  };
  expect(await shard().append(encodeBatch(batch), 1)).toBe(many);
}

/** More minutes of the running hour than a shard keeps open. */
async function busy(metric: string): Promise<void> {
  for (let minute = 0; minute < 7; minute++)
    await append(metric, 10_000, Date.now() - minute * MINUTE);
}

const count = async (metric: string): Promise<number> =>
  (await query({ metric, resolution: "day", from: NOW - DAY, to: NOW + 5 * DAY })).series.reduce(
    (sum, one) => sum + one.count.reduce((a, b) => a + b, 0),
    0,
  );

test("a large shard forgets what was not seen for days", { timeout: 60_000 }, async () => {
  await append("idle", 100, NOW);
  await shard().flush();
  vi.setSystemTime(LATE + 4 * DAY);
  await append("busy", 10_000, LATE + 4 * DAY - HOUR);
  await busy("busy");
  expect(await shard().report()).toMatchObject({ series: 10_100 });
  expect(await runDurableObjectAlarm(shard())).toBe(true);
  expect(await shard().report()).toMatchObject({ series: 10_000, unflushedBuckets: 0 });
  expect(await count("idle")).toBe(100);
  expect(await count("busy")).toBe(80_000);
  await evictDurableObject(shard());
  expect(await shard().report()).toMatchObject({ series: 10_000 });
});

test("and what was removed, with the next hour", { timeout: 60_000 }, async () => {
  vi.setSystemTime(LATE);
  await append("removed", 100, LATE - HOUR);
  await append("busy", 10_000, LATE - HOUR);
  await busy("busy");
  expect(await shard().remove("removed")).toBe(true);
  expect(await shard().report()).toMatchObject({ series: 10_100 });
  expect(await runDurableObjectAlarm(shard())).toBe(true);
  expect(await shard().report()).toMatchObject({ series: 10_000 });
  expect(await count("busy")).toBe(80_000);
});

test("a large shard that has nothing to forget flushes closed hours alone", async () => {
  vi.setSystemTime(LATE);
  await append("busy", 10_000, LATE - HOUR);
  await busy("busy");
  expect(await runDurableObjectAlarm(shard())).toBe(true);
  expect(await shard().report()).toMatchObject({ unflushedBuckets: 70_000 });
  const hours = await env.DB.prepare("SELECT count(DISTINCT hour) AS n FROM minute").first("n");
  expect(hours).toBe(1);
});
