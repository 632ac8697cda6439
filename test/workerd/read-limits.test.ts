// Queries over a limit: the answer names the limit that was met, and each way out that it advises is
// gone, and passes.

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { encodePack } from "../../src/core/codec/pack.ts";
import { encodeMinuteSegment } from "../../src/core/codec/segment.ts";
import * as LIMITS from "../../src/core/limits.ts";
import { Minutes } from "../../src/core/minutes.ts";
import { HOUR, hourOf, MINUTE } from "../../src/core/tiers.ts";
import { failureOf, fetchApi, NOW, query, search, store } from "./api-client.ts";

// Tens of thousands of segments are written first, which takes long on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

const VALUES = {
  seriesRowsPerQuery: LIMITS.seriesRowsPerQuery,
  bucketsPerQuery: LIMITS.bucketsPerQuery,
  packedBytesPerQuery: LIMITS.packedBytesPerQuery,
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

/** Series as D1 holds them, with a bucket each minute of some hours; `value`: of each point. */
async function addMinutes(
  metric: string,
  { series, hours, first }: { series: number; hours: number; first: number },
  value: () => number,
): Promise<void> {
  await env.DB.prepare(
    `INSERT INTO series (id, metric, labels, first_at, last_at, last)
     SELECT value, ?2, json_object('id', CAST(value AS TEXT)), 0, 0, 0 FROM json_each(?1)`,
  )
    .bind(JSON.stringify(Array.from({ length: series }, (_, i) => first + i)), metric)
    .run();
  const segment = (start: number): string => {
    const minutes = new Minutes(6, 60);
    for (let at = start; at < start + HOUR; at += MINUTE)
      for (let n = minutes.push(at); minutes.count(n) < 4;) minutes.add(n, value(), at + 777);
    return encodeMinuteSegment(minutes, start);
  };
  for (let hour = hourOf(NOW) - hours; hour < hourOf(NOW); hour++) {
    const slots = Array.from({ length: 16 }, (_, slot) => [slot, segment(hour * HOUR)] as const);
    await env.DB.prepare(
      `INSERT INTO minute (hour, pack, shard, part, body)
       SELECT ?1, value, 0, 1, ?2 FROM json_each(?3)`,
    )
      .bind(
        hour,
        encodePack(new Map(slots)),
        JSON.stringify(Array.from({ length: series / 16 }, (_, i) => first / 16 + i)),
      )
      .run();
  }
}

test("more buckets than an answer may hold: fewer groups or a coarser resolution pass", async () => {
  await addMinutes("many", { series: 1_440, hours: 24, first: 16_000_000 }, () => 1);
  const asked = { metric: "many", from: "-24h", to: "now", by: "id" };
  const message = await refusal({ ...asked, resolution: "minute" }, "bucketsPerQuery");
  expect(message).toMatch(/leave out by=, or ask for resolution=hour$/);
  const { series } = await query({ ...asked, by: [], resolution: "minute" });
  expect(series.map(({ count }) => count.reduce((sum, n) => sum + n))).toEqual([
    4 * 1_440 * 24 * 60,
  ]);
  expect((await query({ ...asked, resolution: "hour" })).seriesTotal).toBe(1_440);
});

test("buckets that pack badly are bounded by their bytes", async () => {
  await addMinutes("noise", { series: 960, hours: 20, first: 17_000_000 }, Math.random);
  const asked = { metric: "noise", from: "-20h", to: "now", by: "id", resolution: "minute" };
  await refusal(asked, "packedBytesPerQuery");
  expect((await query({ ...asked, by: [] })).series[0]?.t).toHaveLength(20 * 60);
  expect((await query({ ...asked, resolution: "hour" })).seriesTotal).toBe(960);
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
