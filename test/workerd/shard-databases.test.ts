// A store that gets another database: the shards that write there from now on have flushed what they
// held to the one of before, and whatever is read, or removed, is so in both.

import { applyD1Migrations, evictDurableObject, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import type { QueryAnswer } from "../../src/core/api.ts";
import { shardOf } from "../../src/core/series/route.ts";
import { HOUR, MINUTE } from "../../src/core/tiers.ts";
import { removeElsewhere } from "../../src/d1/removal.ts";
import { app } from "../../src/worker/app.ts";
import { NOW } from "./api-client.ts";
import { noFaults, releaseZombies } from "./faults.ts";
import { interrupted } from "./interrupted.ts";
import { databases, Shard } from "./worker.ts";

const SHARDS = 2;
/** The second one: it writes to DB_1 when there is one. */
const shard = () => env.SHARD.getByName("1");

/** Names of metrics of that shard. */
const [a, b, c] = Array.from({ length: 40 }, (_, i) => `metric.${i}`).filter(
  (name) => shardOf(name, SHARDS) === 1,
) as [string, string, string];

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  await reset();
  for (const db of [env.DB, env.SPARE_1]) await applyD1Migrations(db, env.MIGRATIONS);
  Shard.variables = { SHARDS: String(SHARDS) };
  Shard.meanwhile = () => Promise.resolve();
  for (const faults of [Shard.faults, ...Shard.spareFaults]) {
    faults.next = "none";
    faults.zombies.length = 0;
  }
  await deploy(1);
});

/** The Worker and the shards start anew, with so many databases bound. */
async function deploy(count: number): Promise<void> {
  Shard.databases = count;
  for (let i = 0; i < SHARDS; i++)
    await evictDurableObject(env.SHARD.getByName(String(i))).catch(() => undefined);
}

const worker = (): typeof env => ({
  ...env,
  SHARDS: String(SHARDS),
  ...databases(env, [noFaults(), noFaults(), noFaults()], Shard.databases),
});

async function post(name: string, minutesAgo = 0): Promise<void> {
  const body = JSON.stringify({ name, value: 1, timestamp: NOW - minutesAgo * MINUTE });
  const response = await app.request("/api/v1/points", { method: "POST", body }, worker());
  expect(response.status, await response.text()).toBe(200);
}

const remove = async (name: string): Promise<boolean> => await shard().remove(name);

async function count(name: string): Promise<number> {
  const path = `/api/v1/query?metric=${name}&resolution=minute&from=-2d&to=%2B1m`;
  const response = await app.request(path, {}, worker());
  expect([200, 404], await response.clone().text()).toContain(response.status);
  if (response.status === 404) return 0;
  const { series } = await response.json<QueryAnswer>();
  return series.flatMap((one) => one.count).reduce((sum, n) => sum + n, 0);
}

const seriesIn = async (db: D1Database): Promise<readonly unknown[]> =>
  (await db.prepare("SELECT metric FROM series ORDER BY metric").all()).results.map(
    ({ metric }) => metric,
  );

const hoursIn = async (db: D1Database): Promise<number> =>
  (await db.prepare("SELECT count(*) AS n FROM minute").first<number>("n")) ?? 0;

const headOf = (name: string) =>
  shard().head({ metrics: [name], labels: [], from: NOW - 2 * HOUR, to: NOW + HOUR }, {});

test("what a shard held goes to the database of before, what comes then to the new one", async () => {
  await post(a, 90);
  await shard().flush();
  await post(a, 60);
  expect(await headOf(a)).toMatchObject({ database: "DB", settled: [] });
  await deploy(2);
  await post(a, 30);
  // It has not moved yet: all is found where it is.
  expect(await count(a)).toBe(3);
  expect(await shard().flush()).toBe(true);
  expect(await headOf(a)).toMatchObject({ database: "DB_1", settled: [{ database: "DB" }] });
  expect(await seriesIn(env.DB)).toEqual([a]);
  expect(await seriesIn(env.SPARE_1)).toEqual([]);
  expect(await count(a)).toBe(3);
  await post(a);
  await post(b);
  expect(await count(a)).toBe(4);
  const before = await hoursIn(env.DB);
  expect(await shard().flush()).toBe(true);
  expect(await hoursIn(env.DB)).toBe(before);
  expect(await seriesIn(env.SPARE_1)).toEqual([a, b]);
  expect(await count(a)).toBe(4);
  await evictDurableObject(shard());
  expect(await count(a)).toBe(4);
  expect(await count(b)).toBe(1);
});

test("the first shard stays where it is", async () => {
  const first = env.SHARD.getByName("0");
  const name = Array.from({ length: 9 }, (_, i) => `first.${i}`).find(
    (one) => shardOf(one, SHARDS) === 0,
  )!;
  await post(name);
  await deploy(2);
  expect(await first.flush()).toBe(true);
  expect(await seriesIn(env.DB)).toEqual([name]);
  expect(
    await first.head({ metrics: [name], labels: [], from: NOW - HOUR, to: NOW + HOUR }, {}),
  ).toMatchObject({
    database: "DB",
    settled: [],
  });
});

test.each(["before", "after", "zombie", "hang"] as const)(
  "the database of before fails (%s) while the shard moves: nothing is lost or doubled",
  async (fault) => {
    await post(a, 90);
    await shard().flush();
    await post(a, 60);
    await deploy(2);
    await post(a, 30);
    for (let round = 0; round < 3; round++) {
      Shard.faults.next = fault;
      Shard.faults.times = 1 + round;
      await shard().flush();
      expect(await count(a)).toBe(3);
    }
    Shard.faults.next = "none";
    expect(await shard().flush()).toBe(true);
    await releaseZombies(Shard.faults);
    expect(await headOf(a)).toMatchObject({ database: "DB_1" });
    expect(await count(a)).toBe(3);
    await post(a);
    await shard().flush();
    await releaseZombies(Shard.faults);
    expect(await count(a)).toBe(4);
  },
);

test("the new database is down: the shard goes on with the one of before", async () => {
  // It has written to that one: else it would begin with the new one.
  await post(a, 90);
  expect(await shard().flush()).toBe(true);
  await post(a, 60);
  await deploy(2);
  Shard.spareFaults[0]!.next = "down";
  Shard.spareFaults[0]!.times = 100;
  expect(await shard().flush()).toBe(false);
  expect((await shard().report()).error).toMatch(/Network connection lost/);
  expect(await count(a)).toBe(2);
  await post(a);
  expect(await count(a)).toBe(3);
  await evictDurableObject(shard());
  expect(await count(a)).toBe(3);
  Shard.spareFaults[0]!.next = "none";
  expect(await shard().flush()).toBe(true);
  expect(await headOf(a)).toMatchObject({ database: "DB_1" });
  expect(await count(a)).toBe(3);
});

test("a metric is removed from every database, and new when it comes again", async () => {
  for (const name of [a, b]) await post(name, 60);
  await shard().flush();
  await deploy(2);
  await shard().flush();
  for (const name of [a, b]) await post(name);
  await shard().flush();
  expect(await count(a)).toBe(2);
  expect(await remove(a)).toBe(true);
  expect(await count(a)).toBe(0);
  for (const db of [env.DB, env.SPARE_1]) expect(await seriesIn(db)).toEqual([b]);
  await post(a);
  expect(await count(a)).toBe(1);
  await shard().flush();
  expect(await count(a)).toBe(1);
  expect(await count(b)).toBe(2);
});

test("a database of before that does not answer fails the removal, which can be sent again", async () => {
  await post(a, 60);
  await shard().flush();
  await deploy(2);
  await shard().flush();
  await post(a);
  Shard.faults.next = "before";
  Shard.faults.times = 9;
  expect(await remove(a)).toBe(false);
  Shard.faults.next = "none";
  expect(await count(a)).toBe(2);
  expect(await remove(a)).toBe(true);
  expect(await count(a)).toBe(0);
});

test("a removal that lands late in another database takes nothing that came since", async () => {
  await post(a, 60);
  await shard().flush();
  let between = 0;
  // The series is read; before its removal lands, another one does, and the metric comes again.
  const late = interrupted(env.DB, 2, async () => {
    between++;
    expect(await remove(a)).toBe(true);
    await post(a);
    await shard().flush();
  });
  await removeElsewhere(late.withSession(), a, 1_000);
  expect(between).toBe(1);
  expect(await count(a)).toBe(1);
  expect(await seriesIn(env.DB)).toEqual([a]);
});

test("a removal from other databases waits until nobody holds what they said", async () => {
  let waits = 0;
  let isAnswered = false;
  const early: boolean[] = [];
  const removal = async (name: string): Promise<boolean> => {
    isAnswered = false;
    const removed = await remove(name);
    isAnswered = true;
    return removed;
  };
  Shard.meanwhile = async () => {
    waits++;
    await scheduler.wait(20);
    early.push(isAnswered);
  };
  await post(a);
  await shard().flush();
  await deploy(2);
  expect(await shard().flush()).toBe(true);
  await post(b);
  expect(await count(a)).toBe(1);
  // It may have landed, and is not heard of.
  Shard.faults.next = "after";
  Shard.faults.times = 1;
  expect(await removal(a)).toBe(false);
  expect(waits).toBe(1);
  expect(await removal(a)).toBe(true);
  expect(waits).toBe(2);
  await scheduler.wait(40);
  expect(early).toEqual([false, false]);
  expect(await count(a)).toBe(0);
});

test("a removal costs a database nothing that does not have the metric", async () => {
  await deploy(2);
  await post(c);
  await shard().flush();
  const rows = async (): Promise<unknown> =>
    (await env.DB.prepare("SELECT name, value FROM progress ORDER BY name").all()).results;
  const before = await rows();
  expect(await remove(c)).toBe(true);
  expect(await rows()).toEqual(before);
  expect(await env.DB.prepare("SELECT count(*) AS n FROM flushed").first("n")).toBe(0);
});

test("a binding that was taken away is named, and nothing is taken for all", async () => {
  await deploy(2);
  await post(a, 60);
  await shard().flush();
  await deploy(1);
  await post(a);
  const response = await app.request(`/api/v1/query?metric=${a}&from=-2d`, {}, worker());
  expect(response.status).toBe(503);
  expect(await response.text()).toMatch(/DB_1, which is not bound/);
  expect(
    await shard()
      .flush()
      .catch(() => false),
  ).toBe(false);
  await deploy(2);
  expect(await shard().flush()).toBe(true);
  expect(await count(a)).toBe(2);
});
