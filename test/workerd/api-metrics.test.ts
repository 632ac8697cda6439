// The list of metrics and what is said of one: newest data at once, series counted exactly, before
// and after a flush; and DELETE, after which a metric is gone, and counts afresh when it comes again.

import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { DAY, HOUR, MINUTE } from "../../src/core/tiers.ts";
import { runCron } from "../../src/worker/cron/cron.ts";
import {
  describeMetric,
  failureOf,
  fetchApi,
  listMetrics,
  NOW,
  query,
  store,
} from "./api-client.ts";

const shard = env.SHARD.getByName("0");

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

const put = (
  name: string,
  value: number,
  timestamp: number,
  labels: Record<string, string> = {},
): Promise<unknown> => store({ name, value, timestamp, labels });

const only = async (name: string): Promise<unknown> =>
  (await listMetrics({ search: name })).metrics;

/** In the shard, flushed, evicted, and with the list in D1 alone: the same answer. */
async function everywhere(check: () => Promise<void>): Promise<void> {
  await check();
  expect(await shard.flush()).toBe(true);
  await check();
  await evictDurableObject(shard);
  await check();
}

test("first, last, last value, series and label names", async () => {
  await put("temp", 5, NOW - HOUR, { room: "1" });
  await put("temp", 7, NOW - MINUTE, { room: "2", floor: "1" });
  await put("temp", 6, NOW - 2 * MINUTE, { room: "1" });
  await everywhere(async () => {
    expect(await only("temp")).toEqual([
      {
        name: "temp",
        series: 2,
        labelNames: ["floor", "room"],
        firstAt: NOW - HOUR,
        lastAt: NOW - MINUTE,
        last: 7,
      },
    ]);
  });
  // What comes after the flush is seen at once.
  await put("temp", 9, NOW, { room: "3", wing: "w" });
  await put("temp", 1, NOW - 2 * HOUR, { room: "1" });
  await everywhere(async () => {
    expect(await only("temp")).toEqual([
      {
        name: "temp",
        series: 3,
        labelNames: ["floor", "room", "wing"],
        firstAt: NOW - 2 * HOUR,
        lastAt: NOW,
        last: 9,
      },
    ]);
  });
});

test("so it is with the regular alarm", async () => {
  await put("alarm", 1, NOW, { host: "a" });
  vi.setSystemTime(NOW + 2 * HOUR);
  expect(await runDurableObjectAlarm(shard)).toBe(true);
  expect(await only("alarm")).toMatchObject([{ series: 1, lastAt: NOW, last: 1 }]);
  await put("alarm", 2, NOW + HOUR, { host: "b" });
  expect(await only("alarm")).toMatchObject([{ series: 2, lastAt: NOW + HOUR, last: 2 }]);
});

test("of equal times the larger value is the last", async () => {
  for (const value of [3, 8, 5]) await put("equal", value, NOW, { v: String(value) });
  await everywhere(async () => {
    expect(await only("equal")).toMatchObject([{ last: 8, lastAt: NOW, series: 3 }]);
  });
});

test("one metric: its labels with their values", async () => {
  for (const [host, dc] of [
    ["a", "eu"],
    ["b", "eu"],
    ["c", "us"],
  ] as const)
    await put("labels", 1, NOW, { host, dc });
  await put("labels", 2, NOW - MINUTE, { dc: "eu" });
  await everywhere(async () => {
    expect(await describeMetric("labels")).toEqual({
      name: "labels",
      series: 4,
      labelNames: ["dc", "host"],
      firstAt: NOW - MINUTE,
      lastAt: NOW,
      last: 1,
      labels: [
        {
          name: "dc",
          distinct: 2,
          values: [
            { value: "eu", series: 3 },
            { value: "us", series: 1 },
          ],
        },
        {
          name: "host",
          distinct: 3,
          values: ["a", "b", "c"].map((value) => ({ value, series: 1 })),
        },
      ],
    });
  });
});

test("names with a slash, a percent sign, a plus, letters of the world", async () => {
  for (const name of ["a/b", "100% + é", "😀", "a b?c#d"]) {
    await put(name, 1, NOW);
    expect(await describeMetric(name)).toMatchObject({ name, series: 1 });
    expect((await query({ metric: name, from: NOW, to: NOW + 1 })).series).toHaveLength(1);
  }
});

describe("the list", () => {
  // In the order of UTF-8 bytes, which is not that of UTF-16: 😀 comes behind Ａ.
  const names = ["list.A", "list.a", "list.b", "list.Ä", "list.Ａ", "list.Ｂ", "list.😀"];

  const pages = async (limit: number): Promise<string[][]> => {
    const found: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await listMetrics({ search: "list.", limit, ...(cursor && { cursor }) });
      found.push(page.metrics.map(({ name }) => name));
      cursor = page.cursor;
    } while (cursor !== undefined && found.length < 20);
    return found;
  };

  const checkPages = async (): Promise<void> => {
    for (const limit of [1, 2, 3, 7, 100]) expect((await pages(limit)).flat()).toEqual(names);
    expect(await pages(4)).toEqual([names.slice(0, 4), names.slice(4)]);
    expect(await pages(7)).toEqual([names]);
  };

  test("goes on where the cursor says, in one order", async () => {
    for (const name of names.toReversed()) await put(name, 1, NOW);
    await checkPages();
    await shard.flush();
    await checkPages();
  });

  test("has metrics of D1 and of the shard in one order", async () => {
    await put("list.aa", 1, NOW);
    await put("list.ａ", 1, NOW);
    const all = [...names.slice(0, 2), "list.aa", ...names.slice(2, 6), "list.ａ", "list.😀"];
    for (const limit of [1, 2, 3, 100]) expect((await pages(limit)).flat()).toEqual(all);
  });

  test("search finds a part of the name, in any case of ASCII letters", async () => {
    await put("Search.CPU_%.Load", 1, NOW);
    const finds = async (text: string): Promise<number> =>
      (await listMetrics({ search: text })).metrics.length;
    await everywhere(async () => {
      expect(await finds("search.cpu")).toBe(1);
      expect(await finds("CPU_%.l")).toBe(1);
      expect(await finds("_%")).toBe(1);
      expect(await finds("_l")).toBe(0);
      expect(await finds("list.Ä")).toBe(1);
      expect(await finds("LIST.Ä")).toBe(1);
      expect(await finds("list.ä")).toBe(0);
      expect(await finds("nothing of that")).toBe(0);
    });
  });

  test("has an ETag", async () => {
    const { headers } = await fetchApi("/api/v1/metrics");
    const again = await fetchApi("/api/v1/metrics", {
      headers: { "if-none-match": headers.get("etag") ?? "" },
    });
    expect(again.status).toBe(304);
  });
});

describe("DELETE", () => {
  const remove = async (name: string): Promise<unknown> => {
    const response = await fetchApi(`/api/v1/metric?name=${encodeURIComponent(name)}`, {
      method: "DELETE",
    });
    expect(response.status).toBe(200);
    return response.json();
  };
  const isGone = async (name: string): Promise<void> => {
    const path = encodeURIComponent(name);
    for (const [method, url] of [
      ["GET", `/api/v1/metric?name=${path}`],
      ["DELETE", `/api/v1/metric?name=${path}`],
      ["GET", `/api/v1/query?metric=${path}&from=-2d`],
      ["GET", `/api/v1/query?metric=${path}&from=-2d&where=host=a`],
    ] as const)
      await failureOf(await fetchApi(url, { method }), 404, "unknown_metric");
    expect(await only(name)).toEqual([]);
  };
  const rows = async (table: string): Promise<number> =>
    (await env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first<number>("n")) ?? -1;

  test("a metric that only the shard has", async () => {
    await put("fresh", 1, NOW, { host: "a" });
    expect(await remove("fresh")).toEqual({ removed: "fresh", series: 1 });
    await isGone("fresh");
    await evictDurableObject(shard);
    await isGone("fresh");
  });

  test("a metric of D1 and the shard, rolled up; its data goes with the cron", async () => {
    await shard.flush();
    vi.setSystemTime(NOW + DAY);
    await runCron(env);
    vi.setSystemTime(NOW);
    const before = await Promise.all(["minute", "hour", "day", "series"].map(rows));
    for (const host of ["a", "b"]) await put("old one", 5, NOW, { host });
    await shard.flush();
    vi.setSystemTime(NOW + DAY);
    await runCron(env);
    await put("old one", 6, NOW + DAY, { host: "c" });
    expect(await remove("old one")).toEqual({ removed: "old one", series: 3 });
    await isGone("old one");
    await runCron(env);
    expect(await Promise.all(["minute", "hour", "day", "series"].map(rows))).toEqual(before);
    expect(await rows("tombstone")).toBe(0);
    await isGone("old one");
  });

  test("a metric that comes again counts afresh", async () => {
    await put("again", 100, NOW, { host: "a" });
    await shard.flush();
    await put("again", 200, NOW, { host: "b" });
    await remove("again");
    await put("again", 1, NOW, { host: "a" });
    const check = async (): Promise<void> => {
      const { series } = await query({
        metric: "again",
        from: NOW - DAY,
        to: NOW + MINUTE,
        by: "*",
      });
      expect(series).toMatchObject([{ labels: { host: "a" }, sum: [1], count: [1] }]);
      expect(await only("again")).toMatchObject([{ series: 1, firstAt: NOW, last: 1 }]);
    };
    await everywhere(check);
    await runCron(env);
    await check();
  });

  test("other metrics stay", async () => {
    await put("stays", 1, NOW);
    await put("stays not", 1, NOW);
    await remove("stays not");
    expect((await query({ metric: "stays", from: NOW, to: NOW + 1 })).series).toMatchObject([
      { count: [1] },
    ]);
  });

  test("a name with a slash", async () => {
    await put("x/y", 1, NOW);
    expect(await remove("x/y")).toEqual({ removed: "x/y", series: 1 });
    await isGone("x/y");
  });
});
