// What a removal, and a change of SHARDS, must not take with them.

import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import type { QueryAnswer } from "../../src/core/api.ts";
import { app } from "../../src/worker/app.ts";
import { shardOf } from "../../src/core/series/route.ts";
import { faultyD1, noFaults, releaseZombies } from "./faults.ts";
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
  const removed = await app.request("/api/v1/metric?name=kept", { method: "DELETE" }, env);
  expect(removed.status).toBe(503);
  await post(["kept"]);
  await shard.flush();
  expect(await countOf("kept")).toBe(2);
  await releaseZombies(Shard.faults);
  expect(await countOf("kept")).toBe(2);
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
    d1: { sizeBytes: null, dirtyDays: null, error: "D1_ERROR: Network connection lost." },
  });
});
