// Each test file has a store of its own, with the tables of the migrations, and a Worker that knows
// of no other. The runtime and the modules it shares with files before it, since these take longer
// than most of them: so what those left goes, and what a file changed of globals is put back behind it.

import {
  applyD1Migrations,
  listDurableObjectIds,
  reset,
  runInDurableObject,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, beforeEach, vi } from "vitest";
import { shards as SHARDS } from "../../src/core/limits.ts";
import { packCache } from "../../src/worker/in-room.ts";
import { beginAnew, type Shard } from "./worker.ts";

const DATABASES = [env.DB, env.SPARE_1, env.SPARE_2];

// Before the file itself is imported: it may say at once how its shards are to be.
beginAnew();

beforeAll(async () => {
  // Only what is awake is deleted, and an object sleeps when nobody asks it for ten seconds.
  const shards = await stored();
  await Promise.all([
    ...shards.map((shard) => runInDurableObject(shard, () => undefined).catch(() => undefined)),
    ...DATABASES.map((db) => db.exec("SELECT 1")),
  ]);
  await reset();
  for (const db of DATABASES) {
    const left = await db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'series'").first();
    if (left !== null) throw new Error("the store of the file before this one is still there");
  }
  await applyD1Migrations(env.DB, env.MIGRATIONS);
});

// Stores that are wiped have the same watermarks again, where the clock stands still.
beforeEach(() => packCache.clear());

/** The shards that have stored anything. */
async function stored(): Promise<DurableObjectStub<Shard>[]> {
  const ids = new Set((await listDurableObjectIds(env.SHARD)).map(String));
  return Array.from({ length: SHARDS }, (_, i) => env.SHARD.getByName(String(i))).filter(({ id }) =>
    ids.has(String(id)),
  );
}

afterAll(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});
