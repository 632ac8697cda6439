// What a write says when some shards stored their part and others did not: never less than is so.

import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import { shardOf } from "../../src/core/series/route.ts";
import { app } from "../../src/worker/app.ts";
import { failureOf, NOW } from "./api-client.ts";
import { withoutShard } from "./faults.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});

const nameIn = (shard: number): string =>
  Array.from({ length: 99 }, (_, i) => `part.${i}`).find((name) => shardOf(name, 2) === shard)!;

const send = async (headers: Record<string, string>, silent: number): Promise<Response> =>
  app.request(
    "/api/v1/points",
    {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify([0, 0, 1].map((shard) => ({ name: nameIn(shard), value: 1 }))),
    },
    { ...env, SHARDS: "2", SHARD: withoutShard(env.SHARD, silent) },
  );

test("a shard does not answer: that the other part is stored is said, and what a repeat would do", async () => {
  const response = await send({}, 1);
  const body: unknown = await response.clone().json();
  const error = await failureOf(response, 503, "unavailable");
  expect(body).toMatchObject({ accepted: 2, rejected: [], rejectedCount: 0 });
  expect(error.message).toMatch(/^shard 1 did not answer/);
  expect(error.message).toContain("2 points of other metrics were stored, and would count twice");
});

test("with an Idempotency-Key the advice is to repeat it, and that works", async () => {
  const key = { "idempotency-key": "half" };
  const error = await failureOf(await send(key, 1), 503, "unavailable");
  expect(error.message).toContain("send the same request again, nothing counts twice");
  const repeated = await send(key, -1);
  expect([repeated.status, await repeated.json()]).toEqual([200, { accepted: 3 }]);
});

test("no shard answers: nothing is said to be stored", async () => {
  const response = await app.request(
    "/api/v1/points",
    { method: "POST", body: JSON.stringify({ name: nameIn(0), value: 1 }) },
    { ...env, SHARDS: "2", SHARD: withoutShard(env.SHARD, 0) },
  );
  const body: unknown = await response.clone().json();
  await failureOf(response, 503, "unavailable");
  expect(body).not.toHaveProperty("accepted");
});
