// The sparklines of the list are the averages that /query gives by the minute, for every metric of
// the page: flushed or not, while a flush lands between the reads, and while SHARDS is changing.

import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { z } from "zod";
import * as LIMITS from "../../src/core/limits.ts";
import { shardOf } from "../../src/core/series/route.ts";
import { HOUR, MINUTE } from "../../src/core/tiers.ts";
import { app } from "../../src/worker/app.ts";
import { runCron } from "../../src/worker/cron/cron.ts";
import type { Env } from "../../src/worker/env.ts";
import { packCache } from "../../src/worker/in-room.ts";
import { metricsAnswer } from "../../src/worker/routes/metrics.ts";
import { queryAnswer } from "../../src/worker/routes/query-answer.ts";
import { failureOf, fetchApi, NOW as NOON, search, status } from "./api-client.ts";
import { releaseZombies } from "./faults.ts";
import { Shard } from "./worker.ts";

/** The last hour lies in two hours. */
const NOW = NOON + 30 * MINUTE + 12_345;
const FROM = NOON - 29 * MINUTE;

const shard = env.SHARD.getByName("0");

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

type Answer = z.output<typeof metricsAnswer>;
type Item = Answer["metrics"][number];
interface Sent {
  readonly name: string;
  readonly value: number;
  readonly timestamp: number;
  readonly labels?: Record<string, string>;
}

const put = async (points: readonly Sent[], store: Env = env): Promise<void> => {
  const response = await app.request(
    "/api/v1/points",
    { method: "POST", body: JSON.stringify(points) },
    store,
  );
  expect(await response.json()).toEqual({ accepted: points.length });
};

const list = async (asked: Record<string, unknown>, store: Env = env): Promise<Answer> => {
  const path = `/api/v1/metrics${search({ sparkline: true, ...asked })}`;
  const response = await app.request(path, {}, store);
  const answer = metricsAnswer.strict().parse(await response.json());
  expect(answer.sparklineFrom).toBe(FROM);
  return answer;
};

/** What /query says of the same minutes. */
async function queried(metric: string, store: Env = env): Promise<(number | null)[]> {
  const range = { metric, from: FROM, to: FROM + HOUR, resolution: "minute" };
  const response = await app.request(`/api/v1/query${search(range)}`, {}, store);
  const { series } = queryAnswer.strict().parse(await response.json());
  const at = new Map(series[0]?.t.map((start, i) => [start, series[0]?.avg[i] ?? null]));
  return Array.from({ length: 60 }, (_, i) => at.get(FROM + i * MINUTE) ?? null);
}

/** All metrics of a search have the sparklines of /query; gives them by name. */
async function same(text: string, count: number, store: Env = env): Promise<Map<string, Item>> {
  const { metrics } = await list({ search: text, limit: 1_000 }, store);
  expect(metrics).toHaveLength(count);
  for (const { name, sparkline } of metrics)
    expect([name, sparkline]).toEqual([name, await queried(name, store)]);
  return new Map(metrics.map((metric) => [metric.name, metric]));
}

const known = (item: Item | undefined): number =>
  item?.sparkline?.filter((value) => value !== null).length ?? -1;

/** Points of several series of several metrics in minutes [first, end) of the hour. */
const some = (names: readonly string[], first: number, end: number, times = 1): Sent[] =>
  names.flatMap((name, n) =>
    ["a", "b", "c"].flatMap((host, h) =>
      Array.from({ length: end - first }, (_, i) => ({
        name,
        value: (times * (n + 1) * (h + 7) * (first + i + 3) * 7919) / 1000,
        timestamp: FROM + (first + i) * MINUTE + h * 1_000 + n,
        labels: { host },
      })),
    ),
  );

const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}.${i}`);

test("flushed, not flushed, both in one minute, and a hole", async () => {
  const metrics = names("halves", 4);
  await put(some(metrics, 0, 30));
  await same("halves", 4);
  expect(await shard.flush()).toBe(true);
  await same("halves", 4);
  await put(some(metrics, 29, 40, 3));
  await put(some(metrics.slice(1, 2), 50, 60));
  const check = async (): Promise<void> => {
    const found = await same("halves", 4);
    expect(known(found.get("halves.0"))).toBe(40);
    expect(known(found.get("halves.1"))).toBe(50);
    expect(found.get("halves.1")?.sparkline?.slice(40, 50)).toEqual(Array(10).fill(null));
    expect(found.get("halves.1")?.sparkline?.at(-1)).not.toBeNull();
  };
  await check();
  await evictDurableObject(shard);
  await check();
  expect(await shard.flush()).toBe(true);
  await check();
});

test("series count by their points: the average of all, not of averages", async () => {
  const at = FROM + 59 * MINUTE;
  await put([
    { name: "exact", value: 1, timestamp: at, labels: { host: "a" } },
    { name: "exact", value: 2, timestamp: at + 1, labels: { host: "a" } },
    { name: "exact", value: 9, timestamp: at + 2, labels: { host: "b" } },
  ]);
  expect((await same("exact", 1)).get("exact")?.sparkline?.at(-1)).toBe(4);
});

test("only the last hour: what is older, ahead, or of a metric at rest", async () => {
  await put([
    { name: "rest.old", value: 1, timestamp: FROM - 1 },
    { name: "rest.ahead", value: 2, timestamp: FROM + HOUR },
    { name: "rest.edges", value: 3, timestamp: FROM - 1 },
    { name: "rest.edges", value: 4, timestamp: FROM },
    { name: "rest.edges", value: 5, timestamp: FROM + HOUR - 1 },
    { name: "rest.edges", value: 6, timestamp: FROM + HOUR },
  ]);
  for (let i = 0; i < 2; i++) {
    const found = await same("rest.", 3);
    expect(known(found.get("rest.old"))).toBe(0);
    expect(known(found.get("rest.ahead"))).toBe(0);
    expect(known(found.get("rest.edges"))).toBe(2);
    await shard.flush();
  }
});

test("pages in D1 that the shard does not know to be there count once", async () => {
  const metrics = names("doubt", 2);
  await put(some(metrics, 0, 20));
  Shard.faults.next = "zombie";
  Shard.faults.times = 2;
  expect(await shard.flush()).toBe(false);
  await put(some(metrics, 10, 30, 3));
  const before = await same("doubt", 2);
  await releaseZombies(Shard.faults);
  expect(await same("doubt", 2)).toEqual(before);
  expect(await shard.flush()).toBe(true);
  expect(await same("doubt", 2)).toEqual(before);
});

/** A store of which one side is read first, then `work` is done, then the other side is read. */
function between(first: "shard" | "D1", work: () => Promise<unknown>): Env {
  let answered = (): void => {};
  const firstAnswer = new Promise<void>((resolve) => (answered = resolve));
  let worked: Promise<unknown> | undefined;
  const read = async <T>(side: "shard" | "D1", run: () => Promise<T>): Promise<T> => {
    if (side !== first) {
      await firstAnswer;
      await (worked ??= work());
    }
    const answer = await run();
    if (side === first) answered();
    return answer;
  };
  const sessionOf = (session: D1DatabaseSession): unknown => {
    let minutes = false;
    return {
      prepare: (sql: string) => {
        minutes ||= sql.includes("minute AS t");
        return session.prepare(sql);
      },
      batch: (statements: D1PreparedStatement[]) =>
        minutes ? read("D1", () => session.batch(statements)) : session.batch(statements),
    };
  };
  const stubOf = (name: string): unknown => {
    const stub = env.SHARD.getByName(name);
    return {
      metrics: (...asked: Parameters<Shard["metrics"]>) => stub.metrics(...asked),
      head: (...asked: Parameters<Shard["head"]>) =>
        read("shard", async () => await stub.head(...asked)),
    };
  };
  return {
    ...env,
    DB: {
      prepare: (sql: string) => env.DB.prepare(sql),
      withSession: (constraint?: string) => sessionOf(env.DB.withSession(constraint)),
    },
    SHARD: { getByName: stubOf },
  } as unknown as Env;
}

test.each(["shard", "D1"] as const)("a flush that lands after %s was read", async (first) => {
  const metrics = names(`between ${first}`, 3);
  await put(some(metrics, 0, 20));
  await shard.flush();
  await put(some(metrics, 15, 40, 3));
  const before = await list({ search: metrics[0]?.slice(0, -2) });
  packCache.reads.clear();
  let flushed = false;
  const store = between(first, async () => {
    flushed = await shard.flush();
  });
  expect(await list({ search: metrics[0]?.slice(0, -2) }, store)).toEqual(before);
  expect(flushed).toBe(true);
  expect(known(before.metrics[2])).toBe(40);
});

describe("the page of the list", () => {
  test("follows the cursor", async () => {
    const metrics = names("page", 5);
    await put(some(metrics, 0, 5));
    const all = (await list({ search: "page." })).metrics;
    const found: Item[] = [];
    let cursor: string | undefined;
    do {
      const page = await list({ search: "page.", limit: 2, ...(cursor && { cursor }) });
      found.push(...page.metrics);
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(found).toEqual(all);
    expect(found.map(({ name }) => name)).toEqual(metrics);
    await same("page.", 5);
  });

  test("is empty", async () => {
    expect((await list({ search: "nothing of that" })).metrics).toEqual([]);
  });

  test("has no sparklines unless asked, and otherwise says the same", async () => {
    await put(some(["plain"], 0, 3));
    const [item] = (await list({ search: "plain" })).metrics;
    const { sparkline, ...rest } = item!;
    expect(sparkline).toHaveLength(60);
    for (const asked of ["", "&sparkline=false"]) {
      const response = await fetchApi(`/api/v1/metrics?search=plain${asked}`);
      expect(await response.json()).toEqual({ metrics: [rest] });
    }
    const wrong = await fetchApi("/api/v1/metrics?sparkline=yes");
    expect((await failureOf(wrong, 400, "invalid_parameter")).message).toContain("sparkline");
  });

  test("leaves out a metric for whose series there is no room, not those behind it", async () => {
    const wide = (name: string, series: number): Sent[] =>
      Array.from({ length: series }, (_, i) => ({
        name,
        value: i,
        timestamp: NOW,
        labels: { i: String(i) },
      }));
    await put(wide("room.a", LIMITS.sparklineSeries - 5));
    await put(wide("room.b", 6));
    await put(wide("room.c", 5));
    await put(wide("room.d", 1));
    await put([{ name: "room.e", value: 1, timestamp: FROM - 1 }]);
    const check = async (): Promise<void> => {
      const { metrics } = await list({ search: "room." });
      expect(metrics.map((metric) => known(metric))).toEqual([1, -1, 1, -1, 0]);
      expect(metrics[0]?.sparkline).toEqual(await queried("room.a"));
      expect(metrics[1]).not.toHaveProperty("sparkline");
      expect((await list({ search: "room.b" })).metrics.map(known)).toEqual([1]);
    };
    await check();
    await shard.flush();
    await check();
  });
});

test("one call to the shard for its list and one for all sparklines", async () => {
  await put(some(names("calls", 40), 0, 2));
  const before = (await status()).today;
  await list({ search: "calls." });
  const after = (await status()).today;
  expect(after.shardRequests - before.shardRequests).toBe(3);
  await shard.flush();
  await list({ search: "calls." });
  expect((await status()).today.d1RowsRead - after.d1RowsRead).toBeGreaterThan(240);
});

describe("several shards", () => {
  const storeOf = (shards: number): Env => ({ ...env, SHARDS: String(shards) });
  const deploy = async (shards: number): Promise<Env> => {
    Shard.variables = { SHARDS: String(shards) };
    for (let i = 0; i < 4; i++)
      await evictDurableObject(env.SHARD.getByName(String(i))).catch(() => undefined);
    return storeOf(shards);
  };

  test("each has its metrics, flushed or not", async () => {
    const store = await deploy(3);
    const metrics = names("three", 12);
    expect(new Set(metrics.map((name) => shardOf(name, 3))).size).toBe(3);
    await put(some(metrics, 0, 20), store);
    await same("three.", 12, store);
    expect(await env.SHARD.getByName("1").flush()).toBe(true);
    await put(some(metrics, 10, 30, 3), store);
    await same("three.", 12, store);
  });

  for (const [before, after] of [
    [3, 4],
    [4, 2],
  ] as const)
    test(`while SHARDS goes from ${before} to ${after}, points lie in two of them`, async () => {
      const prefix = `moving.${before}.`;
      const metrics = names(prefix.slice(0, -1), 12);
      let store = await deploy(before);
      await put(some(metrics, 0, 20), store);
      store = await deploy(after);
      await same(prefix, 12, store);
      await put(some(metrics, 10, 40, 3), store);
      const found = await same(prefix, 12, store);
      for (const item of found.values()) expect(known(item)).toBe(40);
      await runCron(store);
      expect(await same(prefix, 12, store)).toEqual(found);
    });
});
