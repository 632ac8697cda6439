// The limit of series of one metric: the answer names it and the label to blame, series that exist
// are never blocked, and other metrics neither.

import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test, vi } from "vitest";
import * as LIMITS from "../../src/core/limits.ts";
import { describeMetric, NOW, partlyOf, post, query, store } from "./api-client.ts";

const LIMIT = LIMITS.seriesPerMetric;

const point = (id: number): unknown => ({
  name: "requests",
  value: 1,
  labels: { dc: `dc${id % 3}`, user: `u${id}` },
});

const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) => JSON.stringify(point(from + i))).join("\n");

const ndjson = { type: "application/x-ndjson" };

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  expect(await store(lines(0, LIMIT), ndjson)).toEqual({ accepted: LIMIT });
});

const count = async (): Promise<unknown> => {
  const { series } = await query({ metric: "requests", to: "+1m", resolution: "hour" });
  return series[0]?.count[0];
};

const message =
  `metric "requests" has ${LIMIT} series, the limit of one metric; ` +
  `its label "user" has ${LIMIT} values, the most. Drop a label that holds ids`;

test("a new series is refused; the others of the request are stored", async () => {
  const answer = await partlyOf(await post([point(0), point(LIMIT), point(1)]));
  expect(answer).toEqual({
    accepted: 2,
    rejected: [{ index: 1, code: "too_many_series", message }],
    rejectedCount: 1,
    error: {
      code: "over_limit",
      message: `1 point over a limit, 2 stored: ${message}`,
    },
  });
  expect(await count()).toBe(LIMIT + 2);
});

test("so it is after an eviction", async () => {
  await evictDurableObject(env.SHARD.getByName("0"));
  expect(await partlyOf(await post([point(LIMIT), point(5)]))).toMatchObject({
    accepted: 1,
    rejected: [{ index: 0, code: "too_many_series", message }],
  });
  expect(await count()).toBe(LIMIT + 3);
});

test("and after a flush", async () => {
  expect(await env.SHARD.getByName("0").flush()).toBe(true);
  expect(await partlyOf(await post(point(LIMIT)))).toMatchObject({ accepted: 0, rejectedCount: 1 });
  expect(await store(point(7))).toEqual({ accepted: 1 });
  expect(await count()).toBe(LIMIT + 4);
});

test("every point of every refused series is counted, quickly", async () => {
  const body = `${lines(LIMIT, LIMIT + 20_000)}\n${lines(LIMIT, LIMIT + 20_000)}\n${lines(0, 10)}`;
  const answer = await partlyOf(await post(body, ndjson));
  expect(answer).toMatchObject({ accepted: 10, rejectedCount: 40_000 });
  expect(answer.rejected.map(({ index }) => index)).toEqual(
    Array.from({ length: LIMITS.issuesListed }, (_, i) => i),
  );
  expect(await count()).toBe(LIMIT + 14);
});

test("other metrics are not affected", async () => {
  expect(await store({ name: "other", value: 1, labels: { user: "new" } })).toEqual({
    accepted: 1,
  });
});

test("the metric lists its busiest label values, and how many there are", async () => {
  const { series, labels } = await describeMetric("requests");
  expect(series).toBe(LIMIT);
  const [dc, user] = labels;
  expect(dc).toEqual({
    name: "dc",
    distinct: 3,
    values: [
      { value: "dc0", series: 8334 },
      { value: "dc1", series: 8333 },
      { value: "dc2", series: 8333 },
    ],
  });
  expect(user).toMatchObject({ name: "user", distinct: LIMIT });
  expect(user?.values).toHaveLength(100);
});

test("limit cuts the series of an answer to those with the largest counts", async () => {
  const answer = await query({
    metric: "requests",
    to: "+1m",
    by: "*",
    limit: 4,
    resolution: "hour",
  });
  expect(answer.truncated).toBe(true);
  expect(answer.series.map(({ labels, count: [n] }) => [labels.user, n])).toEqual([
    ["u0", 3],
    ["u1", 3],
    ["u7", 3],
    ["u5", 3],
  ]);
});
