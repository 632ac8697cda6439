// A run of the cron: its steps for each database apart, within its time.

import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import { DAY, HOUR } from "../../src/core/tiers.ts";
import { runCron } from "../../src/worker/cron/cron.ts";
import {
  countOf,
  expectExact,
  flush,
  type Point,
  progress,
  wipe,
  withBetween,
} from "./cron-store.ts";

const NOW = Date.UTC(2031, 0, 20, 12);

beforeAll(async () => {
  await applyD1Migrations(env.SPARE_1, env.MIGRATIONS);
});

beforeEach(async () => {
  vi.restoreAllMocks();
  for (const db of [env.DB, env.SPARE_1]) await wipe(db);
});

/** `everyMs`: how much later it is each time that somebody asks. */
const clock = (everyMs = 0) => {
  let asked = 0;
  let token = 0;
  return { now: () => NOW + everyMs * asked++, token: () => ++token };
};

const points = (many: number): Point[] =>
  Array.from({ length: many }, (_, i) => ({ id: i * 16, at: NOW - 30 * HOUR + i, value: i }));

test("each database is rolled up by itself", async () => {
  await flush(points(3), env.DB);
  await flush(points(5), env.SPARE_1);
  await runCron({ ...env, DB_1: env.SPARE_1 } as typeof env, clock());
  expect([await countOf("hour", env.DB), await countOf("hour", env.SPARE_1)]).toEqual([3, 5]);
  expect([await countOf("day", env.DB), await countOf("day", env.SPARE_1)]).toEqual([3, 5]);
  await expectExact(points(5), env.SPARE_1);
});

const failing = (db: D1Database): D1Database =>
  withBetween(db, () => Promise.reject(new Error("D1_ERROR: Network connection lost.")));

test.each([
  ["the first", 0],
  ["the second", 1],
])("%s that fails does not stop the other, and the run says so", async (_, broken) => {
  const told = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const databases = [env.DB, env.SPARE_1];
  for (const db of databases) await flush(points(3), db);
  const [DB, DB_1] = databases.map((db, i) => (i === broken ? failing(db) : db));
  await expect(runCron({ ...env, DB, DB_1 } as typeof env, clock())).rejects.toThrow(/lost/);
  expect(await countOf("hour", databases[1 - broken])).toBe(3);
  expect(await countOf("hour", databases[broken])).toBe(0);
  expect(told).toHaveBeenCalledWith(
    expect.stringContaining(`"cron_failed","database":"${broken === 0 ? "DB" : "DB_1"}"`),
  );
});

test("a step that fails does not stop the steps after it", async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  await flush(points(3));
  await runCron(env, clock());
  await flush([{ id: 1, at: NOW - 30 * HOUR, value: 1 }]);
  let batches = 0;
  const DB = withBetween(env.DB, (_, land) => {
    // The first batch is that of closed hours.
    return ++batches === 1 ? Promise.reject(new Error("down")) : land();
  });
  await expect(runCron({ ...env, DB }, clock())).rejects.toThrow();
  expect(await countOf("dirty")).toBe(0);
});

test("a run ends in time, with a round of each step; the next goes on", async () => {
  await flush(points(1_300));
  // Each round takes 7 s: one for the layout, two for closed hours, then each step has its one.
  await runCron({ ...env, RETENTION_DAY_DAYS: "500" } as typeof env, clock(7_000));
  expect(await countOf("hour")).toBe(32 + 500);
  // That of the years asks for more than a day.
  expect(await progress("clockAt")).toBeGreaterThan(0);
  await runCron(env, clock());
  expect(await countOf("hour")).toBe(1_300);
  expect(await progress("rolledDay")).toBe(Math.floor((NOW - 30 * HOUR) / DAY) + 1);
});

test("a run that is cut off in its second round keeps the first, and runs like it come to an end", async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  await flush(points(70));
  for (let runs = 1; (await countOf("hour")) < 70; runs++) {
    let batches = 0;
    // Three batches a round: what waits, what is there of it, and what becomes of it.
    const DB = withBetween(env.DB, (_, land) =>
      ++batches > 5 ? Promise.reject(new Error("cut off")) : land(),
    );
    const cut = {
      ...env,
      DB: Object.assign(DB, { prepare: (sql: string) => env.DB.prepare(sql) }),
    };
    await expect(runCron(cut, clock())).rejects.toThrow("cut off");
    expect(await countOf("hour")).toBe(Math.min(70, 32 * runs));
  }
});

test("an idle store writes nothing", async () => {
  await runCron(env, clock());
  expect(await countOf("progress")).toBe(0);
});
