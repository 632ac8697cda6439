// Flushes of much at once: no parameter may be larger than D1 takes (the faulty D1 refuses it as the
// real one does), and what D1 does not take at once is tried in smaller parts.

import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import { SERIES_PER_PACK } from "../../src/core/codec/pack.ts";
import { encodeBatch } from "../../src/core/series/batch.ts";
import { MINUTE } from "../../src/core/tiers.ts";
import { Shard } from "./worker.ts";

/** Far ahead of the wall clock, by which alarms fire: the tests run them by hand. */
const NOW = Date.UTC(2031, 0, 20);
const shard = env.SHARD.getByName("0");

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

/** Minutes of one series back from now, with values that do not compress. */
async function append(metric: string, minutes: number): Promise<void> {
  for (let from = 0; from < minutes; from += 20_000) {
    const many = Math.min(20_000, minutes - from);
    const at = Float64Array.from({ length: many * 2 }, (_, i) => {
      return NOW - (from + (i >> 1) + 1) * MINUTE + (i & 1) * 7;
    });
    const value = at.map((x) => Math.sin(x) * 1e3);
    const index = new Uint8Array(many * 2);
    await shard.append(encodeBatch({ series: [`${metric}{}`], index, at, value }), 1);
  }
}

test("100,000 minutes of one series fit", { timeout: 60_000 }, async () => {
  await append("long", 100_000);
  expect(await shard.flush()).toBe(true);
  expect(await shard.report()).toMatchObject({ unflushedBuckets: 0 });
  const hours = await env.DB.prepare("SELECT count(DISTINCT hour) AS n FROM minute").first("n");
  expect(hours).toBe(Math.ceil(100_000 / 60));
});

test("points are taken on while D1 is down, and flushed when it is back", async () => {
  Shard.faults.next = "down";
  Shard.faults.times = 100;
  for (let round = 0; round < 4; round++) {
    await append(`down.${round}`, 10);
    expect(await shard.flush()).toBe(false);
  }
  const { error, unflushedBuckets } = await shard.report();
  expect(error).toMatch(/Network connection lost/);
  expect(unflushedBuckets).toBe(40);
  Shard.faults.next = "none";
  expect(await shard.flush()).toBe(true);
  const report = await shard.report();
  expect(report).toMatchObject({ unflushedBuckets: 0 });
  expect(report.error).toBeUndefined();
});

test("an hour of 8,000 series is one row for 16 of them", { timeout: 60_000 }, async () => {
  const series = Array.from({ length: 8_000 }, (_, i) => `many{"i":"${i}"}`);
  const index = Uint16Array.from(series, (_, i) => i);
  const value = Float64Array.from(series, (_, i) => i / 4);
  const before = await env.DB.prepare("SELECT count(*) AS n FROM minute").first<number>("n");
  for (let minute = 0; minute < 60; minute++) {
    const at = Float64Array.from(series, (_, i) => NOW - (minute + 1) * MINUTE + i);
    await shard.append(encodeBatch({ series, index, at, value }), 1);
  }
  expect(await shard.report()).toMatchObject({ unflushedBuckets: 480_000 });
  expect(await shard.flush()).toBe(true);
  const after = await env.DB.prepare("SELECT count(*) AS n FROM minute").first<number>("n");
  // The first of them fill up the pack of those before.
  expect((after ?? 0) - (before ?? 0)).toBe(8_000 / SERIES_PER_PACK + 1);
});
