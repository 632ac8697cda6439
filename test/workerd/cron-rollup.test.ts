// The roll-up on D1: what it makes is what the points make, in time, late, in between, twice, or killed
// midway.

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { DAY, HOUR, MINUTE } from "../../src/core/tiers.ts";
import { rollUpClosed, rollUpDays, rollUpDirty } from "../../src/worker/cron/rollup.ts";
import {
  type Between,
  countOf,
  expectExact,
  flush,
  type Point,
  progress,
  remove,
  round,
  runAll,
  runSteps,
  type Step,
  wipe,
  withBetween,
} from "./cron-store.ts";

/** A Wednesday, noon. */
const NOW = Date.UTC(2031, 0, 15, 12);
const H = NOW / HOUR;

beforeEach(() => wipe());

/** Points of so many series, one each `every` ms of [from, to). */
const series = (ids: readonly number[], from: number, to: number, every = 7 * MINUTE): Point[] =>
  ids.flatMap((id) =>
    Array.from({ length: Math.ceil((to - from) / every) }, (_, i) => ({
      id,
      at: from + i * every,
      value: ((id * 31 + i * 17) % 199) - 99,
    })),
  );

const three = [5, 17, 40];

describe("in time", () => {
  test("an hour is rolled up ten minutes after its end, and not before", async () => {
    const points = series(three, NOW - HOUR, NOW);
    await flush(points);
    await runAll(rollUpClosed, NOW + 10 * MINUTE - 1);
    expect(await countOf("hour")).toBe(0);
    await expectExact(points);
    await runAll(rollUpClosed, NOW + 10 * MINUTE);
    expect(await countOf("hour")).toBe(3);
    expect([await progress("rolledHour"), await progress("rolledPack")]).toEqual([H, 0]);
    await expectExact(points);
  });

  test("several hours and days at once make one row a (pack, day), and a row a (pack, year)", async () => {
    const points = series(three, NOW - 3 * DAY, NOW);
    await flush(points);
    // And the claim with the watermark: three names that are new.
    expect(await runAll(rollUpClosed, NOW + HOUR)).toBe(3 * 4 + 3);
    await expectExact(points);
    // Two days are over whole, the first one in part.
    expect(await runAll(rollUpDays, NOW + HOUR)).toBe(3 + 3);
    expect(await countOf("day")).toBe(3);
    await expectExact(points);
    expect(await countOf("dirty")).toBe(0);
  });

  test("what has been rolled up costs nothing more", async () => {
    await flush(series(three, NOW - 2 * DAY, NOW));
    await runSteps(NOW + HOUR);
    for (const step of [rollUpClosed, rollUpDays, rollUpDirty])
      expect(await runAll(step, NOW + HOUR)).toBe(0);
  });

  test("a year that ends makes a day pack of each", async () => {
    const from = Date.UTC(2030, 11, 30);
    const points = series([3], from, from + 4 * DAY, 50 * MINUTE);
    await flush(points);
    await runSteps(NOW);
    expect(await countOf("day")).toBe(2);
    await expectExact(points);
  });

  test("a day without later points is made once it is over", async () => {
    const points = series(three, NOW - HOUR, NOW);
    await flush(points);
    await runSteps(NOW + HOUR);
    expect([await progress("rolledHour"), await progress("rolledDay")]).toEqual([H, H / 24 - 0.5]);
    await runSteps(NOW + 12 * HOUR + 9 * MINUTE);
    expect(await countOf("day")).toBe(0);
    await runSteps(NOW + 12 * HOUR + 10 * MINUTE);
    expect(await countOf("day")).toBe(3);
    expect(await progress("rolledHour")).toBe(H + 12);
    await expectExact(points);
    await runSteps(NOW + 300 * DAY);
    expect(await progress("rolledHour")).toBe(H + 12);
  });

  test("more packs than a round takes", async () => {
    const ids = Array.from({ length: 700 }, (_, i) => i * 16 + (i % 16));
    const points = series(ids, NOW - 26 * HOUR, NOW - 24 * HOUR, 40 * MINUTE);
    await flush(points);
    const { rows } = await rollUpClosed(env.DB, round(NOW));
    expect([await progress("rolledHour"), await progress("rolledPack")]).toEqual([H - 26, 500]);
    // No scan of what it does not take: some statements, each of 500 rows.
    expect(rows.read).toBeLessThan(8 * 500);
    await expectExact(points);
    await runAll(rollUpClosed, NOW);
    await rollUpDays(env.DB, round(NOW));
    expect(await progress("rolledDayPack")).toBeGreaterThan(90);
    await expectExact(points);
    await runSteps(NOW);
    await expectExact(points);
  });

  test("the hours of others that come between two rounds are late where the round has passed", async () => {
    const ids = Array.from({ length: 600 }, (_, i) => i * 16);
    const points = series(ids, NOW - HOUR, NOW, HOUR);
    await flush(points);
    await rollUpClosed(env.DB, round(NOW + HOUR));
    const more = series([3 * 16 + 1, 590 * 16 + 1], NOW - HOUR, NOW);
    await flush(more);
    expect(await countOf("dirty")).toBe(1);
    await expectExact([...points, ...more]);
    await runSteps(NOW + HOUR);
    await expectExact([...points, ...more]);
  });
});

describe("late", () => {
  test("a late hour is rolled up again, its day made anew, and its mark goes", async () => {
    const early = series(three, NOW - 3 * DAY, NOW);
    const late = series([5, 6, 41], NOW - 2 * DAY - 3 * HOUR, NOW - 2 * DAY, 11 * MINUTE);
    await flush(early);
    await runSteps(NOW + HOUR);
    await flush(late);
    expect(await countOf("dirty")).toBe(6);
    await expectExact([...early, ...late]);
    // Two packs: each its hour row and its year row, three marks; and the claim.
    expect(await runAll(rollUpDirty, NOW + HOUR)).toBe(2 * (1 + 1 + 3) + 1);
    expect(await countOf("dirty")).toBe(0);
    await expectExact([...early, ...late]);
  });

  test("a late hour of today leaves the day's bucket alone: it is not made", async () => {
    const early = series(three, NOW - 4 * HOUR, NOW);
    const late = series([6], NOW - 3 * HOUR, NOW - 2 * HOUR);
    await flush(early);
    await runSteps(NOW + HOUR);
    await flush(late);
    await runSteps(NOW + HOUR);
    expect(await countOf("day")).toBe(0);
    await expectExact([...early, ...late]);
  });

  test("late hours whose minutes are gone are merged once, and their minutes go", async () => {
    const retention = { minute: 2, hour: 0, day: 0 };
    const early = series(three, NOW - 5 * DAY, NOW);
    await flush(early);
    await runSteps(NOW + HOUR, retention);
    await runSteps(NOW + 2 * HOUR, retention);
    await expectExact(early);
    const left = await countOf("minute");
    const late = series([5, 9], NOW - 4 * DAY, NOW - 4 * DAY + 3 * HOUR, 11 * MINUTE);
    await flush(late.slice(0, 20));
    await flush(late.slice(20));
    await expectExact([...early, ...late]);
    await runSteps(NOW + 2 * HOUR, retention);
    expect(await countOf("minute")).toBe(left);
    await expectExact([...early, ...late]);
  });
});

describe("in between", () => {
  const early = series(three, NOW - 2 * DAY, NOW);
  const more = series([5, 18, 99], NOW - 30 * HOUR, NOW - 26 * HOUR, 13 * MINUTE);
  /** The step, and what was done before it. */
  const steps: readonly (readonly [string, Step, () => Promise<void>])[] = [
    ["closed hours", rollUpClosed, () => flush(early)],
    [
      "days",
      rollUpDays,
      async () => {
        await flush(early);
        await runAll(rollUpClosed, NOW + HOUR);
      },
    ],
    [
      "dirty hours",
      rollUpDirty,
      async () => {
        await flush(early.filter((_, i) => i % 2 === 0));
        await runAll(rollUpClosed, NOW + HOUR);
        await runAll(rollUpDays, NOW + HOUR);
        await flush(early.filter((_, i) => i % 2 === 1));
      },
    ],
  ];

  /** Something happens at each batch of the step in turn. */
  const atEach = (
    what: string,
    between: (land: () => Promise<D1Result[]>) => ReturnType<Between>,
    expected: readonly Point[],
  ): void =>
    void test.each(steps)(`${what}: %s`, async (_, step, before) => {
      for (let at = 1; at <= 3; at++) {
        await wipe();
        await before();
        let met = false;
        const db = withBetween(env.DB, (n, land) => {
          if (n !== at) return land();
          met = true;
          return between(land);
        });
        await step(db, round(NOW + HOUR)).catch(() => undefined);
        if (!met) continue;
        await expectExact(expected);
        await runSteps(NOW + HOUR);
        await expectExact(expected);
        expect(await countOf("dirty")).toBe(0);
      }
    });

  atEach(
    "a flush lands",
    async (land) => {
      await flush(more);
      return await land();
    },
    [...early, ...more],
  );
  atEach(
    "another run does it all",
    async (land) => {
      await runSteps(NOW + HOUR);
      return await land();
    },
    early,
  );
  atEach(
    "another run does a round",
    async (land) => {
      for (const [, step] of steps) await step(env.DB, round(NOW + HOUR));
      return await land();
    },
    early,
  );
  atEach("killed before", () => Promise.reject(new Error("killed")), early);
  atEach(
    "killed after",
    async (land) => {
      await land();
      throw new Error("killed");
    },
    early,
  );
  atEach(
    "a removal",
    async (land) => {
      await remove([17]);
      return await land();
    },
    early.filter(({ id }) => id !== 17),
  );
  atEach(
    "a removal whose segments are taken out at once",
    async (land) => {
      await remove([17, 5]);
      await runSteps(NOW - 10 * DAY);
      return await land();
    },
    early.filter(({ id }) => id === 40),
  );

  test.each(steps)(
    "a batch that lands long after it was given up: %s",
    async (name, step, before) => {
      await before();
      let zombie: (() => Promise<unknown>) | undefined;
      const writes = name === "dirty hours" ? 2 : 3;
      const db = withBetween(env.DB, (n, land) => {
        if (n < writes) return land();
        zombie = land;
        return Promise.reject(new Error("given up"));
      });
      await expect(step(db, round(NOW + HOUR))).rejects.toThrow("given up");
      await runSteps(NOW + HOUR);
      await flush(more);
      await runSteps(NOW + HOUR);
      await zombie?.();
      await expectExact([...early, ...more]);
    },
  );
});
