// A segment that cannot be read (corrupt, or of a version that only newer code knows) is reported and
// passed over by the cron. Everything else is rolled up and deleted in time, and nothing of it is lost.

import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import { DAY, dayOf, HOUR, MINUTE } from "../../src/core/tiers.ts";
import { runCron } from "../../src/worker/cron/cron.ts";
import { NOW, query, status, store } from "./api-client.ts";

/** The day that is to be rolled up. */
const BEFORE = NOW - DAY;
/** A segment of version 9. */
const NEWER = "CQEEAAAApBMBAKoL";

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  for (const table of ["minute", "hour", "day", "dirty", "unreadable", "progress"])
    await env.DB.exec(`DELETE FROM ${table}`);
});

const post = async (metrics: readonly string[], at: number): Promise<void> => {
  await store(metrics.map((name) => ({ name, value: 2, timestamp: at, labels: { host: "a" } })));
  await env.SHARD.getByName("0").flush();
};

const idOf = async (metric: string): Promise<number> =>
  (await env.DB.prepare("SELECT id FROM series WHERE metric = ?").bind(metric).first("id"))!;

const bodyOf = async (table: string, metric: string): Promise<string | null> =>
  await env.DB.prepare(`SELECT body FROM ${table} WHERE series_id = ?`)
    .bind(await idOf(metric))
    .first("body");

/** Puts `body` in place of what a table has of a metric; returns what it was. */
async function replaceBody(table: string, metric: string, body: string): Promise<string> {
  const before = await bodyOf(table, metric);
  await env.DB.prepare(`UPDATE ${table} SET body = ? WHERE series_id = ?`)
    .bind(body, await idOf(metric))
    .run();
  return before!;
}

/** The cron runs each hour, on to a time. */
async function cronUntil(to: number): Promise<void> {
  for (let at = Date.now(); at <= to; at += HOUR) {
    vi.setSystemTime(at);
    await runCron(env);
  }
}

const counts = async (metric: string, resolution: string): Promise<readonly number[]> =>
  (await query({ metric, resolution, from: NOW - 3 * DAY, to: NOW + DAY })).series.flatMap(
    ({ count }) => count,
  );

test("one minute segment of a newer version stops neither roll-up nor retention of the others", async () => {
  await post(["bad", "good", "other"], BEFORE);
  const readable = await replaceBody("minute", "bad", NEWER);
  await runCron(env);
  expect(await bodyOf("hour", "good")).not.toBeNull();
  expect(await bodyOf("hour", "bad")).toBeNull();
  const { d1 } = await status();
  const from = dayOf(BEFORE) * DAY;
  expect(d1.unreadable).toEqual([
    {
      metric: "bad",
      labels: { host: "a" },
      from,
      to: from + DAY,
      message: expect.stringMatching(/minute segment of 2095-11-19T12:00:00.000Z .* version 9/),
    },
  ]);
  expect(d1.rolledUpTo).toBe(dayOf(NOW) * DAY);

  // Past the retention of minutes, those of the others go, and these stay.
  vi.setSystemTime(NOW + 16 * DAY);
  await cronUntil(NOW + 16 * DAY + 2 * HOUR);
  expect(await bodyOf("minute", "good")).toBeNull();
  expect(await bodyOf("minute", "bad")).toBe(NEWER);

  // Newer code reads it, with what came late: once each, and then its minutes go as well.
  await post(["bad", "good"], BEFORE + MINUTE);
  await env.DB.prepare("UPDATE minute SET body = ? WHERE body = ?").bind(readable, NEWER).run();
  await cronUntil(NOW + 16 * DAY + 4 * HOUR);
  for (const resolution of ["hour", "day"]) {
    expect(await counts("bad", resolution)).toEqual([2]);
    expect(await counts("good", resolution)).toEqual([2]);
  }
  expect(await bodyOf("minute", "bad")).toBeNull();
  expect((await status()).d1.unreadable).toBeUndefined();
});

test("a year that cannot be read is not written over: its days wait, those of others do not", async () => {
  await post(["bad.year", "good.year"], BEFORE - DAY);
  await runCron(env);
  const readable = await replaceBody("day", "bad.year", "AQEE");
  await post(["bad.year", "good.year"], BEFORE);
  await runCron(env);
  expect(await bodyOf("day", "bad.year")).toBe("AQEE");
  expect(await counts("good.year", "day")).toEqual([1, 1]);
  expect((await status()).d1.unreadable).toMatchObject([
    { metric: "bad.year", message: expect.stringMatching(/day segment of 2095-01-01/) },
  ]);
  await replaceBody("day", "bad.year", readable);
  vi.setSystemTime(NOW + HOUR);
  await runCron(env);
  expect(await counts("bad.year", "day")).toEqual([1, 1]);
});

test("more days that cannot be read than one round takes do not stop the next", async () => {
  const many = Array.from({ length: 260 }, (_, i) => `bad.${i}`);
  await post(many, BEFORE - DAY);
  await env.DB.prepare("UPDATE minute SET body = ?").bind(NEWER).run();
  await post(["good.after"], BEFORE);
  await runCron(env);
  expect(await bodyOf("hour", "good.after")).not.toBeNull();
  const { d1 } = await status();
  expect(d1.unreadable).toHaveLength(20);
  expect(d1.unreadableCount).toBe(260);
});

test("minutes that retention left, since one of them cannot be read, count once when all can", async () => {
  await post(["twice"], BEFORE);
  await runCron(env);
  await post(["twice"], BEFORE + MINUTE);
  const late = "SELECT max(part) FROM minute";
  const readable = await env.DB.prepare(`SELECT body FROM minute WHERE part = (${late})`).first(
    "body",
  );
  await env.DB.prepare(`UPDATE minute SET body = ? WHERE part = (${late})`).bind(NEWER).run();
  await cronUntil(NOW + 2 * HOUR);
  vi.setSystemTime(NOW + 16 * DAY);
  await cronUntil(NOW + 16 * DAY + 2 * HOUR);
  await env.DB.prepare("UPDATE minute SET body = ? WHERE body = ?").bind(readable, NEWER).run();
  for (const resolution of ["hour", "day"])
    expect(await counts("twice", resolution), resolution).toEqual([2]);
  await cronUntil(NOW + 16 * DAY + 4 * HOUR);
  for (const resolution of ["hour", "day"])
    expect(await counts("twice", resolution), resolution).toEqual([2]);
});
