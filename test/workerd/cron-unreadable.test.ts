// A segment that cannot be read (corrupt, or of a version that only newer code knows) is reported and
// passed over by the cron. Everything else is rolled up and deleted in time, and nothing of it is lost.

import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import { encodePack } from "../../src/core/codec/pack.ts";
import { DAY, HOUR, MINUTE } from "../../src/core/tiers.ts";
import { readStatus } from "../../src/d1/status.ts";
import { rollUpClosed, rollUpDays } from "../../src/worker/cron/rollup.ts";
import {
  countOf,
  expectExact,
  flush,
  naive,
  type Point,
  progress,
  read,
  remove,
  runAll,
  runSteps,
  storedIn,
  wipe,
} from "./cron-store.ts";

const NOW = Date.UTC(2031, 0, 15, 12);
/** A segment of version 9. */
const NEWER = "CQEEAAAApBMBAKoL";
const RETENTION = { minute: 2, hour: 0, day: 0 };

/** Two series of a pack, and one of another. */
const points = (from: number, hours = 1): Point[] =>
  [33, 34, 50].flatMap((id) =>
    Array.from({ length: hours * 3 }, (_, i) => ({
      id,
      at: from + i * 20 * MINUTE,
      value: id + i,
    })),
  );

beforeEach(async () => {
  await wipe();
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});

type Table = "minute" | "hour" | "day";

/** Makes a slot of pack 2 unreadable in all rows of a table that match; returns what sets it right. */
async function spoil(table: Table, where = "true", slot = 1): Promise<() => Promise<void>> {
  const { results } = await env.DB.prepare(
    `SELECT * FROM ${table} WHERE pack = 2 AND ${where}`,
  ).all<Record<string, string | number>>();
  const key = { minute: "hour, pack, shard, part", hour: "pack, day", day: "pack, year" }[table];
  const columns = key.split(", ");
  const put = async (bodyOf: (body: string) => string): Promise<void> => {
    for (const row of results)
      await env.DB.prepare(
        `UPDATE ${table} SET body = ? WHERE ${columns.map((column) => `${column} = ?`).join(" AND ")}`,
      )
        .bind(bodyOf(String(row.body)), ...columns.map((column) => row[column]))
        .run();
  };
  expect(results.length).toBeGreaterThan(0);
  await put((body) =>
    slot < 0 ? "no pack" : JSON.stringify({ ...JSON.parse(body), [slot]: NEWER }),
  );
  return () => put((body) => body);
}

const status = () => readStatus(env.DB, NOW);

test("a minute segment in time: its hour is dirty and reported, all else is rolled up", async () => {
  const all = points(NOW - 3 * HOUR, 3);
  await flush(all);
  const repair = await spoil("minute", `hour = ${NOW / HOUR - 2}`);
  await runSteps(NOW + 10 * MINUTE);
  expect(await progress("rolledHour")).toBe(NOW / HOUR);
  expect(await countOf("dirty")).toBe(1);
  expect(await countOf("hour")).toBe(2);
  expect(await status()).toMatchObject({
    dirtyHours: 1,
    oldestDirty: null,
    rolledUpTo: NOW,
    unreadableHours: 1,
    unreadable: [
      {
        metric: "m33",
        labels: "{}",
        hour: NOW / HOUR - 2,
        message: expect.stringMatching(/minute segment of 2031-01-15T10:00:00.000Z .* version 9/),
      },
    ],
  });
  await repair();
  await expectExact(all);
  // Tried again an hour later, and not before.
  await runSteps(NOW + HOUR);
  expect(await countOf("dirty")).toBe(1);
  await runSteps(NOW + HOUR + 10 * MINUTE);
  expect(await countOf("dirty")).toBe(0);
  expect(await countOf("unreadable")).toBe(0);
  await expectExact(all);
});

test("a pack that is no pack names all of its series, and not those of others", async () => {
  await flush(points(NOW - HOUR));
  await spoil("minute", "true", -1);
  await runSteps(NOW + HOUR);
  expect((await status()).unreadable.map(({ metric }) => metric)).toEqual(["m33", "m34"]);
});

test("a late part that cannot be read keeps the hour as it was, and its minutes", async () => {
  const early = points(NOW - DAY, 4);
  await flush(early);
  await runSteps(NOW + HOUR);
  const late = points(NOW - DAY + MINUTE);
  await flush(late);
  const repair = await spoil("minute", "part = (SELECT max(part) FROM minute)");
  await runSteps(NOW + HOUR);
  expect(await countOf("unreadable")).toBe(1);
  await repair();
  await expectExact([...early, ...late]);
  await runSteps(NOW + 2 * HOUR);
  expect(await countOf("dirty")).toBe(0);
  await expectExact([...early, ...late]);
});

test.each(["hour", "day"] as const)(
  "the %s pack of a late hour is not written over",
  async (table) => {
    const early = points(NOW - 26 * HOUR, 6);
    await flush(early);
    await runSteps(NOW + HOUR);
    const repair = await spoil(table);
    const late = points(NOW - 25 * HOUR + MINUTE);
    await flush(late);
    await runSteps(NOW + HOUR);
    const hour = {
      hour: NOW / HOUR - 25,
      message: expect.stringContaining(`the ${table} segment`),
    };
    expect((await status()).unreadable).toMatchObject([{ metric: "m33", ...hour }]);
    expect(
      await env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE instr(body, ?) > 0`)
        .bind(NEWER)
        .first("n"),
    ).toBeGreaterThan(0);
    await repair();
    await expectExact([...early, ...late]);
    await runSteps(NOW + 2 * HOUR);
    expect(await countOf("unreadable")).toBe(0);
    await expectExact([...early, ...late]);
  },
);

test.each(["hour", "day"] as const)(
  "a day that cannot be made, since its %s pack cannot be read, is read by its minutes",
  async (table) => {
    const before = points(NOW - 2 * DAY, 2);
    const all = [...before, ...points(NOW - DAY, 2)];
    await flush(before);
    await runSteps(NOW - DAY + HOUR);
    await runSteps(NOW - DAY + 13 * HOUR);
    expect(await countOf("day")).toBe(2);
    await flush(all.slice(before.length));
    await runAll(rollUpClosed, NOW);
    const repair = await spoil(
      table,
      table === "hour" ? `day = ${Math.floor(NOW / DAY) - 1}` : "true",
    );
    await runAll(rollUpDays, NOW);
    expect(await progress("rolledDay")).toBe(Math.floor(NOW / DAY));
    expect(await countOf("dirty")).toBe(2);
    expect(await status()).toMatchObject({ unreadableHours: 2, rolledUpTo: NOW });
    // What is still there says the same by hour; by day the other days cannot be read.
    await repair();
    await expectExact(all);
    await runSteps(NOW + HOUR);
    expect(await countOf("dirty")).toBe(0);
    await expectExact(all);
  },
);

test("retention leaves the minutes of what cannot be read, all of them; then they count once", async () => {
  const early = points(NOW - 5 * DAY, 3);
  await flush(early);
  await runSteps(NOW - 4 * DAY);
  // A part in time, and a late one that cannot be read.
  const late = points(NOW - 5 * DAY + MINUTE);
  await flush(late);
  const repair = await spoil("minute", "part = (SELECT max(part) FROM minute)");
  for (const hours of [0, 1, 2]) await runSteps(NOW + hours * HOUR, RETENTION);
  expect(await progress("goneDay")).toBe(Math.floor(NOW / DAY) - 4);
  expect(await countOf("minute")).toBe(2);
  expect(await env.DB.prepare("SELECT kept FROM unreadable").first("kept")).toBe(1);
  await repair();
  const later = points(NOW - 5 * DAY + 2 * MINUTE, 2);
  await flush(later);
  await expectExact([...early, ...late, ...later]);
  await runSteps(NOW + 4 * HOUR, RETENTION);
  expect(await countOf("minute")).toBe(0);
  await expectExact([...early, ...late, ...later]);
});

test("what came late, and cannot be read, is not taken for all minutes of its hour", async () => {
  const early = points(NOW - 5 * DAY, 3).filter(({ id }) => id < 48);
  await flush(early);
  for (const hours of [0, 1]) await runSteps(NOW + hours * HOUR, RETENTION);
  // Of packs behind it, whose series were removed, minutes of that day went before.
  await env.DB.batch([
    env.DB.prepare("UPDATE progress SET value = value - 1 WHERE name = 'goneDay'"),
    env.DB.prepare("INSERT OR REPLACE INTO progress VALUES ('gonePack', 3)"),
  ]);
  const late = points(NOW - 5 * DAY + MINUTE).filter(({ id }) => id < 48);
  await flush(late);
  const repair = await spoil("minute");
  for (const hours of [2, 3]) await runSteps(NOW + hours * HOUR, RETENTION);
  expect(await progress("goneDay")).toBe(Math.floor(NOW / DAY) - 4);
  await repair();
  await expectExact([...early, ...late]);
  await runSteps(NOW + 5 * HOUR, RETENTION);
  expect(await countOf("minute")).toBe(0);
  await expectExact([...early, ...late]);
});

test("hours of a day that waits stay longer than their retention", async () => {
  const early = points(NOW - 5 * DAY, 3);
  await flush(early);
  await runSteps(NOW - 4 * DAY);
  const late = points(NOW - 5 * DAY + MINUTE);
  await flush(late);
  const repair = await spoil("minute", "part = (SELECT max(part) FROM minute)");
  const retention = { minute: 2, hour: 3, day: 0 };
  for (const hours of [0, 1, 2]) await runSteps(NOW + hours * HOUR, retention);
  // Those of the other pack are gone.
  expect((await storedIn()).hour.map(({ pack }) => pack)).toEqual([2]);
  await repair();
  await runSteps(NOW + 4 * HOUR, retention);
  expect(await countOf("dirty")).toBe(0);
  expect([...read("day", await storedIn())].toSorted()).toEqual(
    [...naive([...early, ...late], "day")].toSorted(),
  );
  // With the next pass, which comes when minutes of another day are gone.
  await flush(points(NOW));
  for (const hours of [24, 48, 72, 73]) await runSteps(NOW + hours * HOUR, retention);
  expect((await storedIn()).hour.map(({ span }) => span)).toEqual(
    [0, 0].map(() => Math.floor(NOW / DAY)),
  );
});

test("more than a round takes that cannot be read does not stop the rest", async () => {
  const many = Array.from({ length: 600 }, (_, i) => ({
    id: i * 16,
    at: NOW - 2 * HOUR,
    value: i,
  }));
  await flush(many);
  await env.DB.prepare("UPDATE minute SET body = ?")
    .bind(encodePack(new Map([[0, NEWER]])))
    .run();
  const good = [{ id: 9_999, at: NOW - HOUR, value: 1 }];
  await flush(good);
  await runSteps(NOW + HOUR);
  expect(await countOf("hour")).toBe(1);
  const late = [{ id: 9_998, at: NOW - HOUR, value: 1 }];
  await flush(late);
  await runSteps(NOW + HOUR);
  expect(await countOf("dirty")).toBe(600);
  const told = await status();
  expect(told.unreadable).toHaveLength(20);
  expect(told).toMatchObject({ unreadableHours: 600, oldestDirty: null, rolledUpTo: NOW });
});

test("what could not be read of a series that is removed is forgotten with it", async () => {
  const all = points(NOW - 3 * HOUR, 3);
  await flush(all);
  await spoil("minute", `hour = ${NOW / HOUR - 2}`);
  await runSteps(NOW + HOUR);
  await remove([33]);
  expect((await status()).unreadable).toEqual([]);
  await runSteps(NOW + HOUR);
  await runSteps(NOW + 3 * HOUR);
  expect(await countOf("dirty")).toBe(0);
  await expectExact(all.filter(({ id }) => id !== 33));
});
