// Queries over a limit: the answer names the limit that was met, and each way out that it advises is
// gone, and passes.

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import * as LIMITS from "../../src/core/limits.ts";
import { MINUTE } from "../../src/core/tiers.ts";
import { failureOf, fetchApi, NOW, query, search, store } from "./api-client.ts";

// Tens of thousands of segments are written first, which takes long on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

const VALUES = {
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

/** Series as D1 holds them, without points. */
const addSeries = (metric: string, count: number): Promise<unknown> =>
  env.DB.prepare(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     INSERT INTO series (id, metric, labels, first_at, last_at, last)
     SELECT 1000000 + i, ?, json_object('half', CAST(i % 2 AS TEXT), 'id', CAST(i AS TEXT)), 0, 0, 0 FROM n`,
  )
    .bind(count, metric)
    .run();

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
