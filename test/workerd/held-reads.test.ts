// What a database said a moment ago answers the next read, which asks the shards alone: never for longer than it
// may, and never in place of what somebody was told is done.

import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { QueryAnswer } from "../../src/core/api.ts";
import * as LIMITS from "../../src/core/limits.ts";
import { plan } from "../../src/core/query/plan.ts";
import { HOUR, MINUTE, type TierName } from "../../src/core/tiers.ts";
import { type HeldRead, HeldReads, type SeenStanding } from "../../src/d1/held-reads.ts";
import { announceImport } from "../../src/d1/imports.ts";
import { PackCache } from "../../src/d1/pack-cache.ts";
import { IMPORT_MS } from "../../src/d1/progress.ts";
import { readSnapshot } from "../../src/d1/snapshot.ts";
import { Shard as RealShard } from "../../src/durable/shard.ts";
import { app } from "../../src/worker/app.ts";
import type { Env } from "../../src/worker/env.ts";
import { OUTLIVING } from "../../src/worker/outliving.ts";
import { sourceOf } from "../../src/worker/read/source.ts";
import { NOW, store } from "./api-client.ts";
import { runSteps } from "./cron-store.ts";
import { outliving, Shard } from "./worker.ts";

const RETENTION = { minute: 15, hour: 400, day: 0 };
const TIERS: readonly TierName[] = ["minute", "hour", "day"];
/** Those of production. */
const outlive = (RealShard.prototype as unknown as { outlive: () => Promise<void> }).outlive;
const shard = () => env.SHARD.getByName("0");

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  await reset();
  await applyD1Migrations(env.DB, env.MIGRATIONS);
});

/** Batches that reads sent to D1, by the constraint of their session. */
let batches: string[] = [];

const counting = (): Env => ({
  ...env,
  DB: {
    withSession: (constraint = "") => {
      const session = env.DB.withSession(constraint);
      return {
        prepare: (sql: string) => session.prepare(sql),
        batch: (statements: D1PreparedStatement[]) => {
          batches.push(constraint);
          return session.batch(statements);
        },
      };
    },
  } as unknown as D1Database,
});

/** The sum of all counts, and how often D1 was asked for it; 404: there is no such metric. */
async function ask(metric: string, tier: TierName): Promise<readonly [number, number]> {
  batches = [];
  const path = `/api/v1/query?metric=${metric}&resolution=${tier}&from=-74h&to=%2B1m`;
  const response = await app.request(path, {}, counting());
  if (response.status !== 200) return [response.status, batches.length];
  const { series } = (await response.json()) as QueryAnswer;
  const all = series.flatMap(({ count }) => count);
  return [all.reduce((sum, count) => sum + count, 0), batches.length];
}

/** Points of two series in D1, of minutes that are rolled up and of some that are not, and in the shard. */
async function begin(metric: string): Promise<void> {
  const put = (...ago: readonly number[]) =>
    store(
      ["a", "b"].map((host) => ({
        name: metric,
        labels: { host },
        datapoints: ago.map((minutes) => [NOW - minutes * MINUTE, minutes]),
      })),
    );
  await put(3 * 24 * 60, 26 * 60, 25 * 60, 180, 65);
  expect(await shard().flush()).toBe(true);
  await runSteps(NOW, RETENTION);
  await put(9, 8);
  expect(await shard().flush()).toBe(true);
  await put(2);
}

describe.each(TIERS)("by %s", (tier) => {
  test("a question that comes again at once asks no database", async () => {
    await begin("again");
    expect(await ask("again", tier)).toEqual([16, 1]);
    expect(await ask("again", tier)).toEqual([16, 0]);
    await store({ name: "again", labels: { host: "c" }, value: 1 });
    expect(await ask("again", tier)).toEqual([17, 0]);
    vi.setSystemTime(NOW + LIMITS.standingMs - 1);
    expect(await ask("again", tier)).toEqual([17, 0]);
    vi.setSystemTime(NOW + LIMITS.standingMs);
    expect(await ask("again", tier)).toEqual([17, 1]);
    // A clock that went back.
    vi.setSystemTime(NOW + LIMITS.standingMs - 1);
    expect(await ask("again", tier)).toEqual([17, 1]);
  });

  test("what any question was told holds for all, while the state is the same", async () => {
    await begin("one");
    await begin("two");
    // The first flush of the other was another state.
    for (const metric of ["one", "two"]) expect(await ask(metric, tier)).toEqual([16, 1]);
    vi.setSystemTime(NOW + LIMITS.standingMs);
    expect(await ask("one", tier)).toEqual([16, 1]);
    expect(await ask("two", tier)).toEqual([16, 0]);
  });

  test("what was flushed, rolled up and removed since is read", async () => {
    await begin("moved");
    for (const times of [1, 0]) expect(await ask("moved", tier)).toEqual([16, times]);
    // Late, for an hour that is rolled up.
    await store({ name: "moved", labels: { host: "a" }, value: 1, timestamp: NOW - 180 * MINUTE });
    expect(await shard().flush()).toBe(true);
    // First by what was held, which the shard says is of before; then from the primary.
    expect(await ask("moved", tier)).toEqual([17, 1]);
    expect(batches).toEqual(["first-primary"]);
    await runSteps(NOW, RETENTION);
    for (const times of [0, 0]) expect(await ask("moved", tier)).toEqual([17, times]);
    expect((await app.request("/api/v1/metric?name=moved", { method: "DELETE" }, env)).status).toBe(
      200,
    );
    expect((await ask("moved", tier))[0]).toBe(404);
  });

  test("a metric that no database has asks none again, but in a store that has none at all", async () => {
    for (let i = 0; i < 2; i++) expect(await ask("young", tier)).toEqual([404, 1]);
    await store({ name: "young", value: 1 });
    for (const times of [1, 0]) expect(await ask("young", tier)).toEqual([1, times]);
  });

  test("whatever of it was let go is read", async () => {
    await begin("gone");
    let left = Infinity;
    const cache = new PackCache(LIMITS.packCacheBytes, () => left);
    const range = plan({ from: NOW - 74 * HOUR, to: NOW }, tier, NOW, RETENTION);
    const wanted = { metrics: ["gone"], matchers: [], plan: range, perSlice: 200_000 };
    const isAsked = async (): Promise<boolean> => {
      const caching = { cache, database: "DB", admission: cache.admission(), isBulk: false };
      const { counted } = await readSnapshot(env.DB.withSession(), wanted, caching, true);
      return counted.read > 0;
    };
    for (const asked of [true, false]) expect(await isAsked()).toBe(asked);
    // Packs go alone.
    left = cache.reads.bytes;
    cache.trim();
    expect([cache.bytes, cache.reads.bytes]).toEqual([0, left]);
    left = Infinity;
    for (const asked of [true, false]) expect(await isAsked()).toBe(asked);
    cache.reads.clear();
    for (const asked of [true, false]) expect(await isAsked()).toBe(asked);
  });
});

test("what reads all of a store, to write by it, reads what the primary has now", async () => {
  await begin("all");
  await ask("all", "hour");
  batches = [];
  const asked = { tier: "hour", from: NOW - HOUR, to: NOW, matchers: [] } as const;
  await sourceOf(counting(), "", NOW, { isBulk: true }).select(asked, () => undefined);
  expect(batches).toContain("first-primary");
  expect(batches).not.toContain("first-unconstrained");
});

describe("an import", () => {
  const MINUTE_OF_ONE = JSON.stringify({
    metric: "in",
    labels: {},
    minute: { at: [NOW - HOUR], value: [1] },
  });
  const send = async (): Promise<number> => {
    const response = await app.request(
      "/api/v1/backup",
      { method: "POST", body: `${MINUTE_OF_ONE}\n` },
      env,
    );
    return response.status;
  };
  const shift = (ms: number) =>
    env.DB.prepare("UPDATE progress SET value = value + ? WHERE name = 'importingTo'")
      .bind(ms)
      .run();

  test("waits until nobody holds anything before it writes, once, and while it writes nobody does", async () => {
    const waits: number[] = [];
    const { wait } = OUTLIVING;
    OUTLIVING.wait = async (ms) => {
      waits.push(ms);
      await wait(ms);
      expect(await env.DB.prepare("SELECT count(*) AS n FROM series").first("n")).toBe(0);
    };
    try {
      await store({ name: "other", value: 1 });
      for (const times of [1, 0]) expect(await ask("in", "minute")).toEqual([404, times]);
      expect(await send()).toBe(200);
      expect(waits).toHaveLength(1);
      expect(waits[0]).toBeGreaterThan(LIMITS.standingMs / 2);
      for (let i = 0; i < 2; i++) expect(await ask("in", "minute")).toEqual([1, 1]);
      await shift(-2_000);
      expect(await send()).toBe(200);
      expect(waits).toHaveLength(1);
      // Long after.
      await shift(-2 * IMPORT_MS);
      for (const times of [1, 0]) expect(await ask("in", "minute")).toEqual([1, times]);
    } finally {
      OUTLIVING.wait = wait;
    }
  });

  test.each([
    ["long ago", -2 * IMPORT_MS, LIMITS.outliveMs],
    ["by a clock that was ahead", IMPORT_MS, LIMITS.outliveMs],
    ["half of it ago", -IMPORT_MS / 2 - 5_000, LIMITS.outliveMs],
    ["a while ago", -5_000, 0],
  ])("says so again, when it was said %s", async (_, by, waitMs) => {
    await announceImport(env.DB);
    await shift(by);
    const said = await announceImport(env.DB);
    expect(said.waitMs).toBeLessThanOrEqual(waitMs);
    expect(said.waitMs).toBeGreaterThanOrEqual(waitMs / 2);
  });
});

test("a shard waits for readers before it takes points under another SHARDS, but not under the only one", async () => {
  let waits = 0;
  Shard.meanwhile = () => Promise.resolve(void waits++);
  await store({ name: "first", value: 1 });
  expect(waits).toBe(0);
  const body = JSON.stringify({ name: "first", value: 1, timestamp: NOW });
  await app.request("/api/v1/points", { method: "POST", body }, { ...env, SHARDS: "2" });
  expect(waits).toBe(1);
});

test("who waits for readers waits longer than they hold anything", async () => {
  const waits: number[] = [];
  const scheduled = vi.spyOn(scheduler, "wait").mockImplementation((ms) => {
    waits.push(ms);
    return Promise.resolve();
  });
  await outlive.call(undefined as never);
  await outliving(LIMITS.outliveMs);
  scheduled.mockRestore();
  expect(waits).toEqual([LIMITS.outliveMs, LIMITS.outliveMs]);
  expect(LIMITS.outliveMs).toBeGreaterThan(LIMITS.standingMs);
});

describe("held reads", () => {
  const standing = (state: string, isImporting = false): SeenStanding => ({
    state,
    flushed: new Map(),
    progress: new Map(),
    layouts: [1],
    isImporting,
  });
  const read = (labels = "{}", open: readonly number[] = []): HeldRead => ({
    series: [{ id: 16, metric: 0, labels }],
    description: undefined,
    open,
    dirty: [],
    minutes: [],
    hours: [],
  });

  test("are of the state that the database was last seen in", () => {
    const reads = new HeldReads();
    reads.keep("DB", "q", "1 0:5", read());
    expect(reads.of("DB", "q", 0)).toBeUndefined();
    reads.saw("DB", standing("1 0:5"), 10);
    reads.keep("DB", "old", "1 0:4", read());
    expect(reads.of("DB", "old", 10)).toBeUndefined();
    reads.keep("DB", "q", "1 0:5", read());
    expect(reads.of("DB", "q", 10)?.read.series).toHaveLength(1);
    expect(reads.of("DB_1", "q", 10)).toBeUndefined();
    // An answer that came late is of before.
    reads.saw("DB", standing("1 0:4"), 9);
    reads.saw("DB_1", standing("1 0:4"), 9);
    expect(reads.of("DB", "q", 10)).toBeDefined();
    reads.saw("DB", standing("1 0:6"), 11);
    expect(reads.of("DB", "q", 11)).toBeUndefined();
    expect(reads.bytes).toBe(0);
  });

  test("are none while an import writes", () => {
    const reads = new HeldReads();
    reads.saw("DB", standing("1"), 0);
    reads.keep("DB", "q", "1", read());
    reads.saw("DB", standing("1", true), 1);
    expect(reads.of("DB", "q", 1)).toBeUndefined();
    reads.keep("DB", "other", "1", read());
    reads.saw("DB", standing("1"), 2);
    expect(reads.of("DB", "other", 2)).toBeUndefined();
    expect(reads.of("DB", "q", 2)).toBeDefined();
  });

  test("a clock that went back does not bring back what was said then", () => {
    const reads = new HeldReads();
    reads.saw("DB", standing("1"), 3_600_000);
    reads.keep("DB", "q", "1", read());
    expect(reads.of("DB", "q", 0)).toBeUndefined();
    reads.saw("DB", standing("1"), 0);
    reads.keep("DB", "q", "1", read());
    expect(reads.of("DB", "q", 0)).toBeDefined();
    expect(reads.of("DB", "q", 3_600_000)).toBeUndefined();
  });

  test.each([
    ["texts", () => read("x".repeat(LIMITS.heldReadBytes / 10))],
    [
      "hours",
      () =>
        read(
          "{}",
          Array.from({ length: LIMITS.heldReadBytes >> 6 }, (_, i) => i),
        ),
    ],
  ])("take no more room than they may, as they have long %s", (_, long) => {
    const reads = new HeldReads();
    reads.saw("DB", standing("1"), 0);
    for (let i = 0; i < 40; i++) {
      reads.keep("DB", `q${i}`, "1", long());
      expect(reads.of("DB", `q${i}`, 0)).toBeDefined();
      expect(reads.bytes).toBeLessThanOrEqual(LIMITS.heldReadBytes);
    }
    expect(reads.bytes).toBeGreaterThan(0.8 * LIMITS.heldReadBytes);
    expect(reads.of("DB", "q0", 0)).toBeUndefined();
    const { bytes } = reads;
    reads.keep("DB", "q39", "1", long());
    expect(reads.bytes).toBe(bytes);
    reads.keep("DB", "large", "1", read("x".repeat(LIMITS.heldReadBytes / 4)));
    expect(reads.of("DB", "large", 0)).toBeUndefined();
    reads.clear();
    expect(reads.bytes).toBe(0);
  });

  test("give way before packs do, which need not go then", () => {
    let left = LIMITS.packCacheBytes;
    const cache = new PackCache(LIMITS.packCacheBytes, () => left);
    const row = { pack: 1, span: 1, slot: null, body: "x".repeat(10_000) };
    const area = { database: "DB", table: "hour", first: 1, last: 1 } as const;
    cache.put(area, "1", [{ pack: 1, slot: null }], [row], cache.admission());
    cache.reads.saw("DB", standing("1"), 0);
    cache.reads.keep("DB", "q", "1", read("x".repeat(100_000)));
    left = 50_000;
    cache.trim();
    expect(cache.reads.bytes).toBe(0);
    expect(cache.bytes).toBeGreaterThan(10_000);
  });
});
