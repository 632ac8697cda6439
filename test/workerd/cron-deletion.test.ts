// What the cron deletes: minutes, hours and years past their retention, and what removed series left.

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { decodePack } from "../../src/core/codec/pack.ts";
import { DAY, HOUR, MINUTE } from "../../src/core/tiers.ts";
import { purgeHours, purgeMinutes } from "../../src/worker/cron/retention.ts";
import { rollUpClosed, rollUpDays, rollUpDirty } from "../../src/worker/cron/rollup.ts";
import { purgeTombstones } from "../../src/worker/cron/tombstones.ts";
import {
  countOf,
  expectExact,
  flush,
  type Point,
  progress,
  remove,
  round,
  runAll,
  runSteps,
  storedIn,
  wipe,
  withBetween,
} from "./cron-store.ts";

const NOW = Date.UTC(2031, 0, 20, 12);
const TODAY = Math.floor(NOW / DAY);

beforeEach(() => wipe());

const hourly = (ids: readonly number[], from: number, hours: number): Point[] =>
  ids.flatMap((id) =>
    Array.from({ length: hours }, (_, i) => ({ id, at: from + i * HOUR, value: id + i })),
  );

/** Ids of as many packs. */
const packs = (many: number): number[] => Array.from({ length: many }, (_, pack) => pack * 16 + 5);

describe("retention", () => {
  const retention = { minute: 2, hour: 10, day: 0 };
  const minutes = (db: D1Database, at: ReturnType<typeof round>) => purgeMinutes(db, at, retention);
  const hours = (db: D1Database, at: ReturnType<typeof round>) => purgeHours(db, at, retention);
  /** Two runs agree on the time. */
  const asked = async (): Promise<void> => {
    await runSteps(NOW - HOUR, retention);
  };

  test("minutes go by (day, pack), some packs a round", async () => {
    const points = hourly(packs(130), NOW - 4 * DAY, 30);
    await flush(points);
    await asked();
    const rows = await countOf("minute");
    await minutes(env.DB, round(NOW));
    expect([await progress("goneDay"), await progress("gonePack")]).toEqual([TODAY - 4, 100]);
    expect(await countOf("minute")).toBe(rows - 100 * 12);
    await expectExact(points);
    // A row each, and three of progress a round.
    const left = await countOf("minute");
    const written = await runAll(minutes, NOW);
    expect(written).toBeGreaterThan(left);
    expect(written).toBeLessThanOrEqual(left + 4 * 3);
    expect([await progress("goneDay"), await progress("gonePack")]).toEqual([TODAY - 2, 0]);
    await expectExact(points);
  });

  test("where retention goes on, a day's minutes go with the first run after it", async () => {
    const points = hourly([5, 40], NOW - 4 * DAY, 9 * 24);
    await flush(points);
    for (const at of [NOW - HOUR, NOW]) await runSteps(at, retention);
    for (const days of [1, 2, 3, 4]) {
      await runSteps((TODAY + days) * DAY + 11 * MINUTE, retention);
      expect(await progress("goneDay")).toBe(TODAY + days - 2);
      await expectExact(points);
    }
  });

  test("a day that is not made, or has dirty hours, keeps its minutes and those after it", async () => {
    const points = hourly([5, 40], NOW - 5 * DAY, 48);
    await flush(points);
    await runAll(minutes, NOW - HOUR);
    await runAll(minutes, NOW);
    expect(await progress("goneDay")).toBe(0);
    await runAll(rollUpClosed, NOW);
    await runAll(minutes, NOW);
    expect(await progress("goneDay")).toBe(0);
    await runAll(rollUpDays, NOW);
    const late = [{ id: 6, at: NOW - 4 * DAY, value: 1 }];
    await flush(late);
    await runAll(minutes, NOW);
    // The first day went; the second has a mark.
    expect([await progress("goneDay"), await progress("gonePack")]).toEqual([TODAY - 4, 0]);
    expect(await countOf("minute")).toBe(2 * 36 + 1);
    await expectExact([...points, ...late]);
    await runSteps(NOW, retention);
    expect(await countOf("minute")).toBe(0);
    await expectExact([...points, ...late]);
  });

  test("hours go in rounds, years stay", async () => {
    vi.setConfig({ testTimeout: 60_000 });
    const points = hourly(packs(150), NOW - 30 * DAY, 20 * 24).filter(
      ({ at }) => at % DAY < 2 * HOUR,
    );
    await flush(points);
    for (const before of [2 * HOUR, HOUR])
      await runSteps(NOW - DAY - before, { minute: 2, hour: 0, day: 0 });
    expect(await countOf("hour")).toBe(150 * 20);
    await hours(env.DB, round(NOW - HOUR));
    const { more } = await hours(env.DB, round(NOW));
    expect(more).toBe(true);
    expect(await countOf("hour")).toBe(150 * 20 - 2_000);
    await runAll(hours, NOW);
    // The last day is kept.
    expect(await countOf("hour")).toBe(150);
    expect(await progress("hourKept")).toBe(TODAY - 10);
    expect(await countOf("day")).toBe(150 * 2);
  });

  test("hours stay while their days are not made", async () => {
    await flush(hourly([5], NOW - 30 * DAY, 30));
    await runAll(rollUpClosed, NOW);
    await runAll(hours, NOW - HOUR);
    await runAll(hours, NOW);
    expect(await countOf("hour")).toBe(2);
  });

  test("hours of a day that a flush marks while they are deleted stay until the next time", async () => {
    const points = hourly([5, 40], NOW - 30 * DAY, 12);
    await flush(points);
    for (const before of [3 * HOUR, 2 * HOUR])
      await runSteps(NOW - before, { minute: 2, hour: 0, day: 0 });
    const late = { id: 5, at: NOW - 30 * DAY + 1, value: 9 };
    const db = withBetween(env.DB, async (_, land) => {
      await flush([late]);
      return await land();
    });
    await hours(db, round(NOW));
    expect((await storedIn()).hour.map(({ pack }) => pack)).toEqual([0]);
    await runSteps(NOW, { minute: 2, hour: 0, day: 0 });
    await expectExact([...points, late], env.DB, "kept");
  });

  test("when hours are to be kept for longer, those that were deleted are told as deleted", async () => {
    await flush(hourly([5], NOW - 30 * DAY, 12));
    for (const before of [3 * HOUR, 2 * HOUR]) await runSteps(NOW - before, retention);
    expect(await progress("hourKept")).toBe(TODAY - 29);
    const longer = { minute: 2, hour: 400, day: 0 };
    for (const before of [HOUR, 0]) await runSteps(NOW - before, longer);
    expect(await progress("hourKept")).toBe(TODAY - 29);
    // A clock that was wrong for hours.
    await env.DB.exec(`UPDATE progress SET value = ${TODAY + 300} WHERE name = 'hourKept'`);
    await flush([{ id: 5, at: NOW - 2 * DAY, value: 1 }]);
    for (const hours of [1, 2]) await runSteps(NOW + hours * HOUR, longer);
    expect([await progress("hourKept"), await countOf("hour")]).toEqual([TODAY, 1]);
  });
});

describe("hours that are kept no longer than minutes", () => {
  const retention = { minute: 3, hour: 3, day: 0 };

  test("stay until the minutes of their day are gone, so that what comes late finds them all", async () => {
    const points = [
      ...hourly([5], (TODAY - 20) * DAY, 24),
      // Nothing in between: minutes wait for a second run, which hours of the days that pass do not.
      ...hourly([5, 40], (TODAY - 3) * DAY, 24),
    ];
    await flush(points);
    for (const before of [2 * DAY + HOUR, 2 * DAY, DAY, 0]) await runSteps(NOW - before, retention);
    const midnight = (TODAY + 1) * DAY + MINUTE;
    await runSteps(midnight, retention);
    for (const after of [MINUTE, HOUR + MINUTE]) {
      const late = { id: 5, at: (TODAY - 3) * DAY + 7 * HOUR + after, value: 1_000 };
      await flush([late]);
      points.push(late);
      await runSteps(midnight + after, retention);
      await expectExact(points, env.DB, "kept");
    }
    expect([await progress("goneDay"), await progress("hourKept")]).toEqual([TODAY - 2, TODAY - 2]);
    expect([await countOf("minute"), await countOf("hour")]).toEqual([0, 0]);
  });
});

describe("a deletion of minutes that lands after it was given up", () => {
  const retention = { minute: 2, hour: 0, day: 0 };
  const rollUp = async (): Promise<void> => {
    for (const step of [rollUpClosed, rollUpDays, rollUpDirty]) await runAll(step, NOW);
  };

  test.each([
    ["of an earlier pack of its day", 4],
    ["of a day before", 6],
  ])("passes nothing %s that came meanwhile", async (_, days) => {
    const points = hourly([805], (TODAY - 4) * DAY, 24);
    await flush(points);
    await runSteps(NOW - HOUR, retention);
    let land: (() => Promise<unknown>) | undefined;
    const db = withBetween(env.DB, async (_, batch) => {
      land = batch;
      throw new Error("given up");
    });
    await expect(purgeMinutes(db, round(NOW), retention)).rejects.toThrow("given up");
    for (const value of [1, 20]) {
      const late = { id: 17, at: (TODAY - days) * DAY + HOUR + value, value };
      await flush([late]);
      points.push(late);
      await rollUp();
      await land?.();
      await expectExact(points);
    }
    await runSteps(NOW, retention);
    await expectExact(points);
    expect(await countOf("minute")).toBe(0);
  });
});

describe("removed series", () => {
  const slotsOf = async (): Promise<string[]> => [
    ...new Set((await storedIn()).minute.map(({ body }) => [...decodePack(body).keys()].join())),
  ];

  test("go out of rows with others, and rows of their own go; other packs are not touched", async () => {
    const points = hourly([16, 17, 31, 32, 50], NOW - 2 * DAY, 36);
    await flush(points);
    await runSteps(NOW);
    const others = async () =>
      (await storedIn()).minute.filter(({ pack }) => pack === 3).map(({ body }) => body);
    const before = await others();
    await remove([17, 32]);
    const left = points.filter(({ id }) => id !== 17 && id !== 32);
    await expectExact(left);
    // Of each pack 36 minute rows, 2 or 3 hour rows, a day row; 2 tombstones, and the token.
    const coarse = (await countOf("hour")) / 3;
    expect(await runAll(purgeTombstones, NOW)).toBe(2 * (36 + coarse + 1) + 2 + 1);
    expect(await others()).toEqual(before);
    expect(await slotsOf()).toEqual(["0,15", "2"]);
    expect(await countOf("tombstone")).toBe(0);
    await expectExact(left);
    expect(await runAll(purgeTombstones, NOW)).toBe(0);
  });

  test("of many packs, a few a round; marks of packs without series go as well", async () => {
    const ids = Array.from({ length: 100 }, (_, i) => 160 + i);
    const points = hourly([...ids, 500], NOW - 30 * HOUR, 24);
    await flush(points);
    await runSteps(NOW);
    await flush(points.filter(({ at }) => at === NOW - 20 * HOUR));
    await remove(ids);
    const { more } = await purgeTombstones(env.DB, round(NOW));
    expect(more).toBe(true);
    expect(await countOf("tombstone")).toBe(100 - 32);
    await runAll(purgeTombstones, NOW);
    expect(new Set((await storedIn()).minute.map(({ pack }) => pack))).toEqual(new Set([31]));
    expect((await storedIn()).dirty.map(({ pack }) => pack)).toEqual([31]);
    expect([await countOf("hour"), await countOf("day")]).toEqual([2, 1]);
  });

  test("more rows than a round takes", async () => {
    const points = hourly([3, 4], NOW - 60 * DAY, 1_200);
    await flush(points);
    await remove([3]);
    const { more } = await purgeTombstones(env.DB, round(NOW));
    expect(more).toBe(true);
    expect(await slotsOf()).toEqual(expect.arrayContaining(["4", "3,4"]));
    await runAll(purgeTombstones, NOW);
    expect(await slotsOf()).toEqual(["4"]);
    await expectExact(points.filter(({ id }) => id === 4));
  });

  test("a roll-up that has read them does not write them back", async () => {
    const points = hourly([3, 40], NOW - 2 * DAY, 30);
    await flush(points);
    await runAll(rollUpClosed, NOW);
    await remove([3]);
    const db = withBetween(env.DB, async (n, land) => {
      // Between what it reads and what it writes.
      if (n === 3) await runAll(purgeTombstones, NOW);
      return await land();
    });
    await rollUpDays(db, round(NOW));
    await runSteps(NOW);
    expect((await storedIn()).day.map(({ pack }) => pack)).toEqual([2]);
    await expectExact(points.filter(({ id }) => id === 40));
  });

  test("a row that is no JSON stops nothing; it goes when nobody has a series in its pack", async () => {
    const points = hourly([3, 4], NOW - 3 * HOUR, 3);
    await flush(points);
    await env.DB.prepare(`UPDATE minute SET body = '{"3":"' WHERE hour = ?`)
      .bind(NOW / HOUR - 1)
      .run();
    await remove([3]);
    await runAll(purgeTombstones, NOW);
    expect(await countOf("tombstone")).toBe(0);
    expect(await countOf("minute")).toBe(3);
    await remove([4]);
    await runAll(purgeTombstones, NOW);
    expect(await countOf("minute")).toBe(0);
  });

  test("a series whose metric is stored anew meanwhile has another id: it stays", async () => {
    const before = hourly([3, 4], NOW - 3 * HOUR, 3);
    await flush(before);
    await remove([3]);
    const after = hourly([5], NOW - 3 * HOUR + MINUTE, 3);
    await flush(after);
    await runSteps(NOW + HOUR);
    await expectExact([...before.filter(({ id }) => id === 4), ...after]);
  });
});
