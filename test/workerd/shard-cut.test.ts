// A head that is more than one read may take of it: the reader is told to try again in a minute, since
// the shard moves it to D1 at once.

import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { encodeBatch } from "../../src/core/series/batch.ts";
import { MINUTE } from "../../src/core/tiers.ts";
import { NOW } from "./api-client.ts";
import { Shard } from "./worker.ts";

/** All of the running hour, which is not due yet. */
const LATE = NOW + 59 * MINUTE;
const MANY = 6_000;
/** Metrics that are asked for together. */
const HALVES = ["a", "b"];
const MINUTES = 58;
const SAMPLES = 6;
const shard = env.SHARD.getByName("0");

const alarmAt = (): Promise<number | null> =>
  runInDurableObject(shard, (_, state) => state.storage.getAlarm());

/** A minute of all series, with values and times that do not compress. */
async function append(half: string, minute: number): Promise<void> {
  const points = MANY * SAMPLES;
  const batch = {
    series: Array.from({ length: MANY }, (_, i) => `${half}{"i":"${i}"}`),
    index: Uint16Array.from({ length: points }, (_, i) => i % MANY),
    at: Float64Array.from({ length: points }, (_, i) => {
      return LATE - minute * MINUTE - 1 - Math.floor(i / MANY) * 9_000 - ((i * 7_919) % 8_999);
    }),
    value: Float64Array.from({ length: points }, (_, i) => {
      return Math.sin(i * 1e4 + minute) * 2 ** (((i * 31 + minute * 17) % 400) - 200);
    }),
  };
  await shard.append(encodeBatch(batch), 1);
}

test("it is flushed as soon as somebody asked for it", { timeout: 120_000 }, async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: LATE });
  // One that flushes for the first time does not know yet what D1 holds, and waits a minute.
  await append("other", 0);
  await shard.flush();
  for (let minute = 0; minute < MINUTES; minute++)
    for (const half of HALVES) await append(half, minute);
  const head = (metrics: readonly string[]) =>
    shard.head({ metrics, labels: [], from: 0, to: LATE }, {});
  expect((await head(["other"])).cut).toBe(false);
  expect(await alarmAt()).toBe(LATE + 2 * MINUTE);
  expect((await head(HALVES)).cut).toBe(true);
  expect(await alarmAt()).toBe(LATE);
  // Not only what is due, but all; D1 is spared it here.
  Shard.faults.next = "down";
  Shard.faults.times = 100;
  expect(await runDurableObjectAlarm(shard)).toBe(true);
  expect((await shard.report()).error).toMatch(/Network connection lost/);
  expect(await alarmAt()).toBe(LATE + MINUTE);
});
