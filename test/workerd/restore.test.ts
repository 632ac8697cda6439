// D1 restored to an earlier time: what it lost is gone, and everything goes on from what is there.

import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import { MINUTE } from "../../src/core/tiers.ts";
import { fetchApi, listMetrics, NOW, store } from "./api-client.ts";

const shard = env.SHARD.getByName("0");
const TABLES = ["minute", "hour", "day", "dirty", "series", "flushed", "progress"];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

const post = (minutesAgo: number): Promise<unknown> =>
  store([{ name: "m", value: 1, timestamp: NOW - minutesAgo * MINUTE }]);

/** What D1 holds now; to be put back later. */
async function bookmark(): Promise<() => Promise<void>> {
  const kept = await Promise.all(
    TABLES.map(async (table) => ({
      table,
      rows: (await env.DB.prepare(`SELECT * FROM ${table}`).all()).results,
    })),
  );
  return async () => {
    for (const { table, rows } of kept) {
      await env.DB.exec(`DELETE FROM ${table}`);
      for (const row of rows)
        await env.DB.prepare(
          `INSERT INTO ${table} (${Object.keys(row).join()}) VALUES (${Object.keys(row)
            .map(() => "?")
            .join()})`,
        )
          .bind(...Object.values(row))
          .run();
    }
  };
}

test("a metric can be removed from a restored D1 that no flush has met yet", async () => {
  await post(1);
  await shard.flush();
  const restore = await bookmark();
  await post(2);
  await shard.flush();
  await restore();
  const response = await fetchApi("/api/v1/metric?name=m", { method: "DELETE" });
  expect(response.status, await response.text()).toBe(200);
  expect((await listMetrics()).metrics).toEqual([]);
});
