// The catalogue under stress: unknown metrics in a loop do not read it all each time, and a shard that
// cannot start takes only its own metrics with it.

import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import { shardOf } from "../../src/core/series/route.ts";
import { app } from "../../src/worker/app.ts";
import type { Env } from "../../src/worker/env.ts";
import { errorAnswer } from "../../src/worker/http/error-answer.ts";
import { metricAnswer } from "../../src/worker/routes/metric.ts";
import { metricsAnswer } from "../../src/worker/routes/metrics.ts";
import { NOW, status, store } from "./api-client.ts";
import { withoutShard } from "./faults.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});

const flush = async (shards: number): Promise<void> => {
  for (let shard = 0; shard < shards; shard++) await env.SHARD.getByName(String(shard)).flush();
};

test("asking for unknown metrics in a loop reads the names now and then, not each time", async () => {
  const metrics = 200;
  const series = 20;
  await store(
    Array.from({ length: metrics * series }, (_, i) => ({
      name: `known.${Math.floor(i / series)}`,
      value: 1,
      labels: { i: String(i) },
    })),
  );
  await flush(1);
  const rows = async (): Promise<number> => (await status()).today.d1RowsRead;
  const before = await rows();
  const asked = 50;
  for (let i = 0; i < asked; i++) {
    const response = await app.request(`/api/v1/metric?name=known.${i}x`, {}, env);
    expect(response.status).toBe(404);
    expect(errorAnswer.parse(await response.json()).error.nearest).toContain(`known.${i}`);
  }
  // Once the names, a seek or two each; besides, a few rows of a question about one metric.
  expect((await rows()) - before).toBeLessThan(3 * metrics + 10 * asked);
  // They are kept for a second, not for ever.
  vi.setSystemTime(NOW + 60_000);
  await store({ name: "fresh.name", value: 1 });
  const response = await app.request("/api/v1/metric?name=fresh.nam", {}, env);
  expect(errorAnswer.parse(await response.json()).error.nearest?.[0]).toBe("fresh.name");
});

test("one of four shards cannot start: the metrics of the others are listed, found and drawn", async () => {
  const SHARDS = "4";
  const names = Array.from({ length: 40 }, (_, i) => `spread.${i}`);
  const broken = 2;
  const post = await app.request(
    "/api/v1/points",
    { method: "POST", body: JSON.stringify(names.map((name) => ({ name, value: 1 }))) },
    { ...env, SHARDS },
  );
  expect(post.status).toBe(200);
  const isGone = (name: string): boolean => shardOf(name, 4) === broken;
  // D1 knows one of the metrics of the broken shard.
  const known = names.find(isGone)!;
  const of: Env = { ...env, SHARDS, SHARD: withoutShard(env.SHARD, broken) };
  const get = (path: string): Promise<Response> =>
    Promise.resolve(app.request(`/api/v1/${path}`, {}, of));

  const list = metricsAnswer.parse(
    await (await get("metrics?search=spread&limit=1000&sparkline=true")).json(),
  );
  expect(list.metrics.map(({ name }) => name)).toEqual(
    names.filter((name) => !isGone(name)).sort(),
  );
  expect(list.metrics.every(({ sparkline }) => sparkline?.at(-1) === 1)).toBe(true);
  const missing = [{ shard: broken, message: expect.stringMatching(/^shard 2 did not answer/) }];
  expect(list.missing).toEqual(missing);

  const unknown = names.find((name) => !isGone(`${name}x`))!;
  const error = await get(`metric?name=${unknown}x`);
  expect(error.status).toBe(404);
  expect(errorAnswer.parse(await error.json()).error.message).toMatch(/Shard 2 did not answer/);

  // What only the broken shard may know cannot be said not to be there.
  expect((await get(`metric?name=${known}`)).status).toBe(503);
  await flush(4);
  expect(metricAnswer.parse(await (await get(`metric?name=${known}`)).json())).toMatchObject({
    series: 1,
    missing,
  });
  // And it has no sparkline, rather than half of one.
  const again = metricsAnswer.parse(
    await (await get("metrics?search=spread&limit=1000&sparkline=true")).json(),
  );
  expect(again.metrics).toHaveLength(names.length);
  expect(again.metrics.find(({ name }) => name === known)?.sparkline).toBeUndefined();
});
