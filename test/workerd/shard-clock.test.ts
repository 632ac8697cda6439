// A shard whose clock was wrong once, a year ahead or behind: it flushes again within the hour, and
// what it and D1 hold of each other stays right.

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import { DAY, HOUR, MINUTE } from "../../src/core/tiers.ts";
import { NOW, query, shardsOf, store, unflushedBuckets } from "./api-client.ts";

const YEAR = 365 * DAY;
const shard = env.SHARD.getByName("0");

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  await runInDurableObject(shard, async (_, state) => {
    await state.storage.deleteAll();
    await state.storage.deleteAlarm();
  });
  await evictDurableObject(shard);
  for (const table of ["minute", "hour", "day", "dirty", "series", "flushed", "progress"])
    await env.DB.exec(`DELETE FROM ${table}`);
});

const alarmAt = (): Promise<number | null> =>
  runInDurableObject(shard, (_, state) => state.storage.getAlarm());

const post = (at: number): Promise<unknown> => store([{ name: "m", value: 1, timestamp: at }]);

const count = async (resolution = "day"): Promise<number> =>
  (await query({ metric: "m", resolution, from: NOW - 2 * DAY, to: NOW + DAY })).series.reduce(
    (sum, series) => sum + series.count.reduce((a, b) => a + b, 0),
    0,
  );

test.each([
  ["a year ahead", YEAR],
  ["a year behind", -YEAR],
  ["an hour back", -HOUR],
])("an alarm that ran with the clock %s does not stop the flushes after it", async (_, wrong) => {
  await post(NOW - MINUTE);
  vi.setSystemTime(NOW + wrong);
  await runDurableObjectAlarm(shard);
  vi.setSystemTime(NOW + MINUTE);
  await post(NOW);
  for (let hour = 1; hour <= 2; hour++) {
    vi.setSystemTime(NOW + hour * HOUR + 10 * MINUTE);
    await runDurableObjectAlarm(shard);
  }
  expect(await unflushedBuckets()).toBe(0);
  expect(await count()).toBe(2);
});

test("an alarm that was set for next year is set anew by the next request, of a reader too", async () => {
  vi.setSystemTime(NOW + YEAR);
  await post(NOW - MINUTE);
  expect(await alarmAt()).toBeGreaterThan(NOW + YEAR);
  vi.setSystemTime(NOW);
  expect(await count()).toBe(1);
  expect(await alarmAt()).toBeLessThanOrEqual(NOW + HOUR);
});

test("an alarm that was set for next year is set anew when the object starts", async () => {
  vi.setSystemTime(NOW + YEAR);
  await post(NOW - MINUTE);
  await evictDurableObject(shard);
  vi.setSystemTime(NOW);
  await shardsOf();
  expect(await alarmAt()).toBeLessThanOrEqual(NOW + HOUR);
});

test("pages numbered by a clock a year ahead count once, with those before and after", async () => {
  await post(NOW - MINUTE);
  await shard.flush();
  vi.setSystemTime(NOW + YEAR);
  await post(NOW - 2 * MINUTE);
  await shard.flush();
  vi.setSystemTime(NOW);
  await post(NOW - 3 * MINUTE);
  await evictDurableObject(shard);
  expect(await count()).toBe(3);
  await shard.flush();
  expect(await count()).toBe(3);
});

test("a shard that lost its storage loses no point to a watermark that is ahead of its clock", async () => {
  vi.setSystemTime(NOW + YEAR);
  await post(NOW - MINUTE);
  await shard.flush();
  vi.setSystemTime(NOW);
  await runInDurableObject(shard, async (_, state) => {
    await state.storage.deleteAll();
    await state.storage.deleteAlarm();
  });
  await evictDurableObject(shard);
  await post(NOW - 2 * MINUTE);
  expect(await shard.flush()).toBe(true);
  expect(await unflushedBuckets()).toBe(0);
  expect(await count()).toBe(2);
  expect(await count("minute")).toBe(2);
});

test("a repeat is recognised after an alarm whose clock was behind wrote the manifest alone", async () => {
  const keyed = { headers: { "idempotency-key": "k" } };
  const point = { name: "m", value: 1, timestamp: NOW };
  await store(point, keyed);
  vi.setSystemTime(NOW - YEAR);
  await runDurableObjectAlarm(shard);
  vi.setSystemTime(NOW);
  await evictDurableObject(shard);
  expect(await store(point, keyed)).toEqual({ accepted: 1, duplicate: true });
  expect(await count()).toBe(1);
});
