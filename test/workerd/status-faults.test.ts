// What /status says when a shard or D1 does not answer: which, and why; never a 503 for the whole.

import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { HOUR } from "../../src/core/tiers.ts";
import { statusAnswer } from "../../src/worker/routes/status.ts";
import { app } from "../../src/worker/app.ts";
import type { Env } from "../../src/worker/env.ts";
import { withoutShard } from "./faults.ts";
import { Shard } from "./worker.ts";

type Bindings = Partial<Env> & Readonly<Record<`DB_${number}`, D1Database>>;

const statusOf = async (of: Bindings) => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const response = await app.request("/api/v1/status", {}, { ...env, ...of });
  expect(response.status).toBe(200);
  return statusAnswer.parse(await response.json());
};

test("a shard that does not answer is named, and the others are told of", async () => {
  const { shards, today } = await statusOf({
    SHARDS: "3",
    SHARD: withoutShard(env.SHARD, 1),
  });
  expect(shards).toMatchObject([
    { shard: 0, series: 0 },
    { shard: 1, error: expect.stringMatching(/shard 1 did not answer/) },
    { shard: 2, series: 0 },
  ]);
  // What the silent one has counted is not there.
  expect(today.atLeast).toBe(true);
});

const broken = "D1_ERROR: database disk image is malformed: SQLITE_CORRUPT\n    at somewhere";

/** A database of which every statement fails. */
function failingDatabase(message: string): D1Database {
  const failing = { all: () => Promise.reject(new Error(message)) };
  const session = {
    prepare: () => ({ bind: () => failing, ...failing }),
    batch: () => Promise.reject(new Error(message)),
  };
  return { withSession: () => session } as unknown as D1Database;
}

test("a D1 that cannot be read is told in one line, and the shards beside it", async () => {
  const { shards, databases } = await statusOf({ DB: failingDatabase(broken) });
  expect(shards).toMatchObject([{ shard: 0, series: 0 }]);
  expect(databases).toEqual([
    {
      name: "DB",
      limitBytes: 10_000_000_000,
      error: expect.stringMatching(/^DB cannot be read: its database is damaged [^\n]*$/),
    },
  ]);
});

test("on the free plan a database is full earlier, also one that does not answer", async () => {
  const databases = { DB_1: failingDatabase("Network connection lost.") };
  const { databases: told } = await statusOf({ ...databases, FREE_PLAN: "true" });
  expect(told.map(({ limitBytes }) => limitBytes)).toEqual([500_000_000, 500_000_000]);
});

test("one of several databases that does not answer is named, and the others are told of", async () => {
  const more = { DB_1: failingDatabase("Network connection lost."), DB_2: env.SPARE_2 };
  await applyD1Migrations(env.SPARE_2, env.MIGRATIONS);
  const { databases } = await statusOf(more);
  const well = {
    limitBytes: 10_000_000_000,
    sizeBytes: expect.any(Number),
    dirtyHours: 0,
    rolledUpTo: expect.any(Number),
  };
  expect(databases).toEqual([
    { name: "DB", ...well, rowsWritten: expect.any(Number) },
    { name: "DB_1", limitBytes: 10_000_000_000, error: "Network connection lost." },
    { name: "DB_2", ...well },
  ]);
});

test("what cannot be read is told of with its series, and counted by hours", async () => {
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO series VALUES (35, 'm', '{"host":"a"}', 0, 0, 0), (36, 'm', '{}', 0, 0, 0)`,
    ),
    env.DB.prepare(`INSERT INTO dirty (pack, hour) VALUES (2, 490000), (2, 490001)`),
    env.DB.prepare(
      `INSERT INTO unreadable (pack, hour, tried_at, kept, slots, message)
       VALUES (2, 490001, 0, 0, 1 << 3, 'corrupt')`,
    ),
  ]);
  const { databases } = await statusOf({});
  expect(databases).toMatchObject([
    {
      dirtyHours: 2,
      rolledUpTo: 490_000 * HOUR,
      unreadableHours: 1,
      unreadable: [
        {
          metric: "m",
          labels: { host: "a" },
          from: 490_001 * HOUR,
          to: 490_002 * HOUR,
          message: "corrupt",
        },
      ],
    },
  ]);
});

test("rows are told of each database that shards write to", async () => {
  await applyD1Migrations(env.SPARE_1, env.MIGRATIONS);
  Shard.databases = 2;
  const store = { SHARDS: "2", DB_1: env.SPARE_1 };
  const names = ["a", "b", "c", "d", "e", "f"];
  const body = JSON.stringify(names.map((name) => ({ name, value: 1 })));
  const init = { method: "POST", body };
  expect((await app.request("/api/v1/points", init, { ...env, ...store })).status).toBe(200);
  const flush = { method: "POST" };
  expect((await app.request("/api/v1/flush", flush, { ...env, ...store })).status).toBe(200);
  const { databases, today } = await statusOf(store);
  const written = databases.map((one) => ("rowsWritten" in one ? (one.rowsWritten ?? 0) : 0));
  expect(written).toEqual([expect.any(Number), expect.any(Number)]);
  for (const rows of written) expect(rows).toBeGreaterThan(2);
  expect(written[0]! + written[1]!).toBe(today.d1RowsWritten);
  // Nobody knows where a silent shard writes to.
  const silent = await statusOf({ ...store, SHARD: withoutShard(env.SHARD, 1) });
  for (const one of silent.databases) expect(one).not.toHaveProperty("rowsWritten");
});
