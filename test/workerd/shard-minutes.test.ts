// Minutes from the shard to D1: samples and end marks come through journal, pages, flushes of several
// parts and the roll-up; an end mark is no point and makes nothing of its own.

import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import { encodeBatch } from "../../src/core/series/batch.ts";
import { HOUR, MINUTE } from "../../src/core/tiers.ts";
import { app } from "../../src/worker/app.ts";
import { runCron } from "../../src/worker/cron/cron.ts";
import type { QueryAnswer } from "../../src/core/api.ts";
import { storedMinutes } from "./stored-minutes.ts";

/** Far ahead of the wall clock, by which alarms fire. */
const NOW = Date.UTC(2031, 0, 20, 12, 30);
const START = NOW - HOUR;
const shard = () => env.SHARD.getByName("0");

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

/** NaN is an end mark. */
const append = (points: readonly (readonly [key: string, at: number, value: number])[]) => {
  const series = [...new Set(points.map(([key]) => key))];
  return shard().append(
    encodeBatch({
      series,
      index: Uint8Array.from(points, ([key]) => series.indexOf(key)),
      at: Float64Array.from(points, ([, at]) => at),
      value: Float64Array.from(points, ([, , value]) => value),
    }),
    1,
  );
};

const byHour = async (metric: string): Promise<QueryAnswer["series"]> => {
  const path = `/api/v1/query?metric=${metric}&from=${NOW - 3 * HOUR}&to=${NOW}&resolution=hour`;
  const answer: QueryAnswer = await (await app.request(path, {}, env)).json();
  return answer.series;
};

test("samples and end marks reach D1 in parts, whatever restarts and pages there are", async () => {
  const points: [string, number, number][] = [];
  for (let i = 0; i < 4; i++) points.push(["kept{}", START + i * 15_000 + 7, i / 4]);
  for (let i = 0; i < 9; i++) points.push(["many{}", START + i * 6_000, -i]);
  expect(await append(points.slice(0, 6))).toBe(6);
  await evictDurableObject(shard());
  await append([...points.slice(6), ["kept{}", START + 59_000, NaN]]);
  await shard().flush();
  await append([
    ["kept{}", START + 3, 9],
    ["kept{}", START + 58_000, NaN],
  ]);
  await evictDurableObject(shard());
  await shard().flush();
  expect(await storedMinutes([env.DB])).toEqual(
    new Map([
      [
        `kept{}@${START}`,
        {
          samples: [
            [3, 9],
            [7, 0],
            [15_007, 0.25],
            [30_007, 0.5],
            [45_007, 0.75],
          ],
          end: START + 59_000,
        },
      ],
      [`many{}@${START}`, { count: 9, sum: -36 }],
    ]),
  );
  const before = await byHour("kept");
  await runCron(env);
  vi.setSystemTime(NOW + 2 * HOUR);
  await runCron(env);
  const rolled = await env.DB.prepare("SELECT count(*) AS n FROM hour").first("n");
  expect(rolled).toBe(1);
  vi.setSystemTime(NOW);
  expect(await byHour("kept")).toEqual(before);
  expect(before).toMatchObject([{ count: [5], sum: [10.5], last: [0.75] }]);
});

test("an end mark is no point: not accepted, no series of its own, no bucket", async () => {
  const { series } = await shard().report();
  expect(await append([["none{}", START, NaN]])).toBe(0);
  expect(await shard().report()).toMatchObject({ unflushedBuckets: 0, series });
  await append([["one{}", START, 1]]);
  await append([["one{}", START + 5 * MINUTE, NaN]]);
  expect((await byHour("one")).map(({ count }) => count)).toEqual([[1]]);
  const path = `/api/v1/query?metric=one&from=${START}&to=${NOW}&resolution=minute`;
  const head: QueryAnswer = await (await app.request(path, {}, env)).json();
  expect(head.series[0]?.t).toEqual([START]);
  await shard().flush();
  const stored: QueryAnswer = await (await app.request(path, {}, env)).json();
  expect(stored.series).toEqual(head.series);
  const ends = [...(await storedMinutes([env.DB]))].filter(
    ([key, { end }]) => key.startsWith("one{") && end !== undefined,
  );
  expect(ends).toEqual([[`one{}@${START + 5 * MINUTE}`, { samples: [], end: START + 5 * MINUTE }]]);
});
