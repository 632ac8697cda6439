// A cron that ran with a wrong clock, ahead or behind: nothing that is kept is deleted or hidden, also
// not what is stored later, and retention goes on by itself once the clock is right.

import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import { DAY, HOUR, MINUTE } from "../../src/core/tiers.ts";
import { runCron } from "../../src/worker/cron/cron.ts";
import { NOW, query, store } from "./api-client.ts";

const YEAR = 365 * DAY;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  for (const table of ["minute", "hour", "day", "dirty", "series", "progress"])
    await env.DB.exec(`DELETE FROM ${table}`);
});

const post = async (name: string, at: number): Promise<void> => {
  await store([{ name, value: 2, timestamp: at }]);
  await env.SHARD.getByName("0").flush();
};

async function cronAt(...times: readonly number[]): Promise<void> {
  for (const at of times) {
    vi.setSystemTime(at);
    await runCron(env);
  }
}

const minutes = async (metric: string): Promise<number> =>
  (
    await query({ metric, resolution: "minute", from: Date.now() - 15 * DAY, to: Date.now() })
  ).series.reduce((sum, { t }) => sum + t.length, 0);

test.each([
  ["a year ahead", YEAR],
  ["a year behind", -YEAR],
])("one run with the clock %s deletes and hides no minutes", async (_, wrong) => {
  const metric = `run${wrong}`;
  await post(metric, NOW - 2 * DAY);
  await post(metric, NOW - MINUTE);
  await cronAt(NOW, NOW + wrong, NOW + MINUTE, NOW + HOUR, NOW + 2 * HOUR);
  expect(await minutes(metric)).toBe(2);
});

test("one run with the clock a year ahead on an empty store hides nothing of what comes", async () => {
  await cronAt(NOW + YEAR, NOW + YEAR + MINUTE, NOW, NOW + MINUTE);
  await post("first", NOW);
  await cronAt(NOW + HOUR, NOW + 2 * HOUR);
  expect(await minutes("first")).toBe(1);
});

test("even a clock that was a year ahead for hours hides nothing of what comes after", async () => {
  await cronAt(...[0, 1, 2, 3].map((hour) => NOW + YEAR + hour * HOUR));
  await post("after", NOW - MINUTE);
  await cronAt(NOW, NOW + HOUR, NOW + 2 * HOUR);
  expect(await minutes("after")).toBe(1);
});

test("after a wrong clock, what is past its days goes within hours", async () => {
  const rows = async (): Promise<unknown> =>
    await env.DB.prepare("SELECT count(*) AS n FROM minute").first("n");
  await post("old", NOW - 14 * DAY);
  await cronAt(NOW, NOW + YEAR);
  expect(await rows()).toBe(1);
  const later = NOW + 3 * DAY;
  await cronAt(later);
  expect(await rows()).toBe(1);
  await cronAt(later + HOUR);
  expect(await rows()).toBe(0);
  expect(
    (await query({ metric: "old", resolution: "day", from: NOW - 30 * DAY })).series,
  ).toMatchObject([{ count: [1] }]);
});
