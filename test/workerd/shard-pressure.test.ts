// A backfill is flushed soon, not with the next hour: also by a shard that has never flushed, and by one
// that does not know whether its last flush landed.

import {
  applyD1Migrations,
  evictDurableObject,
  reset,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import * as LIMITS from "../../src/core/limits.ts";
import { encodeBatch } from "../../src/core/series/batch.ts";
import { DAY, HOUR, MINUTE } from "../../src/core/tiers.ts";
import { NOW } from "./api-client.ts";
import { Shard } from "./worker.ts";

/** Soon after an hour was flushed: the next one is far. */
const LATE = NOW + 10 * MINUTE;
const SERIES = 50;
const shard = () => env.SHARD.getByName("0");

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: LATE });
  await reset();
  await applyD1Migrations(env.DB, env.MIGRATIONS);
  Shard.faults.next = "none";
  Shard.patienceMs = 30_000;
  return () => (Shard.patienceMs = 50);
});

const alarmAt = (): Promise<number | null> =>
  runInDurableObject(shard(), (_, state) => state.storage.getAlarm());

/** A day of minutes of some series, so many days ago. */
async function backfill(daysAgo: number): Promise<void> {
  const minutes = DAY / MINUTE;
  const points = SERIES * minutes;
  const batch = {
    series: Array.from({ length: SERIES }, (_, i) => `m{"i":"${i}"}`),
    index: Uint8Array.from({ length: points }, (_, i) => i % SERIES),
    at: Float64Array.from({ length: points }, (_, i) => {
      return NOW - daysAgo * DAY - Math.floor(i / SERIES) * MINUTE;
    }),
    value: new Float64Array(points).fill(1),
  };
  await shard().append(encodeBatch(batch), 1);
}

/** A point of now: its flush is due with the next hour. */
async function point(): Promise<void> {
  const one = { index: Uint8Array.of(0), at: Float64Array.of(LATE), value: Float64Array.of(1) };
  await shard().append(encodeBatch({ series: ["m{}"], ...one }), 1);
  expect(await alarmAt()).toBeGreaterThan(LATE + HOUR / 2);
}

/** More than makes a flush due at once, and not much more. */
async function backfillMuch(): Promise<void> {
  const days = Math.ceil(LIMITS.pressureMinutes / (SERIES * (DAY / MINUTE))) + 1;
  for (let day = 1; day <= days; day++) await backfill(day);
}

async function expectFlushed(): Promise<void> {
  expect(await runDurableObjectAlarm(shard())).toBe(true);
  const { unflushedBuckets, error } = await shard().report();
  expect(error).toBeUndefined();
  expect(unflushedBuckets).toBe(0);
}

test("by a shard that has flushed: at once", { timeout: 60_000 }, async () => {
  await point();
  await shard().flush();
  await backfillMuch();
  expect(await alarmAt()).toBe(LATE);
  await expectFlushed();
});

test("by one that never has: within a minute", { timeout: 60_000 }, async () => {
  await point();
  await backfillMuch();
  expect(await alarmAt()).toBeLessThanOrEqual(LATE + MINUTE);
  await expectFlushed();
});

test("by one that started anew with pages: within a minute", { timeout: 60_000 }, async () => {
  await point();
  await shard().flush();
  await backfill(1);
  await evictDurableObject(shard());
  await backfillMuch();
  expect(await alarmAt()).toBeLessThanOrEqual(LATE + MINUTE);
  await expectFlushed();
});

test("while D1 is down: each minute", { timeout: 60_000 }, async () => {
  Shard.faults.next = "down";
  Shard.faults.times = 100;
  await backfillMuch();
  for (let minute = 1; minute <= 3; minute++) {
    vi.setSystemTime(LATE + minute * MINUTE);
    expect(await runDurableObjectAlarm(shard())).toBe(true);
    expect(await alarmAt()).toBe(LATE + (minute + 1) * MINUTE);
    await backfill(minute);
  }
  expect((await shard().report()).error).toMatch(/Network connection lost/);
  Shard.faults.next = "none";
  await expectFlushed();
});

test("what comes of closed hours is sealed a part at a time, so that no seal takes long", async () => {
  /** Minutes of each sealed page. */
  const sealed = (): Promise<readonly number[]> =>
    runInDurableObject(shard(), (_, { storage }) => {
      const [row] = storage.sql.exec<{ manifest: string }>("SELECT manifest FROM state").toArray();
      if (row === undefined) return [];
      const manifest = JSON.parse(row.manifest) as { sealed: { buckets: number }[] };
      return manifest.sealed.map(({ buckets }) => buckets);
    });
  const send = (count: number, end: number, series = 1): Promise<unknown> =>
    shard().append(
      encodeBatch({
        series: Array.from({ length: series }, (_, i) => `m{"i":"${i}"}`),
        index: Uint16Array.from({ length: count }, (_, i) => i % series),
        at: Float64Array.from({ length: count }, (_, i) => end - Math.floor(i / series) * MINUTE),
        value: new Float64Array(count),
      }),
      1,
    );
  // Those of the hour that runs are no backfill, nor those of the last one, which wait for its flush.
  await send(5, LATE);
  await send(60 * 300, NOW - 1, 300);
  await send(1, NOW - 1);
  expect(await sealed()).toEqual([]);
  await shard().flush();
  await send(LIMITS.openBackfill, NOW - DAY);
  expect(await sealed()).toEqual([]);
  await send(1, NOW - 30 * DAY);
  expect(await sealed()).toEqual([LIMITS.openBackfill + 1]);
  await send(LIMITS.openBackfill + 1, NOW - 60 * DAY);
  expect(await sealed()).toEqual([LIMITS.openBackfill + 1, LIMITS.openBackfill + 1]);
});
