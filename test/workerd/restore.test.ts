// D1 restored to an earlier time: what it lost is gone, and everything goes on from what is there.

import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import { DAY, MINUTE } from "../../src/core/tiers.ts";
import { fetchApi, listMetrics, NOW, query, store } from "./api-client.ts";
import { bookmark } from "./bookmark.ts";

const shard = env.SHARD.getByName("0");

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

const post = (minutesAgo: number): Promise<unknown> =>
  store([{ name: "m", value: 1, timestamp: NOW - minutesAgo * MINUTE }]);

const count = async (): Promise<number> =>
  (await query({ metric: "m", resolution: "day", from: NOW - DAY })).series.reduce(
    (sum, series) => sum + series.count.reduce((a, b) => a + b, 0),
    0,
  );

test("a restored D1 is read at once, and takes what comes, each point once", async () => {
  await post(1);
  await shard.flush();
  const restore = await bookmark(env.DB);
  await post(2);
  await shard.flush();
  await post(3);
  await restore();
  // The first is in D1, the second was lost with it, the third is in the shard.
  expect(await count()).toBe(2);
  expect((await listMetrics()).metrics).toMatchObject([{ name: "m", series: 1 }]);
  expect(await shard.flush()).toBe(true);
  expect(await count()).toBe(2);
  await post(4);
  expect(await shard.flush()).toBe(true);
  expect(await count()).toBe(3);
});

test("a metric can be removed from a restored D1 that no flush has met yet", async () => {
  await post(1);
  await shard.flush();
  const restore = await bookmark(env.DB);
  await post(2);
  await shard.flush();
  await restore();
  const response = await fetchApi("/api/v1/metric?name=m", { method: "DELETE" });
  expect(response.status, await response.text()).toBe(200);
  expect((await listMetrics()).metrics).toEqual([]);
});

test("what a restored D1 lost comes back from an export of before, and nothing twice", async () => {
  await post(50);
  await shard.flush();
  const restore = await bookmark(env.DB);
  await post(40);
  await shard.flush();
  await post(30);
  const exported = await fetchApi("/api/v1/backup?metric=m");
  const lines = new TextDecoder()
    .decode(await exported.arrayBuffer())
    .trimEnd()
    .split("\n");
  expect(JSON.parse(lines.pop()!)).toEqual({ end: true });
  await restore();
  // The second is lost, the third is in the shard.
  expect(await count()).toBe(2);
  const taken = await fetchApi("/api/v1/backup", { method: "POST", body: lines.join("\n") });
  expect(await taken.json()).toEqual({ stored: 1, kept: 2, left: 0 });
  expect(await count()).toBe(3);
  await post(20);
  expect(await shard.flush()).toBe(true);
  expect(await count()).toBe(4);
  expect((await listMetrics()).metrics).toMatchObject([{ name: "m", series: 1 }]);
});

test("a shard remembers the keys of requests whose points went with D1: another key brings them back", async () => {
  const keyed = async (key: string): Promise<unknown> => {
    const body = JSON.stringify([{ name: "m", value: 1, timestamp: NOW - 10 * MINUTE }]);
    const headers = { "idempotency-key": key };
    return await (await fetchApi("/api/v1/points", { method: "POST", headers, body })).json();
  };
  await post(15);
  await shard.flush();
  const before = await count();
  const restore = await bookmark(env.DB);
  expect(await keyed("one")).toEqual({ accepted: 1 });
  await shard.flush();
  await restore();
  expect(await keyed("one")).toEqual({ accepted: 1, duplicate: true });
  expect(await count()).toBe(before);
  expect(await keyed("another")).toEqual({ accepted: 1 });
  expect(await count()).toBe(before + 1);
});
