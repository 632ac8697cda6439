// The whole path, thin: post → shard → D1 → roll-up → query.

import { runDurableObjectAlarm } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { DAY, HOUR, MINUTE } from "../../src/core/tiers.ts";
import { runCron } from "../../src/worker/cron/cron.ts";

/** Far ahead of the wall clock, by which alarms fire: the test runs them by hand. */
const MIDNIGHT = Date.UTC(2031, 10, 20);

const get = async (path: string): Promise<unknown> =>
  (await exports.default.fetch(`http://localhost${path}`)).json();

const post = (body: unknown): Promise<Response> =>
  exports.default.fetch("http://localhost/api/v1/points", {
    method: "POST",
    body: JSON.stringify(body),
  });

test("a point counts at every tier, before the flush, after it and after the roll-up", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: MIDNIGHT + 10 * MINUTE });
  const points = [1, 2, 6].map((value, i) => ({
    name: "smoke",
    value,
    timestamp: MIDNIGHT + i * MINUTE,
    labels: { host: "a" },
  }));
  expect(await (await post(points)).json()).toEqual({ accepted: 3 });
  const from = MIDNIGHT;
  const ask = (resolution: string): Promise<unknown> =>
    get(`/api/v1/query?metric=smoke&from=${from}&to=${from + DAY}&resolution=${resolution}`);
  const expectAll = async (): Promise<void> => {
    for (const [resolution, avg] of [
      ["minute", [1, 2, 6]],
      ["hour", [3]],
      ["day", [3]],
    ] as const)
      expect(await ask(resolution)).toMatchObject({ resolution, series: [{ labels: {}, avg }] });
  };
  await expectAll();
  const rows = async (table: string): Promise<unknown> =>
    env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first("n");
  expect(await rows("minute")).toBe(0);
  vi.setSystemTime(MIDNIGHT + 2 * HOUR);
  expect(await runDurableObjectAlarm(env.SHARD.getByName("0"))).toBe(true);
  expect(await rows("minute")).toBe(1);
  await expectAll();
  await runCron(env);
  expect([await rows("hour"), await rows("day"), await rows("dirty")]).toEqual([1, 0, 0]);
  await expectAll();
  vi.setSystemTime(MIDNIGHT + DAY + 2 * HOUR);
  await runCron(env);
  expect([await rows("hour"), await rows("day"), await rows("dirty")]).toEqual([1, 1, 0]);
  await expectAll();
});
