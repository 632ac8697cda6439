// One page of a shard that cannot be read (corrupt, or of a version that only newer code knows) is
// reported and kept; all else is flushed as if it were not there, and it too once it can be read.

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import { DAY, MINUTE } from "../../src/core/tiers.ts";
import { NOW, query, shardsOf, store } from "./api-client.ts";
import { Shard } from "./worker.ts";

const shard = env.SHARD.getByName("0");

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});

const post = (name: string): Promise<unknown> =>
  store([{ name, value: 1, timestamp: NOW - MINUTE }]);

/** Seals a page that D1 does not take. */
async function sealed(name: string): Promise<void> {
  await post(name);
  Shard.faults.next = "before";
  Shard.faults.times = 2;
  expect(await shard.flush()).toBe(false);
  Shard.faults.next = "none";
}

/** Sets the first byte, the version, of the blobs of the sealed pages; the shard starts anew. */
async function setVersion(version: number): Promise<void> {
  await runInDurableObject(shard, (_, { storage: { sql } }) => {
    const [row] = sql.exec<{ manifest: string }>("SELECT manifest FROM state").toArray();
    const pages = (JSON.parse(row!.manifest) as { sealed: { slots: number[] }[] }).sealed;
    for (const slot of pages.flatMap(({ slots }) => slots)) {
      const { body } = sql
        .exec<{ body: ArrayBuffer }>("SELECT body FROM blob WHERE slot = ?", slot)
        .one();
      const bytes = new Uint8Array(body);
      bytes[0] = version;
      sql.exec("UPDATE blob SET body = ? WHERE slot = ?", bytes, slot);
    }
  });
  await evictDurableObject(shard);
}

const count = async (metric: string): Promise<readonly number[]> =>
  (await query({ metric, resolution: "day", from: NOW - DAY })).series.flatMap((one) => one.count);

test("a page that cannot be read is kept, and what comes after it is flushed", async () => {
  await sealed("held");
  await setVersion(9);
  await post("free");
  await shard.flush();
  const inD1 = async (): Promise<unknown> =>
    (await env.DB.prepare("SELECT metric FROM series ORDER BY metric").all()).results;
  expect(await inD1()).toEqual([{ metric: "free" }]);
  const [status] = await shardsOf();
  expect(status).toMatchObject({ unflushedBuckets: 1 });
  expect(status?.error).toMatch(/page with 1 minutes .* cannot be read and is kept: .*version 9/);

  // More flushes go past it, also of an object that starts anew.
  await evictDurableObject(shard);
  await post("free");
  await shard.flush();
  expect((await shardsOf())[0]).toMatchObject({ unflushedBuckets: 1 });

  // Newer code reads it.
  await setVersion(1);
  await post("free");
  expect(await shard.flush()).toBe(true);
  expect((await shardsOf())[0]).toMatchObject({ unflushedBuckets: 0 });
  expect((await shardsOf())[0]?.error).toBeUndefined();
  expect(await inD1()).toEqual([{ metric: "free" }, { metric: "held" }]);
  expect(await count("held")).toEqual([1]);
  expect(await count("free")).toEqual([3]);
});
