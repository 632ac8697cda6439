// What a store says of itself to its operator: what it refused and why, and the same in /status and
// in /metrics. That promtool takes it is tested with the clients.

import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import * as LIMITS from "../../src/core/limits.ts";
import { DAY, HOUR } from "../../src/core/tiers.ts";
import { app } from "../../src/worker/app.ts";
import { fetchApi, NOW, post, status, store, TOKEN } from "./api-client.ts";
import { withoutShard } from "./faults.ts";

let now = NOW;

beforeEach(() => {
  // Each test has a day of its own.
  vi.useFakeTimers({ toFake: ["Date"], now: (now += DAY) });
});

const metrics = async (bindings: object = {}): Promise<string> => {
  const response = await app.request("/metrics", {}, { ...env, ...bindings });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  return await response.text();
};

test("points that are refused are counted by why, whatever refuses them", async () => {
  await store([1, 2, 3].map((value) => ({ name: "counted", value })));
  const points = [
    { name: "counted", value: 1, timestamp: now - 500 * DAY },
    { name: "counted", value: 1, timestamp: now + HOUR },
    { name: "counted", value: "x" },
    { name: "counted", value: 4 },
  ];
  expect((await post(points, { query: "?bad=skip" })).status).toBe(422);
  expect((await post(points)).status).toBe(400);
  expect((await post("{")).status).toBe(400);
  expect((await fetchApi("/api/v1/query?metric=nobody")).status).toBe(404);
  const { today } = await status();
  expect(today).toMatchObject({
    pointsAccepted: 4,
    pointsRefused: { too_old: 1, too_far_ahead: 1, invalid_point: 3 },
    requestsRefused: { invalid_json: 1, unknown_metric: 1 },
  });
  const text = await metrics();
  expect(text).toContain('\nminuet_points_refused_total{reason="too_old"} 1\n');
  expect(text).toContain('\nminuet_requests_refused_total{reason="unknown_metric"} 1\n');
  expect(text).toContain("\nminuet_points_accepted_total 4\n");
});

test("every reason is told from the beginning, so that the first refusal is seen to be one more", async () => {
  const of = async (): Promise<string[]> =>
    [...(await metrics()).matchAll(/^(minuet_\w+_refused_total\{.*\}) (\d+)$/gm)].map(
      ([line]) => line,
    );
  const before = await of();
  expect(before.length).toBeGreaterThan(40);
  for (const line of before) expect(line).toMatch(/ 0$/);
  expect((await status()).today).toMatchObject({ pointsRefused: {}, requestsRefused: {} });
  await post([{ name: "counted", value: "x" }]);
  await fetchApi("/api/v1/query?metric=nobody");
  await status();
  const risen = before.map((line) =>
    /"invalid_point"|requests.*"unknown_metric"/.test(line) ? line.replace(/0$/, "1") : line,
  );
  expect(await of()).toEqual(risen);
});

test("a store that does not answer in part refuses those points alone", async () => {
  const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
  onTestFinished(() => logged.mockRestore());
  const broken = { ...env, SHARDS: "2", SHARD: withoutShard(env.SHARD, 1) };
  const body = JSON.stringify(["a", "b", "c", "d", "e", "f"].map((name) => ({ name, value: 1 })));
  const headers = { "content-type": "application/json" };
  const response = await app.request("/api/v1/points", { method: "POST", body, headers }, broken);
  expect(response.status).toBe(503);
  const { today } = await status();
  expect(today.pointsAccepted).toBeGreaterThan(0);
  expect(today.pointsRefused).toEqual({ unavailable: 6 - today.pointsAccepted });
});

test("counts outlive the memory of the shard with the next points, and end with the day", async () => {
  await post({ name: "kept", value: "x" });
  await store({ name: "kept", value: 1 });
  await store({ name: "kept", value: 1 });
  await evictDurableObject(env.SHARD.getByName("0"));
  const { today } = await status();
  expect(today).toMatchObject({ pointsRefused: { invalid_point: 1 } });
  expect(today.pointsAccepted).toBeGreaterThan(0);
  vi.setSystemTime((now += DAY));
  expect((await status()).today).toMatchObject({ pointsAccepted: 0, pointsRefused: {} });
});

test("the metrics say what the status says, of what does not answer too", async () => {
  const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
  onTestFinished(() => logged.mockRestore());
  await env.SHARD.getByName("0").flush();
  await store({ name: "lagging", value: 1 });
  vi.setSystemTime(now + 2 * HOUR);
  const silent = { SHARDS: "2", SHARD: withoutShard(env.SHARD, 1) };
  const text = await metrics(silent);
  expect(text).toContain('\nminuet_shard_up{shard="0"} 1\nminuet_shard_up{shard="1"} 0\n');
  expect(text).toContain('\nminuet_shard_lag_seconds{shard="0"} 7200\n');
  expect(text).toContain('\nminuet_signs{sign="lag"} 1\n');
  expect(text).toContain('\nminuet_signs{sign="shard-silent"} 1\n');
  expect(text).toContain('\nminuet_database_up{database="DB"} 1\n');
  const series = /^minuet_shard_saturation_ratio\{shard="0",resource="series"\} (.*)$/m.exec(text);
  expect(Number(series![1]) * LIMITS.seriesPerShard).toBeCloseTo(
    Number(/^minuet_shard_series\{shard="0"\} (.*)$/m.exec(text)![1]),
  );
});

test("they are for who may read all metrics", async () => {
  const closed = { ...env, OPEN: "", API_TOKEN: TOKEN };
  const ask = async (authorization?: string): Promise<number> =>
    (await app.request("/metrics", { headers: authorization ? { authorization } : {} }, closed))
      .status;
  expect(await ask()).toBe(401);
  expect(await ask(`Bearer ${TOKEN}`)).toBe(200);
  expect(await ask(`Basic ${btoa(`any:${TOKEN}`)}`)).toBe(200);
  const init = {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}` },
    body: '{"name":"team","scope":"read","prefix":"team."}',
  };
  const made = await app.request("/api/v1/tokens", init, closed);
  const { token } = (await made.json()) as { readonly token: string };
  expect(await ask(`Bearer ${token}`)).toBe(403);
});
