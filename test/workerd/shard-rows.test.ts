// The rows that a shard writes, by the platform's count: one a request, and few an hour besides. What is
// not written at once for that (a flush that landed) or not at all (keys, a row beside a checkpoint) is
// as safe as if it were.

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
import { HOUR, MINUTE } from "../../src/core/tiers.ts";
import { NOW, query, status, unflushedBuckets } from "./api-client.ts";

const shard = () => env.SHARD.getByName("0");
const SERIES = 150;
const KEYS = Array.from(
  { length: SERIES },
  (_, i) => `wide{"path":"${"x".repeat(100)}","i":"${i}"}`,
);
/** Requests an hour. */
const REQUESTS = 240;
/** A flush is due this long after the hour. */
const DUE = MINUTE;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  await reset();
  await applyD1Migrations(env.DB, env.MIGRATIONS);
});

/** `each` points of every series. */
async function append(at: number, each = 1, keys = KEYS): Promise<void> {
  const points = each * keys.length;
  const batch = {
    series: keys,
    index: Uint8Array.from({ length: points }, (_, i) => i % keys.length),
    at: new Float64Array(points).fill(at),
    value: new Float64Array(points).fill(1),
  };
  vi.setSystemTime(at);
  expect(await shard().append(encodeBatch(batch), 1)).toBe(points);
}

/** Requests of an hour, with the alarm that is due after the hour before it. */
async function hour(from: number): Promise<void> {
  for (let i = 0; i < REQUESTS; i++) {
    const at = from + (i * HOUR) / REQUESTS;
    if (at === from + DUE) {
      vi.setSystemTime(at);
      expect(await runDurableObjectAlarm(shard())).toBe(true);
    }
    await append(at);
  }
}

const rows = async (): Promise<number> => (await status()).today.shardRowsWritten;

const count = async (): Promise<number> =>
  (
    await query({ metric: "wide", resolution: "hour", from: NOW - HOUR, to: NOW + 4 * HOUR })
  ).series.reduce((sum, one) => sum + one.count.reduce((a, b) => a + b, 0), 0);

/** Numbers of the sealed pages of the manifest as it is stored. */
const named = async (): Promise<readonly number[]> =>
  await runInDurableObject(shard(), (_, { storage: { sql } }) => {
    const [row] = sql.exec<{ manifest: string }>("SELECT manifest FROM state").toArray();
    return (JSON.parse(row!.manifest) as { sealed: { id: number }[] }).sealed.map(({ id }) => id);
  });

const kill = (): Promise<unknown> =>
  runInDurableObject(shard(), (_, state) => state.abort("killed by the test")).catch(
    () => undefined,
  );

test("an hour of requests: one row each, and four besides", async () => {
  await hour(NOW);
  await hour(NOW + HOUR);
  const before = await rows();
  // Keys and all, they would have to be folded.
  expect(REQUESTS * SERIES * KEYS[0]!.length).toBeGreaterThan(LIMITS.journalBytes);
  await hour(NOW + 2 * HOUR);
  // The alarm, what is sealed, what stays open, the manifest.
  expect(await rows()).toBe(before + REQUESTS + 4);
  await evictDurableObject(shard());
  expect(await count()).toBe(3 * REQUESTS * SERIES);
});

test("a checkpoint stands for the row of the request that makes it due", async () => {
  const few = KEYS.slice(0, 10);
  await append(NOW, 6_000, few);
  const before = await rows();
  for (let i = 1; i <= 10; i++) {
    await append(NOW + i, 6_000, few);
    await kill();
    expect(await count()).toBe((i + 1) * 6_000 * few.length);
  }
  // Of one of them the manifest, what is open, and the keys of the dictionary.
  expect(await rows()).toBe(before + 10 + 2);
});

test("a flush that landed is known with the next request; who dies before it asks D1", async () => {
  await append(NOW);
  await append(NOW + HOUR);
  vi.setSystemTime(NOW + HOUR + DUE);
  await runDurableObjectAlarm(shard());
  // Of new series the ids are to be kept: that wrote the manifest.
  expect(await named()).toEqual([]);
  vi.setSystemTime(NOW + 2 * HOUR);
  await append(NOW + 2 * HOUR);
  vi.setSystemTime(NOW + 2 * HOUR + DUE);
  await runDurableObjectAlarm(shard());
  expect(await named()).toHaveLength(1);
  expect(await unflushedBuckets()).toBe(SERIES);
  expect(await count()).toBe(3 * SERIES);
  await kill();
  expect(await count()).toBe(3 * SERIES);
  expect(await unflushedBuckets()).toBe(2 * SERIES);
  expect(await shard().flush()).toBe(true);
  expect(await count()).toBe(3 * SERIES);

  await append(NOW + 2 * HOUR + 2 * MINUTE);
  await append(NOW + 3 * HOUR);
  vi.setSystemTime(NOW + 3 * HOUR + DUE);
  await runDurableObjectAlarm(shard());
  await append(NOW + 3 * HOUR + DUE);
  expect(await named()).toHaveLength(1);
  await kill();
  expect(await unflushedBuckets()).toBe(2 * SERIES);
  expect(await count()).toBe(6 * SERIES);
  expect(await shard().flush()).toBe(true);
  expect(await named()).toEqual([]);
  await kill();
  expect(await count()).toBe(6 * SERIES);
});
