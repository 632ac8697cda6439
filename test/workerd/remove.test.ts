// What a removal, and a change of SHARDS, must not take with them.

import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { MetricsAnswer, QueryAnswer } from "../../src/core/api.ts";
import { app } from "../../src/worker/app.ts";
import { decodePack, idAt } from "../../src/core/codec/pack.ts";
import { shardOf } from "../../src/core/series/route.ts";
import { DAY, MINUTE } from "../../src/core/tiers.ts";
import { rollUpClosed } from "../../src/worker/cron/rollup.ts";
import { purgeTombstones } from "../../src/worker/cron/tombstones.ts";
import { faultyD1, noFaults, releaseZombies } from "./faults.ts";
import { interrupted } from "./interrupted.ts";
import { Shard } from "./worker.ts";

/** Far ahead of the wall clock, by which alarms fire: the tests run them by hand. */
const NOW = Date.UTC(2031, 0, 20, 12);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

const post = async (names: readonly string[], shards = 1, key = ""): Promise<unknown> => {
  const response = await app.request(
    "/api/v1/points",
    {
      method: "POST",
      headers: key === "" ? {} : { "idempotency-key": key },
      body: JSON.stringify(names.map((name) => ({ name, value: 1 }))),
    },
    { ...env, SHARDS: String(shards) },
  );
  return await response.json();
};

const countOf = async (name: string, shards = 1): Promise<number | undefined> => {
  const response = await app.request(
    `/api/v1/query?metric=${name}&resolution=day&from=-1d`,
    {},
    { ...env, SHARDS: String(shards) },
  );
  return ((await response.json()) as QueryAnswer).series[0]?.count[0];
};

test("a removal that lands late does not touch what was stored since", async () => {
  const shard = env.SHARD.getByName("0");
  await post(["kept"]);
  await shard.flush();
  Shard.faults.next = "zombie";
  Shard.faults.times = 1;
  // The removal is tried again at once, and lands; then comes the one that was given up.
  const removed = await app.request("/api/v1/metric?name=kept", { method: "DELETE" }, env);
  expect(removed.status).toBe(200);
  expect(Shard.faults.zombies).toHaveLength(1);
  await post(["kept"]);
  await shard.flush();
  expect(await countOf("kept")).toBe(1);
  await releaseZombies(Shard.faults);
  expect(await countOf("kept")).toBe(1);
});

/** More minutes than a shard keeps open: they become a page. */
const backfill = async (name: string): Promise<void> => {
  const datapoints = (host: number) => ({
    name,
    labels: { host: String(host) },
    datapoints: Array.from({ length: 7_000 }, (_, i) => [NOW - (i + 1) * MINUTE, i]),
  });
  const body = JSON.stringify(Array.from({ length: 10 }, (_, host) => datapoints(host)));
  const response = await app.request("/api/v1/points", { method: "POST", body }, env);
  expect(await response.json()).toEqual({ accepted: 70_000 });
};

/** Ids of the series of metrics that have one each. */
const idsOf = async (...metrics: readonly string[]): Promise<readonly number[]> =>
  await Promise.all(
    metrics.map(async (metric) => {
      const found = env.DB.prepare("SELECT id FROM series WHERE metric = ?").bind(metric);
      return (await found.first<number>("id")) ?? -1;
    }),
  );

/** Ids of which there is a segment in a table. */
async function slotsIn(table: "minute" | "hour", db = env.DB): Promise<readonly number[]> {
  const { results } = await db
    .prepare(`SELECT pack, body FROM ${table}`)
    .all<{ pack: number; body: string }>();
  return results.flatMap(({ pack, body }) =>
    [...decodePack(body).keys()].map((slot) => idAt(pack, slot)),
  );
}

test("a roll-up that has read a metric's minutes does not write them back after its removal", async () => {
  const shard = env.SHARD.getByName("0");
  await post(["gone", "kept"]);
  await shard.flush();
  const [gone, kept] = await idsOf("gone", "kept");
  let removals = 0;
  // Asked for the range first, then for the minutes: the third batch writes.
  const db = interrupted(env.DB, 3, async () => {
    removals++;
    const removed = await app.request("/api/v1/metric?name=gone", { method: "DELETE" }, env);
    expect(removed.status).toBe(200);
  });
  const at = (token: number) => ({ now: NOW + DAY, token, share: 1, samplesPerMinute: 6 });
  expect(await rollUpClosed(db, at(7))).toMatchObject({ more: true });
  expect(removals).toBe(1);
  expect(await slotsIn("hour")).toEqual([]);
  while ((await purgeTombstones(env.DB, at(8))).more);
  while ((await rollUpClosed(env.DB, at(9))).more);
  expect(await slotsIn("hour")).toContain(kept);
  expect(await slotsIn("hour")).not.toContain(gone);
});

describe("while D1 is slow and other pages are sealed", () => {
  const shard = env.SHARD.getByName("0");
  beforeEach(() => {
    Shard.patienceMs = 30_000;
    return () => (Shard.patienceMs = 50);
  });

  const listed = async (): Promise<readonly string[]> => {
    const response = await app.request("/api/v1/metrics", {}, env);
    const { metrics } = await response.json<MetricsAnswer>();
    return metrics.map(({ name }) => name);
  };
  const expectGone = async (name: string): Promise<void> => {
    expect(await listed()).not.toContain(name);
    for (const path of [`query?metric=${name}`, `metric?name=${name}`])
      expect((await app.request(`/api/v1/${path}`, {}, env)).status).toBe(404);
  };

  /** Removes a metric; `meanwhile` is done while D1 has not answered yet. */
  async function removeSlowly(name: string, meanwhile: () => Promise<unknown>): Promise<void> {
    Shard.faults.next = "slow";
    Shard.faults.times = 1;
    const removal = Promise.resolve(
      app.request(`/api/v1/metric?name=${name}`, { method: "DELETE" }, env),
    );
    await vi.waitFor(() => expect(Shard.faults.slow).toBe(1));
    await meanwhile();
    Shard.faults.slow = 0;
    expect((await removal).status).toBe(200);
  }

  test("a removed metric does not come back", async () => {
    await post(["goes", "stays"]);
    await shard.flush();
    await post(["goes", "stays"]);
    await removeSlowly("goes", async () => {
      await backfill("others");
      // What arrives before the removal is answered goes with it, sealed or not.
      await post(["goes", "stays"]);
      await backfill("others");
      await post(["goes", "stays"]);
    });
    await expectGone("goes");
    await evictDurableObject(shard);
    await expectGone("goes");
    expect(await countOf("stays")).toBe(4);
    expect(await shard.flush()).toBe(true);
    await expectGone("goes");
    await evictDurableObject(shard);
    await expectGone("goes");
    expect(await countOf("stays")).toBe(4);
  });

  test("and is new when it comes again, before and after the pages are flushed", async () => {
    await post(["again", "beside"]);
    await removeSlowly("again", () => backfill("more"));
    await post(["again"]);
    expect(await countOf("again")).toBe(1);
    // Once more, while pages hold its first life.
    const removed = await app.request("/api/v1/metric?name=again", { method: "DELETE" }, env);
    expect(removed.status).toBe(200);
    await expectGone("again");
    await evictDurableObject(shard);
    await expectGone("again");
    await post(["again", "beside"]);
    await post(["again", "beside"]);
    await evictDurableObject(shard);
    expect(await countOf("again")).toBe(2);
    expect(await shard.flush()).toBe(true);
    expect(await countOf("again")).toBe(2);
    expect(await countOf("beside")).toBe(3);
    await evictDurableObject(shard);
    expect(await countOf("again")).toBe(2);
    await post(["again"]);
    expect(await countOf("again")).toBe(3);
    expect(await countOf("more")).toBe(10 * 1_440);
  });
});

test("what is sealed is found while nobody knows whether a removal has landed", async () => {
  const shard = env.SHARD.getByName("0");
  Shard.patienceMs = 30_000;
  await post(["unknown"]);
  await shard.flush();
  await backfill("waits");
  // D1 takes the removal; neither that nor its watermark is heard of.
  Shard.faults.next = "after";
  Shard.faults.times = 2;
  const removed = await app.request("/api/v1/metric?name=unknown", { method: "DELETE" }, env);
  Shard.patienceMs = 50;
  expect(removed.status).toBe(503);
  expect(await idsOf("unknown")).toEqual([-1]);
  expect(await countOf("waits")).toBe(10 * 1_440);
  await evictDurableObject(shard);
  expect(await countOf("waits")).toBe(10 * 1_440);
  expect(await shard.flush()).toBe(true);
  expect(await countOf("waits")).toBe(10 * 1_440);
});

test("a removal needs no flush of the others", async () => {
  const shard = env.SHARD.getByName("0");
  await post(["alone", "crowd"]);
  const { unflushedBuckets } = await shard.report();
  const removed = await app.request("/api/v1/metric?name=alone", { method: "DELETE" }, env);
  expect(removed.status).toBe(200);
  expect((await shard.report()).unflushedBuckets).toBe(unflushedBuckets - 1);
});

test("a key of one layout does not hide other metrics of the request under the next", async () => {
  const names = Array.from({ length: 40 }, (_, i) => `metric.${i}`);
  const a = names.find((name) => shardOf(name, 2) === 0 && shardOf(name, 3) === 0)!;
  const b = names.find((name) => shardOf(name, 2) === 1 && shardOf(name, 3) === 0)!;
  expect(await post([a], 2, "k")).toEqual({ accepted: 1 });
  expect(await post([a, b], 3, "k")).toEqual({ accepted: 2 });
  expect(await countOf(b, 3)).toBe(1);
});

test("status answers when D1 does not", async () => {
  const faults = noFaults();
  faults.next = "down";
  faults.times = 9;
  const response = await app.request(
    "/api/v1/status",
    {},
    { ...env, DB: faultyD1(env.DB, faults) },
  );
  expect(await response.json()).toMatchObject({
    shards: [{ shard: 0 }],
    databases: [{ name: "DB", error: "D1_ERROR: Network connection lost." }],
  });
});
