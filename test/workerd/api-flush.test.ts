// POST /api/v1/flush: what shards hold is in D1 when it has answered, and else it says where it is not.

import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import { app } from "../../src/worker/app.ts";
import { withoutShard } from "./faults.ts";
import { fetchApi, NOW, shardsOf, store } from "./api-client.ts";
import { Shard } from "./worker.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

const flush = (): Promise<Response> => fetchApi("/api/v1/flush", { method: "POST" });

test("everything is in D1 afterwards", async () => {
  await store({ name: "m", value: 1 });
  const response = await flush();
  expect([response.status, await response.json()]).toEqual([200, { flushed: 1 }]);
  expect(await shardsOf()).toMatchObject([{ unflushedBuckets: 0 }]);
});

test("a D1 that does not take it is 503, and names the shard that still holds points", async () => {
  await store({ name: "m", value: 1 });
  Object.assign(Shard.faults, { next: "down", times: 9 });
  const response = await flush();
  Object.assign(Shard.faults, { next: "none", times: 1 });
  expect(response.status).toBe(503);
  expect(await response.text()).toContain("shard 0 of 1 still holds points");
});

test("a shard that does not answer is 503, and nothing is said to be done", async () => {
  const SHARD = withoutShard(env.SHARD, 0);
  const response = await app.request("/api/v1/flush", { method: "POST" }, { ...env, SHARD });
  expect(response.status).toBe(503);
});
