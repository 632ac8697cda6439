// The ids that shards give to series: each once, neighbours together, also when shards flush side by side.

import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import { decodePack, idAt, packOf } from "../../src/core/codec/pack.ts";
import { shardOf } from "../../src/core/series/route.ts";
import { app } from "../../src/worker/app.ts";
import { NOW } from "./api-client.ts";
import { Shard } from "./worker.ts";

const SHARDS = 4;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  Shard.variables = { SHARDS: String(SHARDS) };
  Shard.patienceMs = 5_000;
});

async function post(round: number): Promise<void> {
  const points = Array.from({ length: 40 }, (_, i) => ({
    name: `m${i % 8}`,
    labels: { round: String(round), host: String(i) },
    value: i,
    timestamp: NOW,
  }));
  const init = { method: "POST", body: JSON.stringify(points) };
  const answer = await app.request("/api/v1/points", init, { ...env, SHARDS: String(SHARDS) });
  expect(answer.status).toBe(200);
}

test("shards that flush at once give each series an id of its own, in packs of their own", async () => {
  for (let round = 0; round < 3; round++) {
    await post(round);
    const done = await Promise.all(
      Array.from({ length: SHARDS }, (_, i) => env.SHARD.getByName(String(i)).flush()),
    );
    expect(done).toEqual(Array(SHARDS).fill(true));
  }
  const { results: series } = await env.DB.prepare("SELECT id, metric FROM series").all<{
    id: number;
    metric: string;
  }>();
  expect(series.length).toBe(120);
  const shardOfPack = new Map<number, number>();
  for (const { id, metric } of series) {
    const shard = shardOf(metric, SHARDS);
    expect(shardOfPack.get(packOf(id)) ?? shard).toBe(shard);
    shardOfPack.set(packOf(id), shard);
  }
  // No place is left free but behind the last series of each shard.
  expect(shardOfPack.size).toBeLessThanOrEqual(Math.ceil(120 / 16) + SHARDS);
  const { results: minutes } = await env.DB.prepare("SELECT pack, body FROM minute").all<{
    pack: number;
    body: string;
  }>();
  const stored = minutes.flatMap(({ pack, body }) =>
    [...decodePack(body).keys()].map((slot) => idAt(pack, slot)),
  );
  expect(stored.sort((a, b) => a - b)).toEqual(series.map(({ id }) => id).sort((a, b) => a - b));
});
