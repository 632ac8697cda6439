// What flushes leave in D1: ids given to neighbours, a row for each pack and hour, marks of hours that
// were rolled up already; and that nothing of it goes wrong when shards, or other writers, meet.

import { applyD1Migrations, evictDurableObject, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import { Buckets } from "../../src/core/bucket.ts";
import { decodePack, idAt, packOf, SERIES_PER_PACK } from "../../src/core/codec/pack.ts";
import { decodeMinuteSegmentAsBuckets } from "../../src/core/codec/segment.ts";
import { encodeBatch } from "../../src/core/series/batch.ts";
import { HOUR, hourOf, MINUTE } from "../../src/core/tiers.ts";
import { NOW } from "./api-client.ts";
import { releaseZombies } from "./faults.ts";
import { Shard } from "./worker.ts";

const shard = (index = 0) => env.SHARD.getByName(String(index));

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  await reset();
  await applyD1Migrations(env.DB, env.MIGRATIONS);
  Shard.variables = { SHARDS: "2" };
  Shard.faults.next = "none";
  Shard.faults.zombies.length = 0;
});

/** One point of each series, `ago` ms before now. */
async function append(series: readonly string[], ago = 0, index = 0): Promise<void> {
  const many = series.length;
  const batch = {
    series,
    index: Uint32Array.from(series, (_, i) => i),
    at: new Float64Array(many).fill(NOW - ago),
    value: new Float64Array(many).fill(1),
  };
  expect(await shard(index).append(encodeBatch(batch), 2)).toBe(many);
}

const named = (metric: string, many: number): readonly string[] =>
  Array.from({ length: many }, (_, i) => `${metric}{"i":"${String(i).padStart(4, "0")}"}`);

/** [id, metric, number] in the order of ids. */
const series = async (): Promise<readonly (readonly [number, string, number])[]> => {
  const { results } = await env.DB.prepare(
    "SELECT id, metric, labels FROM series ORDER BY id",
  ).all<{ id: number; metric: string; labels: string }>();
  return results.map(({ id, metric, labels }) => [
    id,
    metric,
    Number((JSON.parse(labels) as { i?: string }).i ?? 0),
  ]);
};

const idsOf = async (metric: string): Promise<readonly number[]> =>
  (await series()).filter(([, name]) => name === metric).map(([id]) => id);

interface Row {
  readonly hour: number;
  readonly pack: number;
  readonly body: string;
}

const rows = async (): Promise<readonly Row[]> =>
  (await env.DB.prepare("SELECT hour, pack, body FROM minute ORDER BY hour, pack, part").all<Row>())
    .results;

/** Points in D1 by id. */
async function counts(): Promise<ReadonlyMap<number, number>> {
  const found = new Map<number, number>();
  for (const { hour, pack, body } of await rows())
    for (const [slot, segment] of decodePack(body)) {
      const buckets = new Buckets();
      decodeMinuteSegmentAsBuckets(segment, hour * HOUR, buckets);
      const id = idAt(pack, slot);
      for (let i = 0; i < buckets.length; i++)
        found.set(id, (found.get(id) ?? 0) + buckets.count[i]!);
    }
  return found;
}

test("neighbours are given to neighbours, and the places of the last pack first", async () => {
  await append([...named("b", 20), ...named("a", 20)]);
  await shard().flush();
  const first = idAt(1, 0);
  expect(await series()).toEqual(
    Array.from({ length: 40 }, (_, i) => [first + i, i < 20 ? "a" : "b", i % 20]),
  );
  // 8 places are left of the third pack.
  await append(named("c", 12));
  await shard().flush();
  expect(await idsOf("c")).toEqual(Array.from({ length: 12 }, (_, i) => first + 40 + i));
  expect((await rows()).map(({ pack }) => pack)).toEqual([1, 2, 3, 3, 4]);
});

test("shards never share a pack, and go on where they were", async () => {
  await append(named("a", 3), 0, 0);
  await append(named("b", 3), 0, 1);
  await shard(0).flush();
  await shard(1).flush();
  await evictDurableObject(shard(0));
  await append(named("c", 3), 0, 0);
  await shard(0).flush();
  expect(new Set((await idsOf("a")).map(packOf))).toEqual(new Set((await idsOf("c")).map(packOf)));
  expect((await idsOf("b")).map(packOf)).not.toContain(packOf((await idsOf("a"))[0]!));
});

test("two that take packs at the same time take different ones", async () => {
  for (let round = 0; round < 4; round++) {
    await append(named(`a${round}`, 40), 0, 0);
    await append(named(`b${round}`, 40), 0, 1);
    await Promise.all([shard(0).flush(), shard(1).flush()]);
  }
  for (const index of [0, 1]) expect(await shard(index).flush()).toBe(true);
  const all = await series();
  expect(all).toHaveLength(320);
  const byPack = Map.groupBy(all, ([id]) => packOf(id));
  for (const of of byPack.values()) expect(new Set(of.map(([, metric]) => metric[0])).size).toBe(1);
  const found = await counts();
  expect(all.map(([id]) => found.get(id))).toEqual(Array(320).fill(1));
});

test("a series that two shards hold while SHARDS changes has one id, and no point goes astray", async () => {
  await append(["m{}"], 0, 0);
  await append(["m{}"], 0, 1);
  await Promise.all([shard(0).flush(), shard(1).flush()]);
  for (const index of [0, 1]) expect(await shard(index).flush()).toBe(true);
  const [id, ...others] = await idsOf("m");
  expect(others).toEqual([]);
  expect(await counts()).toEqual(new Map([[id, 2]]));
});

test("a series that is gone from D1 gets another id: what its old one left is not its", async () => {
  await append(named("m", 2), HOUR);
  await shard().flush();
  const [gone, kept] = await idsOf("m");
  await env.DB.prepare("DELETE FROM series WHERE id = ?").bind(gone).run();
  await append(named("m", 2));
  expect(await shard().flush()).toBe(true);
  const ids = await idsOf("m");
  expect(ids).toHaveLength(2);
  expect(ids).not.toContain(gone);
  const found = await counts();
  expect(ids.map((id) => found.get(id))).toEqual(ids.map((id) => (id === kept ? 2 : 1)));
});

test.each(["before", "after", "zombie", "hang"] as const)(
  "ids are given once, whatever becomes of the flush that gives them (%s)",
  async (fault) => {
    for (let round = 0; round < 4; round++) {
      await append(named("m", 10 * (round + 1)));
      Shard.faults.next = fault;
      Shard.faults.times = 1 + round;
      await shard().flush();
      Shard.faults.next = "none";
      if (round === 2) await evictDurableObject(shard());
    }
    expect(await shard().flush()).toBe(true);
    await releaseZombies(Shard.faults);
    const all = await series();
    expect(all).toHaveLength(40);
    expect(new Set(all.map(([, , i]) => i)).size).toBe(40);
    const found = await counts();
    for (const [id, , i] of all) expect(found.get(id)).toBe(4 - Math.floor(i / 10));
  },
);

const dirty = async (): Promise<unknown> =>
  (await env.DB.prepare("SELECT pack, hour FROM dirty ORDER BY pack, hour").all()).results;

test("marks say what was rolled up already, and nothing else", async () => {
  await append(named("m", 40), 2 * HOUR);
  await shard().flush();
  expect(await dirty()).toEqual([]);
  // Up to the second of its three packs, in the last hour.
  const rolled = hourOf(NOW) - 1;
  for (const [name, value] of [
    ["rolledHour", rolled],
    ["rolledPack", 2],
  ])
    await env.DB.prepare("INSERT INTO progress (name, value) VALUES (?, ?)")
      .bind(name, value)
      .run();
  await append(named("m", 40), 0);
  await append(named("m", 40), HOUR);
  await append(named("m", 3), 2 * HOUR);
  await append(named("m", 3), 2 * HOUR - MINUTE);
  await shard().flush();
  expect(await dirty()).toEqual([
    { pack: 1, hour: rolled - 1 },
    { pack: 1, hour: rolled },
  ]);
  // Once more costs no row.
  await append(named("m", 3), 2 * HOUR);
  await shard().flush();
  expect(await dirty()).toHaveLength(2);
});

test("an hour of a pack is one row, over however many pages it came", async () => {
  const MANY = 5_000;
  for (let minute = 0; minute < 60; minute++)
    await append(named("wide", MANY), 2 * HOUR - minute * MINUTE);
  // As a flush that D1 did not take leaves it: laid out anew, or not, by an object that is new.
  Shard.faults.next = "after";
  Shard.faults.times = 1;
  await shard().flush();
  await evictDurableObject(shard());
  expect(await shard().flush()).toBe(true);
  expect(await shard().report()).toMatchObject({ unflushedBuckets: 0 });
  const packs = Math.ceil(MANY / SERIES_PER_PACK);
  const hours = new Set((await rows()).map(({ hour }) => hour)).size;
  expect(await rows()).toHaveLength(packs * hours);
  const found = await counts();
  expect(found.size).toBe(MANY);
  expect(new Set(found.values())).toEqual(new Set([60]));
});
