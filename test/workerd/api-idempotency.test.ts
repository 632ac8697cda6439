// What an Idempotency-Key stands for: the points of one request that are stored, and nothing else.

import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { shardOf } from "../../src/core/series/route.ts";
import { DAY, HOUR, MINUTE } from "../../src/core/tiers.ts";
import { app } from "../../src/worker/app.ts";
import { failureOf, fetchApi, NOW, partlyOf, post, query, store } from "./api-client.ts";

const shard = env.SHARD.getByName("0");

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

const keyed = (key: string): { headers: Record<string, string> } => ({
  headers: { "idempotency-key": key },
});

/** Points of a metric; 0 when there is no such metric. */
const countOf = async (metric: string): Promise<number> => {
  const path = `/api/v1/query?metric=${encodeURIComponent(metric)}&resolution=minute&from=-2d&to=%2B1h`;
  if ((await fetchApi(path)).status === 404) return 0;
  const { series } = await query({ metric, resolution: "minute", from: "-2d", to: "+1h" });
  return series.flatMap(({ count }) => count).reduce((sum, count) => sum + count, 0);
};

const remove = async (metric: string): Promise<void> => {
  const path = `/api/v1/metric?name=${encodeURIComponent(metric)}`;
  expect((await fetchApi(path, { method: "DELETE" })).status).toBe(200);
};

describe("a removed metric", () => {
  test("is stored again by the request that stored it before, and only that metric", async () => {
    const both = ["gone", "stays"].map((name) => ({ name, value: 1, timestamp: NOW }));
    expect(await store(both, keyed("k"))).toEqual({ accepted: 2 });
    await remove("gone");
    expect(await store(both, keyed("k"))).toEqual({ accepted: 2 });
    expect([await countOf("gone"), await countOf("stays")]).toEqual([1, 1]);
    expect(await store(both, keyed("k"))).toEqual({ accepted: 2, duplicate: true });
    expect([await countOf("gone"), await countOf("stays")]).toEqual([1, 1]);
  });

  test("is not stored twice by a request that came after the removal", async () => {
    const point = { name: "anew", value: 1, timestamp: NOW };
    await store(point, keyed("before"));
    await remove("anew");
    await store(point, keyed("after"));
    await shard.flush();
    await evictDurableObject(shard);
    expect(await store(point, keyed("after"))).toEqual({ accepted: 1, duplicate: true });
    expect(await countOf("anew")).toBe(1);
    expect(await store(point, keyed("before"))).toEqual({ accepted: 1 });
    expect(await countOf("anew")).toBe(2);
  });
});

describe("another request under the same key", () => {
  const other = async (
    body: unknown,
    key: string,
    options: { query?: string; type?: string } = {},
  ): Promise<void> => {
    const error = await failureOf(
      await post(body, { ...keyed(key), ...options }),
      422,
      "key_reused",
    );
    expect(error.message).toContain("nothing was stored");
  };

  test("is refused, and nothing of it is stored", async () => {
    await store({ name: "first", value: 1 }, keyed("reused"));
    await other({ name: "first", value: 2 }, "reused");
    await other([{ name: "second", value: 1 }], "reused");
    expect([await countOf("first"), await countOf("second")]).toEqual([1, 0]);
    await evictDurableObject(shard);
    await other({ name: "first", value: 2 }, "reused");
    await shard.flush();
    await other({ name: "first", value: 2 }, "reused");
    expect(await store({ name: "first", value: 1 }, keyed("reused"))).toEqual({
      accepted: 1,
      duplicate: true,
    });
  });

  test("is one that is read in another way", async () => {
    const text = `{"name":"read","value":1,"timestamp":"${new Date(NOW).toISOString()}"}`;
    await store(text, keyed("read"));
    await other(text, "read", { type: "application/x-ndjson" });
    expect((await store(text, { ...keyed("read"), query: "?precision=ms" })).duplicate).toBe(true);
    await other(text, "read", { query: "?precision=us" });
  });

  test("is not one that was compressed", async () => {
    const text = `{"name":"zipped","value":1,"timestamp":${NOW}}`;
    await store(text, keyed("zipped"));
    const gzip = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
    const repeat = await store(await new Response(gzip).bytes(), {
      headers: { "idempotency-key": "zipped", "content-encoding": "gzip" },
    });
    expect(repeat).toEqual({ accepted: 1, duplicate: true });
  });

  test("stores nothing in any shard", async () => {
    const store = { ...env, SHARDS: "4" };
    const names = Array.from({ length: 40 }, (_, i) => `spread.${i}`);
    const [a, b] = [0, 1].map((at) => names.find((name) => shardOf(name, 4) === at)!);
    const send = async (points: readonly unknown[]): Promise<Response> =>
      await app.request(
        "/api/v1/points",
        { method: "POST", body: JSON.stringify(points), ...keyed("spread") },
        store,
      );
    const point = (name: string) => ({ name, value: 1, timestamp: NOW });
    expect((await send([point(a!)])).status).toBe(200);
    await failureOf(await send([point(a!), point(b!)]), 422, "key_reused");
    const response = await app.request(`/api/v1/query?metric=${b!}`, {}, store);
    expect(response.status).toBe(404);
  });
});

describe("what was rejected is not remembered as stored", () => {
  test("a point that was too far ahead is stored by a repeat when it is not any more", async () => {
    const both = [
      { name: "ahead", value: 1, timestamp: NOW + 10 * MINUTE + 2_000 },
      { name: "ahead", value: 1, timestamp: NOW },
    ];
    const first = await partlyOf(await post(both, keyed("ahead")));
    expect(first).toMatchObject({ accepted: 1, rejectedCount: 1 });
    // Still too far: the same again.
    expect(await partlyOf(await post(both, keyed("ahead")))).toMatchObject({
      accepted: 1,
      duplicate: true,
      rejectedCount: 1,
    });
    vi.setSystemTime(NOW + 3_000);
    expect(await store(both, keyed("ahead"))).toEqual({ accepted: 2 });
    expect(await countOf("ahead")).toBe(2);
    await evictDurableObject(shard);
    expect(await store(both, keyed("ahead"))).toEqual({ accepted: 2, duplicate: true });
    expect(await countOf("ahead")).toBe(2);
  });

  test("a point without a time is stored once, however late the repeat", async () => {
    const body = [
      { name: "arrival", value: 1 },
      { name: "arrival", value: 1, timestamp: NOW + 10 * MINUTE + 2_000 },
    ];
    expect((await post(body, keyed("arrival"))).status).toBe(422);
    vi.setSystemTime(NOW + 2 * HOUR);
    expect(await store(body, keyed("arrival"))).toEqual({ accepted: 2 });
    expect(await countOf("arrival")).toBe(2);
    vi.setSystemTime(NOW + 4 * HOUR);
    expect(await store(body, keyed("arrival"))).toEqual({ accepted: 2, duplicate: true });
    expect(await countOf("arrival")).toBe(2);
  });

  test("old points are stored once, also when the shard has forgotten idle series", async () => {
    const body = [
      { name: "old", value: 1, timestamp: NOW - 4 * DAY },
      { name: "old", value: 1, timestamp: NOW + 10 * MINUTE + 2_000, labels: { ahead: "1" } },
    ];
    expect((await post(body, keyed("old"))).status).toBe(422);
    vi.setSystemTime(NOW + 14 * HOUR);
    await shard.flush();
    expect(await store(body, keyed("old"))).toEqual({ accepted: 2 });
    const { series } = await query({ metric: "old", resolution: "hour", from: "-7d", to: "+1h" });
    expect(series.flatMap(({ count }) => count)).toEqual([1, 1]);
  });
});
