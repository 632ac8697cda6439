// While a shard lays its pages out anew and flushes them, and when it dies in the midst of it: whoever
// asks finds each point once, what comes meanwhile is taken on, and an hour of a pack is one row.

import { applyD1Migrations, evictDurableObject, reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { SERIES_PER_PACK } from "../../src/core/codec/pack.ts";
import * as LIMITS from "../../src/core/limits.ts";
import { encodeBatch } from "../../src/core/series/batch.ts";
import { HOUR, MINUTE } from "../../src/core/tiers.ts";
import { Log } from "../../src/durable/log.ts";
import type { PageEntry } from "../../src/durable/manifest.ts";
import { NOW, query } from "./api-client.ts";
import { Shard } from "./worker.ts";

/** So many that they seal several pages in an hour, and that the last one laid out is not full. */
const MANY = 3_300;
const MINUTES = 41;
const PACKS = Math.ceil(MANY / SERIES_PER_PACK);
const shard = () => env.SHARD.getByName("0");

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  await reset();
  await applyD1Migrations(env.DB, env.MIGRATIONS);
  Shard.faults.next = "none";
  Shard.patienceMs = 30_000;
  for (let minute = 0; minute < MINUTES; minute++) await append(NOW - 2 * HOUR + minute * MINUTE);
  return () => (Shard.patienceMs = 50);
});

/** A minute of all series. */
async function append(at: number): Promise<void> {
  const series = Array.from({ length: MANY }, (_, i) => `wide{"i":"${i}"}`);
  const batch = {
    series,
    index: Uint16Array.from(series, (_, i) => i),
    at: new Float64Array(MANY).fill(at),
    value: new Float64Array(MANY).fill(1),
  };
  await shard().append(encodeBatch(batch), 1);
}

const count = async (): Promise<number> =>
  (
    await query({ metric: "wide", resolution: "hour", from: NOW - 3 * HOUR, to: NOW + HOUR })
  ).series.reduce((sum, one) => sum + one.count.reduce((a, b) => a + b, 0), 0);

/** Pages of the manifest as it is stored. */
const pages = async (): Promise<readonly Pick<PageEntry, "laidOut" | "id" | "bytes">[]> =>
  await runInDurableObject(shard(), (_, { storage: { sql } }) => {
    const [row] = sql.exec<{ manifest: string }>("SELECT manifest FROM state").toArray();
    return (JSON.parse(row!.manifest) as { sealed: PageEntry[] }).sealed;
  });

const rows = async (): Promise<number> =>
  (await env.DB.prepare("SELECT count(*) AS n FROM minute").first<number>("n")) ?? 0;

test("readers find each point once, before, meanwhile and afterwards", async () => {
  expect(MANY * MINUTES).toBeGreaterThan(LIMITS.bucketsPerFlush);
  expect((await pages()).length).toBeGreaterThan(1);
  const ended = new AbortController();
  const flushing = shard()
    .flush()
    .finally(() => ended.abort());
  let asked = 0;
  let appended = 0;
  while (!ended.signal.aborted) {
    if (asked % 3 === 0) {
      appended++;
      await append(NOW);
    }
    expect(await count()).toBe(MANY * (MINUTES + appended));
    asked++;
    // Here readers and the shard share a thread, and it gives way after each of its small turns.
    await scheduler.wait(250);
  }
  expect(await flushing).toBe(true);
  expect(asked).toBeGreaterThan(1);
  expect(await count()).toBe(MANY * (MINUTES + appended));
  expect(await rows()).toBe(PACKS);
  await shard().flush();
  expect(await rows()).toBe(2 * PACKS);
  expect(await count()).toBe(MANY * (MINUTES + appended));
});

test("what is sealed of a metric of many new series is read a few times, not once for each of its packs", async () => {
  const { blocks } = Log.prototype;
  let read = 0;
  const reads = vi.spyOn(Log.prototype, "blocks");
  onTestFinished(() => reads.mockRestore());
  reads.mockImplementation(function* (this: Log, ...asked) {
    for (const block of blocks.apply(this, asked)) {
      read += block.length;
      yield block;
    }
  });
  const sealed = (await pages()).reduce((sum, { bytes }) => sum + bytes, 0);
  expect(await shard().flush()).toBe(true);
  // To count, by pack, to lay out, to flush; and blocks of few rows take more bytes.
  expect(read / sealed).toBeLessThan(8);
});

test("a shard that dies in the midst of it begins again", async () => {
  for (let death = 0; death < 3; death++) {
    const flushing = shard()
      .flush()
      .catch(() => "dead");
    // New series are in D1 by then, and pages are being laid out, or flushed.
    for (let turn = 0; turn < 10 * death; turn++) await scheduler.wait(1);
    await runInDurableObject(shard(), (_, state) => state.abort("killed by the test")).catch(
      () => undefined,
    );
    await flushing;
    expect(await count()).toBe(MANY * MINUTES);
  }
  expect(await shard().flush()).toBe(true);
  expect(await pages()).toEqual([]);
  expect(await count()).toBe(MANY * MINUTES);
  await evictDurableObject(shard());
  expect(await count()).toBe(MANY * MINUTES);
});

test("D1 that fails at any of the batches of it", async () => {
  for (let fault = 0; fault < 6; fault++) {
    Shard.faults.next = fault % 2 === 0 ? "after" : "before";
    Shard.faults.times = 1 + fault;
    await shard().flush();
    expect(await count()).toBe(MANY * MINUTES);
  }
  Shard.faults.next = "none";
  expect(await shard().flush()).toBe(true);
  expect(await pages()).toEqual([]);
  expect(await rows()).toBe(PACKS);
  expect(await count()).toBe(MANY * MINUTES);
});

test("blobs of a layout that came to nothing are free again", async () => {
  const blobs = async (): Promise<number> =>
    await runInDurableObject(
      shard(),
      (_, { storage: { sql } }) =>
        sql.exec<{ n: number }>("SELECT count(*) AS n FROM blob").one().n,
    );
  expect(await shard().flush()).toBe(true);
  const once = await blobs();
  for (let round = 0; round < 3; round++) {
    vi.setSystemTime(NOW + (round + 1) * HOUR);
    for (let minute = 0; minute < MINUTES; minute++) await append(Date.now() - minute * MINUTE);
    expect(await shard().flush()).toBe(true);
  }
  expect(await blobs()).toBeLessThanOrEqual(once + 8);
});
