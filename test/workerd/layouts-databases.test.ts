// A change of SHARDS in a store of two databases: what moves from one to the other is found, however early, or
// however far behind, that one is read.

import { applyD1Migrations, evictDurableObject, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import type { QueryAnswer } from "../../src/core/api.ts";
import { shardOf } from "../../src/core/series/route.ts";
import { removeLayouts } from "../../src/d1/layouts.ts";
import { app } from "../../src/worker/app.ts";
import { runCron } from "../../src/worker/cron/cron.ts";
import type { Env } from "../../src/worker/env.ts";
import { NOW } from "./api-client.ts";
import { interrupted } from "./interrupted.ts";
import { Shard } from "./worker.ts";

/** Of the second shard, which writes to DB_1, while there are two. */
const NAME = Array.from({ length: 40 }, (_, i) => `moving.${i}`).find(
  (name) => shardOf(name, 2) === 1,
)!;

/** A Worker with so many shards, and other databases in place of its own. */
const workerOf = (
  shards: number,
  more: { DB?: D1Database; DB_1?: D1Database; DB_2?: D1Database } = {},
): Env => Object.assign({ ...env, SHARDS: String(shards) }, { DB_1: env.SPARE_1 }, more);

/** Shards start anew with the code of a deploy. */
async function deployShards(shards: number): Promise<void> {
  Shard.variables = { SHARDS: String(shards) };
  for (let i = 0; i < 2; i++)
    await evictDurableObject(env.SHARD.getByName(String(i))).catch(() => undefined);
}

async function count(worker: Env): Promise<number> {
  const path = `/api/v1/query?metric=${NAME}&resolution=minute&from=-1h&to=%2B1m`;
  const response = await app.request(path, {}, worker);
  if (response.status === 404) return 0;
  expect(response.status, await response.clone().text()).toBe(200);
  const { series } = await response.json<QueryAnswer>();
  return series.flatMap((one) => one.count).reduce((sum, n) => sum + n, 0);
}

type Answer = (land: () => Promise<D1Result[]>, constraint?: string) => Promise<D1Result[]>;

/** D1, whose batches are answered so. */
const answering = (db: D1Database, answer: Answer): D1Database => {
  const withSession = (constraint?: string): unknown => {
    const session = db.withSession(constraint);
    return {
      prepare: (sql: string) => session.prepare(sql),
      batch: (statements: D1PreparedStatement[]) =>
        answer(() => session.batch(statements), constraint),
      getBookmark: () => session.getBookmark(),
    };
  };
  return Object.assign(Object.create(db) as D1Database, { withSession });
};

/** A point waits in the second shard, of which Workers of a deploy know nothing. */
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  await reset();
  for (const db of [env.DB, env.SPARE_1, env.SPARE_2]) await applyD1Migrations(db, env.MIGRATIONS);
  Shard.databases = 2;
  await deployShards(2);
  const body = JSON.stringify({ name: NAME, value: 1, timestamp: NOW });
  const response = await app.request("/api/v1/points", { method: "POST", body }, workerOf(2));
  expect(response.status, await response.text()).toBe(200);
  await deployShards(1);
});

const minutesIn = (db: D1Database): Promise<number | null> =>
  db.prepare("SELECT count(*) AS n FROM minute").first<number>("n");

test("it moves when one database was read and the other was not", async () => {
  let read: (() => void) | undefined;
  const isRead = new Promise<void>((resolve) => (read = resolve));
  const DB_1 = answering(env.SPARE_1, (land) => land().finally(read));
  const DB = interrupted(env.DB, 1, async () => {
    await isRead;
    await runCron(workerOf(1));
  });
  expect(await count(workerOf(1, { DB, DB_1 }))).toBe(1);
  expect(await minutesIn(env.SPARE_1)).toBe(1);
});

test("a replica that does not have it yet is read again at its primary", async () => {
  let behind: D1Result[] | undefined;
  let atPrimary = 0;
  const DB_1 = answering(env.SPARE_1, async (land, constraint) => {
    if (constraint !== "first-primary") return (behind ??= await land());
    atPrimary++;
    return await land();
  });
  expect(await count(workerOf(1, { DB_1 }))).toBe(1);
  await runCron(workerOf(1));
  expect(await minutesIn(env.SPARE_1)).toBe(1);
  atPrimary = 0;
  expect(await count(workerOf(1, { DB_1 }))).toBe(1);
  expect(atPrimary).toBe(1);
  // Once it has it, one reading is enough.
  behind = undefined;
  expect(await count(workerOf(1, { DB_1 }))).toBe(1);
  expect(atPrimary).toBe(1);
});

test("a database that was set back to before, or came since, is read as it is", async () => {
  await runCron(workerOf(1));
  await env.SPARE_1.exec("DELETE FROM progress WHERE name = 'letGo'");
  expect(await count(workerOf(1))).toBe(1);
  expect(await count(workerOf(1, { DB_2: env.SPARE_2 }))).toBe(1);
});

test("counts are taken over with a layout that goes, and not when it was told again", async () => {
  const counts = async (): Promise<unknown[]> =>
    (await env.DB.prepare("SELECT name, value FROM progress WHERE name LIKE 'letGo%'").all())
      .results;
  const removed = (told: number) =>
    removeLayouts(env.DB, [{ shards: 2, told }], new Map([["DB_1", 7]]));
  await env.DB.exec("UPDATE layouts SET told = 2 WHERE shards = 2");
  await removed(1);
  expect(await counts()).toEqual([]);
  await removed(2);
  expect(await counts()).toEqual([{ name: "letGo:DB_1", value: 7 }]);
});
