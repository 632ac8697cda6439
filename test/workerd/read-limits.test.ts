// Queries over a limit: the answer names the limit that was met, and each way out that it advises is
// gone, and passes.

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import * as LIMITS from "../../src/core/limits.ts";
import { HOUR, MINUTE } from "../../src/core/tiers.ts";
import { failureOf, fetchApi, NOW, query, search, store } from "./api-client.ts";

// Tens of thousands of segments are written first, which takes long on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const shard = env.SHARD.getByName("0");

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

const VALUES = {
  segmentsPerQuery: LIMITS.segmentsPerQuery,
  seeksPerQuery: LIMITS.seeksPerQuery,
  seriesRowsPerQuery: LIMITS.seriesRowsPerQuery,
  bucketsPerQuery: LIMITS.bucketsPerQuery,
  regexSize: LIMITS.regexSize,
  regexWork: LIMITS.regexWork,
};

/** The message of a 422 that names this limit. */
async function refusal(
  parameters: Readonly<Record<string, unknown>>,
  limit: keyof typeof VALUES,
): Promise<string> {
  const response = await fetchApi(`/api/v1/query${search(parameters)}`);
  const { message } = await failureOf(response, 422, "query_too_large");
  expect(message).toContain(`more than ${VALUES[limit]} `);
  expect(message).toContain(`, the limit ${limit}: `);
  return message;
}

const advised = (message: string, pattern: RegExp): string => {
  const found = pattern.exec(message)?.[1];
  if (found === undefined) expect.fail(`no ${String(pattern)} in ${message}`);
  return found;
};

const FROM = /from=(\S+Z)/;
const SERIES = /until at most (\d+) series are left/;

/** Series as D1 holds them, without points. */
const addSeries = (metric: string, count: number): Promise<unknown> =>
  env.DB.prepare(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     INSERT INTO series (metric, labels, first_at, last_at, last)
     SELECT ?, json_object('half', CAST(i % 2 AS TEXT), 'id', CAST(i AS TEXT)), 0, 0, 0 FROM n`,
  )
    .bind(count, metric)
    .run();

describe("more stored segments than a query may read", () => {
  const wide = { metric: "wide", from: "-9d", to: "now", resolution: "minute" };

  test("a later start and fewer series pass", async () => {
    await store(
      Array.from({ length: 600 }, (_, i) => ({
        name: "wide",
        labels: { id: String(i) },
        datapoints: Array.from({ length: 90 }, (_unused, hour) => [NOW - hour * HOUR, 1]),
      })),
    );
    await shard.flush();
    const message = await refusal(wide, "segmentsPerQuery");
    const from = advised(message, FROM);
    const answer = await query({ ...wide, from });
    expect(answer.series[0]?.count.every((count) => count === 600)).toBe(true);
    // As much as the limit allows: an hour more is too much again.
    expect(answer.series[0]?.t).toHaveLength(Math.floor(LIMITS.segmentsPerQuery / 600));
    await refusal({ ...wide, from: Date.parse(from) - HOUR }, "segmentsPerQuery");
    const most = Number(advised(message, SERIES));
    expect(most).toBeGreaterThan(500);
    const ids = Array.from({ length: most }, (_, i) => i).join("|");
    expect((await query({ ...wide, where: `id=~${ids}` })).series[0]?.count[0]).toBe(most);
  });

  test("also where the days that are not rolled up make it too much", async () => {
    const byHour = { metric: "wide", from: "-9d", to: "now", resolution: "hour" };
    const message = await refusal(byHour, "segmentsPerQuery");
    const answer = await query({ ...byHour, from: advised(message, FROM) });
    expect(answer.series[0]?.count[0]).toBe(600);
  });
});

test("more hours of series than a query may look up: a later start passes", async () => {
  await addSeries("idle", 2_000);
  const asked = { metric: "idle", from: "-12d", to: "now", resolution: "minute" };
  const message = await refusal(asked, "seeksPerQuery");
  const from = advised(message, FROM);
  expect((await query({ ...asked, from })).series).toEqual([]);
  await refusal({ ...asked, from: Date.parse(from) - HOUR }, "seeksPerQuery");
});

test("more series than a query may look at: an equality that leaves fewer passes", async () => {
  await addSeries("crowd", LIMITS.seriesRowsPerQuery + 10);
  const asked = { metric: "crowd", from: "-1h", to: "now" };
  const message = await refusal(asked, "seriesRowsPerQuery");
  expect(message).toContain("filter with where= and an = or !=");
  expect((await query({ ...asked, where: "half=1" })).series).toEqual([]);
  await refusal({ ...asked, where: "half=~[1]" }, "seriesRowsPerQuery");
});

test("more buckets than an answer may hold: fewer groups or a coarser resolution pass", async () => {
  const minutes = 700;
  for (let i = 0; i < 8; i++)
    await store(
      Array.from({ length: 90 }, (_, n) => ({
        name: "many",
        labels: { id: String(i * 90 + n) },
        datapoints: Array.from({ length: minutes }, (_unused, at) => [NOW - at * MINUTE, 1]),
      })),
    );
  const asked = { metric: "many", from: "-12h", to: "now", by: "id" };
  const message = await refusal({ ...asked, resolution: "minute" }, "bucketsPerQuery");
  expect(message).toMatch(/leave out by=, or ask for resolution=hour$/);
  expect((await query({ ...asked, by: [], resolution: "minute" })).series).toHaveLength(1);
  expect((await query({ ...asked, resolution: "hour" })).seriesTotal).toBe(720);
});

describe("regular expressions", () => {
  const labels = (i: number): Record<string, string> => ({
    host: `${"é".repeat(980)}${i}`,
    zone: String(i % 200),
  });

  test("that cost seconds of CPU are refused before, and the neighbours do not wait", async () => {
    for (let part = 0; part < 4; part++)
      await store(
        Array.from({ length: 2_000 }, (_, i) => ({
          name: "long",
          value: 1,
          labels: labels(part * 2_000 + i),
          timestamp: NOW - MINUTE,
        })),
      );
    const asked = { metric: "long", from: "-1h", to: "now" };
    const started = performance.now();
    for (const where of ["host=~(\\pL|\\pN){800}", "host=~(\\pL|\\pN){1,900}z"])
      expect(await refusal({ ...asked, where }, "regexSize")).toContain(
        "write a simpler expression",
      );
    for (const where of ["host=~\\pL{1000}", "host=~.*\\pL.{14}", "host=~(\\pL|\\pN){1,90}z"])
      await refusal({ ...asked, where }, "regexWork");
    // Not a time of CPU, which a busy machine stretches, but far from what these took: 8 s and more.
    expect(performance.now() - started).toBeLessThan(8_000);
    // The advice: a simpler one, or fewer series.
    for (const where of ["host=~é.*7", "host=~\\pL+\\d*7"])
      expect((await query({ ...asked, where })).series[0]?.count).toEqual([800]);
    const few = await query({ ...asked, where: ["zone=~7|8", "zone!=8", "host=~.*\\pL.{14}"] });
    expect(few.series[0]?.count).toEqual([40]);
  });
});
