// A deploy with another SHARDS: for minutes, Workers and shards of before and of after are at work on
// the same rows, in any combination. What is acknowledged is found by all of them, at once.

import { applyD1Migrations, evictDurableObject, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { MetricAnswer, MetricsAnswer, QueryAnswer } from "../../src/core/api.ts";
import { shardOf } from "../../src/core/series/route.ts";
import { app } from "../../src/worker/app.ts";
import { runCron } from "../../src/worker/cron/cron.ts";
import type { Env } from "../../src/worker/env.ts";
import { NOW } from "./api-client.ts";
import { Shard } from "./worker.ts";

const MOST = 4;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  // What one test made known would help the next.
  await reset();
  await applyD1Migrations(env.DB, env.MIGRATIONS);
});

const workerOf = (shards: number): Env => ({ ...env, SHARDS: String(shards) });

/** Shards start anew with the code of a deploy. */
const deployShards = async (shards: number): Promise<void> => {
  Shard.variables = { SHARDS: String(shards) };
  for (let i = 0; i < MOST; i++)
    await evictDurableObject(env.SHARD.getByName(String(i))).catch(() => undefined);
};

let metrics = 0;

/** A name of its own that the two layouts have in different shards, or in the same. */
const moving = (isSame = false): string => {
  for (;;) {
    const name = `moving.${metrics++}`;
    if ((shardOf(name, 1) === shardOf(name, MOST)) === isSame) return name;
  }
};
const staying = (): string => moving(true);

const post = async (worker: Env, name: string): Promise<void> => {
  const body = JSON.stringify({ name, value: 1, timestamp: NOW });
  const response = await app.request("/api/v1/points", { method: "POST", body }, worker);
  expect(response.status, await response.text()).toBe(200);
};

const get = async <T>(worker: Env, path: string): Promise<T | number> => {
  const response = await app.request(path, {}, worker);
  return response.status === 200 ? ((await response.json()) as T) : response.status;
};

/** Points that a Worker finds, asked in three ways. */
const found = async (worker: Env, name: string): Promise<unknown[]> => {
  const answer = await get<QueryAnswer>(worker, `/api/v1/query?metric=${name}&from=-1h&to=%2B1m`);
  const list = await get<MetricsAnswer>(worker, `/api/v1/metrics?search=${name}`);
  const one = await get<MetricAnswer>(worker, `/api/v1/metric?name=${name}`);
  return [
    typeof answer === "number"
      ? answer
      : answer.series.flatMap(({ count }) => count).reduce((sum, count) => sum + count, 0),
    typeof list === "number" ? list : list.metrics.map((metric) => metric.name),
    typeof one === "number" ? one : one.name,
  ];
};

for (const [before, after] of [
  [1, MOST],
  [MOST, 1],
] as const)
  describe(`from SHARDS ${before} to ${after}`, () => {
    for (const shards of [before, after])
      for (const writer of [before, after])
        test(`what a Worker of ${writer} stores, shards of ${shards} running, both find`, async () => {
          await deployShards(before);
          await post(workerOf(before), moving());
          await deployShards(shards);
          const name = moving();
          await post(workerOf(writer), name);
          for (const reader of [before, after])
            expect(await found(workerOf(reader), name)).toEqual([1, [name], name]);
        });

    test.each([
      ["the cron has not settled yet", () => Promise.resolve()],
      ["the cron has settled", () => runCron(workerOf(after))],
    ])(
      "a Worker of before that has just asked finds what comes by the new one, that %s",
      async (_, meanwhile) => {
        await deployShards(before);
        await post(workerOf(before), staying());
        const name = moving();
        for (let i = 0; i < 2; i++)
          expect(await found(workerOf(before), name)).toEqual([404, [], 404]);
        await deployShards(after);
        await meanwhile();
        await post(workerOf(after), name);
        expect(await found(workerOf(before), name)).toEqual([1, [name], name]);
      },
    );

    test("what comes by the layout of before while the cron settles, as its shard waits for readers", async () => {
      await deployShards(before);
      await post(workerOf(before), moving());
      await deployShards(after);
      await post(workerOf(after), moving());
      await runCron(workerOf(after));
      const name = moving();
      let times = 0;
      Shard.meanwhile = async () => {
        if (times++ === 0) await runCron(workerOf(after));
      };
      await post(workerOf(before), name);
      Shard.meanwhile = () => Promise.resolve();
      expect(times).toBeGreaterThan(0);
      for (const reader of [before, after])
        expect(await found(workerOf(reader), name)).toEqual([1, [name], name]);
    });

    test("what the Worker of before stores after the cron has settled the new one", async () => {
      await deployShards(before);
      await post(workerOf(before), moving());
      await deployShards(after);
      await runCron(workerOf(after));
      const name = moving();
      await post(workerOf(before), name);
      for (const reader of [before, after])
        expect(await found(workerOf(reader), name)).toEqual([1, [name], name]);
      await runCron(workerOf(after));
      expect(await found(workerOf(after), name)).toEqual([1, [name], name]);
    });

    test("what it stores while the cron settles the new one", async () => {
      await deployShards(before);
      await post(workerOf(before), moving());
      await deployShards(after);
      const name = moving();
      const DB = beforeDelete(env.DB, () => post(workerOf(before), name));
      await runCron({ ...workerOf(after), DB });
      for (const reader of [before, after])
        expect(await found(workerOf(reader), name)).toEqual([1, [name], name]);
    });
  });

/** D1, but that something happens just before layouts are deleted. */
function beforeDelete(db: D1Database, happens: () => Promise<void>): D1Database {
  const prepare = (session: D1DatabaseSession, sql: string): D1PreparedStatement => {
    const statement = session.prepare(sql);
    if (!sql.includes("DELETE FROM layouts")) return statement;
    const bind = (...params: unknown[]): unknown => ({
      all: async () => {
        await happens();
        return await statement.bind(...params).all();
      },
    });
    return { bind } as D1PreparedStatement;
  };
  const withSession = (constraint?: string): unknown => {
    const session = db.withSession(constraint);
    return {
      prepare: (sql: string) => prepare(session, sql),
      batch: (statements: D1PreparedStatement[]) => session.batch(statements),
      getBookmark: () => session.getBookmark(),
    };
  };
  return {
    prepare: (sql: string) => db.prepare(sql),
    batch: (statements: D1PreparedStatement[]) => db.batch(statements),
    withSession,
  } as unknown as D1Database;
}
