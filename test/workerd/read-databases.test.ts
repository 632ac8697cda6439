// A store of several databases: what is in one, in another, in both, or still in a shard is listed, found
// and drawn as if it were in one; and one that fails is said to be missing, never passed over.

import { applyD1Migrations, evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { z } from "zod";
import { compileMatchers } from "../../src/core/query/matcher.ts";
import { shardOf } from "../../src/core/series/route.ts";
import { DAY, HOUR, MINUTE } from "../../src/core/tiers.ts";
import { app } from "../../src/worker/app.ts";
import type { Env } from "../../src/worker/env.ts";
import { errorAnswer } from "../../src/worker/http/error-answer.ts";
import { sourceOf } from "../../src/worker/read/source.ts";
import { metricAnswer } from "../../src/worker/routes/metric.ts";
import { metricsAnswer } from "../../src/worker/routes/metrics.ts";
import { queryAnswer } from "../../src/worker/routes/query-answer.ts";
import { failureOf, NOW, search } from "./api-client.ts";
import { faultyD1, noFaults } from "./faults.ts";
import { Shard } from "./worker.ts";

const stub = (shard: number) => env.SHARD.getByName(String(shard));

/** The store with so many databases. */
const storeOf = (databases: number): Env =>
  Object.assign(
    { ...env, SHARDS: "3" },
    databases > 1 && { DB_1: env.SPARE_1 },
    databases > 2 && { DB_2: env.SPARE_2 },
  );

/** As a deploy does: shards start anew, and their next flush moves them. */
async function deploy(databases: number): Promise<Env> {
  Shard.variables = { SHARDS: "3" };
  Shard.databases = databases;
  for (let i = 0; i < 3; i++) await evictDurableObject(stub(i)).catch(() => undefined);
  return storeOf(databases);
}

const flush = async (): Promise<void> => {
  for (let i = 0; i < 3; i++) expect(await stub(i).flush()).toBe(true);
};

const get = (path: string, store: Env): Promise<Response> =>
  Promise.resolve(app.request(`/api/v1/${path}`, {}, store));

async function read<T>(schema: z.ZodType<T>, path: string, store: Env): Promise<T> {
  const response = await get(path, store);
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return schema.parse(JSON.parse(text));
}

async function post(points: unknown, store: Env): Promise<void> {
  const response = await app.request(
    "/api/v1/points",
    { method: "POST", body: JSON.stringify(points) },
    store,
  );
  expect(response.status, await response.clone().text()).toBe(200);
}

/** Two of each shard. */
const names = [0, 1, 2]
  .flatMap((shard) =>
    Array.from({ length: 60 }, (_, i) => `several.${i}`)
      .filter((name) => shardOf(name, 3) === shard)
      .slice(0, 2),
  )
  .sort();
const hosts = ["x", "y", "z"];
const some = (minute: number, of: readonly string[] = hosts): unknown[] =>
  names.flatMap((name) =>
    of.map((host) => ({ name, value: minute, labels: { host }, timestamp: NOW - minute * MINUTE })),
  );

const queried = async (store: Env, more: Record<string, unknown> = {}): Promise<unknown[]> => {
  const asked = (metric: string) =>
    search({ metric, from: NOW - 2 * DAY, to: NOW + DAY, resolution: "day", ...more });
  const answers = await Promise.all(
    names.map((name) => read(queryAnswer, `query${asked(name)}`, store)),
  );
  return answers.map(({ series }) => series.map(({ count, sum, last }) => [count, sum, last]));
};

let store: Env;

beforeAll(async () => {
  for (const db of [env.SPARE_1, env.SPARE_2]) await applyD1Migrations(db, env.MIGRATIONS);
});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});

describe("series in one database, in several, and in shards", () => {
  beforeAll(async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    store = await deploy(1);
    await post(some(9), store);
    await flush();
    store = await deploy(2);
    await flush();
    await post(some(8, ["x", "new"]), store);
    await flush();
    store = await deploy(3);
    await flush();
    await post(some(7, ["x", "z"]), store);
    await flush();
    await post(some(6, ["x", "fresh"]), store);
  });

  test("are in all of them", async () => {
    const counts = await Promise.all(
      [env.DB, env.SPARE_1, env.SPARE_2].map((db) =>
        db.prepare("SELECT count(*) AS n FROM series").first<number>("n"),
      ),
    );
    expect(
      counts.every((n) => n !== null && n > 0),
      String(counts),
    ).toBe(true);
  });

  test("are drawn as one", async () => {
    expect(await queried(store)).toEqual(
      names.map(() => [[[9], [3 * 9 + 2 * 8 + 2 * 7 + 2 * 6], [6]]]),
    );
    const apart = await queried(store, { by: "host", where: "host=x" });
    expect(apart).toEqual(names.map(() => [[[4], [9 + 8 + 7 + 6], [6]]]));
  });

  test("are listed as one, each series once", async () => {
    const list = await read(metricsAnswer, "metrics?search=several.&sparkline=true", store);
    expect(list.missing).toBeUndefined();
    expect(
      list.metrics.map(({ name, series, labelNames, lastAt, last }) => [
        name,
        series,
        labelNames,
        lastAt,
        last,
      ]),
    ).toEqual(names.map((name) => [name, 5, ["host"], NOW - 6 * MINUTE, 6]));
    for (const { firstAt, sparkline } of list.metrics) {
      expect(firstAt).toBe(NOW - 9 * MINUTE);
      expect(sparkline?.filter((value) => value !== null)).toEqual([9, 8, 7, 6]);
    }
    const pages: string[] = [];
    for (let cursor: string | undefined = ""; cursor !== undefined;) {
      const page: z.output<typeof metricsAnswer> = await read(
        metricsAnswer,
        `metrics${search({ search: "several.", limit: 4, ...(cursor !== "" && { cursor }) })}`,
        store,
      );
      pages.push(...page.metrics.map(({ name }) => name));
      ({ cursor } = page);
    }
    expect(pages).toEqual(names);
  });

  test("are described as one", async () => {
    const described = await read(metricAnswer, `metric?name=${names[0]}`, store);
    expect(described.series).toBe(5);
    expect(described.labels).toEqual([
      {
        name: "host",
        distinct: 5,
        values: ["fresh", "new", "x", "y", "z"].map((value) => ({ value, series: 1 })),
      },
    ]);
  });

  test("are found, and their names", async () => {
    const matchers = compileMatchers([{ label: "__name__", op: "=~", value: "several\\..*" }]);
    if (!matchers.ok) expect.fail();
    const found = await sourceOf(store, "", NOW).series(
      { matchers: matchers.value, from: NOW - HOUR, to: NOW },
      100,
    );
    if (!found.ok) expect.fail(found.error.kind);
    expect(found.value.series.map(({ metric, labels }) => [metric, labels[0]?.[1]])).toEqual(
      names.flatMap((name) => ["fresh", "new", "x", "y", "z"].map((host) => [name, host])),
    );
    const unknown = await get(`metric?name=${names[0]}x`, store);
    expect(errorAnswer.parse(await unknown.json()).error.nearest?.[0]).toBe(names[0]);
  });
});

describe("a database that does not answer", () => {
  const without = (name: "DB" | "DB_1" | "DB_2"): Env => {
    const faults = noFaults();
    faults.next = "down";
    faults.times = Infinity;
    const db = name === "DB" ? env.DB : name === "DB_1" ? env.SPARE_1 : env.SPARE_2;
    return Object.assign({}, store, { [name]: faultyD1(db, faults) });
  };

  test.each(["DB_1", "DB_2"] as const)("(%s) fails queries, and is said in lists", async (name) => {
    const of = without(name);
    const message = `D1 (${name}) did not answer`;
    const failed = await failureOf(await get(`query?metric=${names[0]}`, of), 503, "unavailable");
    expect(failed.message).toBe(`${message}; try again`);
    const list = await read(metricsAnswer, "metrics?search=several.&sparkline=true", of);
    expect(list.missing).toEqual([{ database: name, message }]);
    expect(list.metrics.map((metric) => metric.name)).toEqual(names);
    expect(list.metrics.every(({ sparkline }) => sparkline === undefined)).toBe(true);
    const described = await read(metricAnswer, `metric?name=${names[0]}`, of);
    expect(described.missing).toEqual([{ database: name, message }]);
    // What it may know cannot be said not to be there.
    expect((await get("metric?name=several.nobody", of)).status).toBe(503);
  });

  test("(the first) leaves the list, which says so", async () => {
    const list = await read(metricsAnswer, "metrics?search=several.", without("DB"));
    expect(list.missing).toEqual([{ database: "DB", message: "D1 did not answer" }]);
    expect(list.metrics.map((metric) => metric.name)).toEqual(names);
    expect((await get(`query?metric=${names[0]}`, without("DB"))).status).toBe(503);
  });

  test("that a shard writes to and the Worker does not know is a deploy under way", async () => {
    const failed = await failureOf(
      await get(`query?metric=${names.find((name) => shardOf(name, 3) === 2)}`, storeOf(1)),
      503,
      "unavailable",
    );
    expect(failed.message).toMatch(
      /database DB_[12], which is not bound here: a deploy is under way/,
    );
  });
});
