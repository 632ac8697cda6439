// What a shard says of itself: true on its first day, after an eviction, and when clocks were wrong.

import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import { DAY, HOUR, MINUTE } from "../../src/core/tiers.ts";
import { describeMetric, listMetrics, NOW, query, shardsOf, status, store } from "./api-client.ts";

const shard = env.SHARD.getByName("0");

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

const lag = async (): Promise<number> => (await shardsOf())[0]!.lagMs;

test("the first alarm of a new store does not make its points as old as 1970", async () => {
  await store({ name: "lag", value: 1 });
  vi.setSystemTime(NOW + 1_000);
  expect(await runDurableObjectAlarm(shard)).toBe(true);
  expect(await lag()).toBe(1_000);
  vi.setSystemTime(NOW + HOUR / 2);
  await store({ name: "lag", value: 1, timestamp: NOW + HOUR / 2 });
  vi.setSystemTime(NOW + HOUR + 6 * MINUTE);
  await store({ name: "lag", value: 1, timestamp: NOW + HOUR + 5 * MINUTE });
  expect(await lag()).toBe(HOUR + 6 * MINUTE);
  expect(await runDurableObjectAlarm(shard)).toBe(true);
  // What came after the hour waits on; since when, it is known to the minute.
  expect(await lag()).toBe(MINUTE);
  await evictDurableObject(shard);
  expect(await lag()).toBe(MINUTE);
  await shard.flush();
  expect(await lag()).toBe(0);
});

test("what was counted today is still counted after an eviction", async () => {
  for (let i = 0; i < 5; i++) await store({ name: "counted", value: i });
  const before = (await status()).today;
  await evictDurableObject(shard);
  const after = (await status()).today;
  expect(after.shardRowsWritten).toBeGreaterThanOrEqual(before.shardRowsWritten - 1);
  // The first status was only read: no row says so.
  expect(after.shardRequests).toBeGreaterThanOrEqual(before.shardRequests);
  expect(after.d1RowsWritten).toBe(before.d1RowsWritten);
});

test("says since when it counts: the first use of a day, also after evictions and flushes", async () => {
  vi.setSystemTime(NOW + DAY);
  const first = Date.now();
  await store({ name: "since", value: 1 });
  const since = async (): Promise<number> => (await status()).today.since;
  vi.setSystemTime(first + HOUR);
  expect(await since()).toBe(first);
  await store({ name: "since", value: 2 });
  await evictDurableObject(shard);
  expect(await since()).toBe(first);
  await shard.flush();
  await evictDurableObject(shard);
  vi.setSystemTime(first + 2 * HOUR);
  expect(await since()).toBe(first);
  // Of the next day nothing was counted yet.
  const next = (Math.floor(first / DAY) + 1) * DAY + 9 * HOUR;
  vi.setSystemTime(next);
  expect(await since()).toBe(next);
});

test("counts that may have lost what was only read say so, until the day is over", async () => {
  await store({ name: "lost", value: 1 });
  for (let i = 0; i < 5; i++) await query({ metric: "lost" });
  await evictDurableObject(shard);
  const { today } = await status();
  expect(today.atLeast).toBe(true);
  vi.setSystemTime(NOW + 24 * HOUR);
  expect((await status()).today).not.toHaveProperty("atLeast");
});

test("a point that came while the clock was a year ahead is not what was last seen for a year", async () => {
  const seen = async (): Promise<unknown> => {
    const [listed] = (await listMetrics({ search: "year" })).metrics;
    const { lastAt, last } = await describeMetric("year");
    expect(listed).toMatchObject({ lastAt, last });
    return { lastAt, last };
  };
  vi.setSystemTime(NOW + 365 * DAY);
  await store({ name: "year", value: 99, labels: { host: "a" } });
  await shard.flush();
  vi.setSystemTime(NOW + MINUTE);
  // Nobody can have seen it later than now.
  expect(await seen()).toEqual({ lastAt: NOW + MINUTE, last: 99 });
  await store({ name: "year", value: 1, timestamp: NOW, labels: { host: "b" } });
  expect(await seen()).toEqual({ lastAt: NOW, last: 1 });
  await shard.flush();
  await evictDurableObject(shard);
  vi.setSystemTime(NOW + HOUR);
  expect(await seen()).toEqual({ lastAt: NOW, last: 1 });
  await store({ name: "year", value: 2, timestamp: NOW + HOUR, labels: { host: "a" } });
  expect(await seen()).toEqual({ lastAt: NOW + HOUR, last: 2 });
});
