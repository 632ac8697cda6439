// Points that are understood and over a limit: 422, exactly the others are stored, and the answer
// names the limit.

import { beforeEach, describe, expect, test, vi } from "vitest";
import { DAY, HOUR, MINUTE } from "../../src/core/tiers.ts";
import { NOW, partlyOf, post, query, status, store } from "./api-client.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

const MIDNIGHT = NOW - 12 * HOUR;

/** What the store holds of a metric, by its time. */
const stored = async (metric: string): Promise<unknown> => {
  const { series } = await query({ metric, from: "-3y", to: "+1d", resolution: "day" });
  return series[0]?.count.reduce((sum, count) => sum + count, 0) ?? 0;
};

describe("times", () => {
  const rejects = (
    what: string,
    at: number,
    code: string,
    message: string,
    metric = what.replaceAll(" ", "."),
  ): void =>
    test(what, async () => {
      const name = metric;
      const points = [NOW, at, NOW - HOUR].map((timestamp) => ({ name, value: 1, timestamp }));
      const answer = await partlyOf(await post(points));
      expect(answer).toEqual({
        accepted: 2,
        rejected: [{ index: 1, code, message }],
        rejectedCount: 1,
        error: {
          code: "over_limit",
          message: `1 point over a limit, 2 stored: ${message}`,
        },
      });
      expect(await stored(name)).toBe(2);
    });
  const accepts = (what: string, at: number): void =>
    test(what, async () => {
      const name = what.replaceAll(" ", ".");
      expect(await store({ name, value: 1, timestamp: at })).toEqual({ accepted: 1 });
      expect(await stored(name)).toBe(1);
    });

  accepts("ten minutes ahead", NOW + 10 * MINUTE);
  rejects(
    "more than ten minutes ahead",
    NOW + 10 * MINUTE + 1,
    "too_far_ahead",
    "2095-11-20T12:10:00.001Z is more than 10 minutes ahead of the server",
  );
  rejects(
    "a thousand years ahead",
    Date.UTC(3026, 0, 1),
    "too_far_ahead",
    "3026-01-01T00:00:00.000Z is more than 10 minutes ahead of the server",
  );
  accepts("400 days ago", MIDNIGHT - 400 * DAY);
  rejects(
    "more than 400 days ago",
    MIDNIGHT - 400 * DAY - 1,
    "too_old",
    "2094-10-15T23:59:59.999Z is older than the 400 days that hours are kept",
  );
  rejects(
    "the year 2001",
    1_000_000_000_000,
    "too_old",
    "2001-09-09T01:46:40.000Z is older than the 400 days that hours are kept",
  );
});

test("texts as times have the same limits", async () => {
  const times = [NOW, NOW + HOUR, NOW - 3 * 365 * DAY, Date.UTC(1969, 11, 31)].map((at) =>
    new Date(at).toISOString(),
  );
  const answer = await partlyOf(
    await post(times.map((timestamp) => ({ name: "texts", value: 1, timestamp }))),
  );
  expect(answer).toMatchObject({
    accepted: 1,
    rejected: [
      { index: 1, code: "too_far_ahead" },
      { index: 2, code: "too_old" },
      { index: 3, code: "too_old" },
    ],
  });
  expect(await stored("texts")).toBe(1);
});

test("datapoints are rejected one by one, under the item's index", async () => {
  const datapoints = [NOW, NOW + HOUR, NOW - HOUR, NOW - 900 * DAY].map((at) => [at, 1]);
  const answer = await partlyOf(await post([{ name: "pairs", datapoints }]));
  expect(answer).toMatchObject({
    accepted: 2,
    rejected: [
      { index: 0, code: "too_far_ahead" },
      { index: 0, code: "too_old" },
    ],
    rejectedCount: 2,
  });
  expect(await stored("pairs")).toBe(2);
});

test("20 rejected points are listed, and all are counted", async () => {
  const points = Array.from({ length: 30 }, (_, i) => ({
    name: "thirty",
    value: 1,
    timestamp: i < 5 ? NOW : NOW + HOUR,
  }));
  const answer = await partlyOf(await post(points));
  expect(answer).toMatchObject({ accepted: 5, rejectedCount: 25 });
  expect(answer.rejected.map(({ index }) => index)).toEqual(
    Array.from({ length: 20 }, (_, i) => i + 5),
  );
  expect(await stored("thirty")).toBe(5);
});

test("nothing is stored when all is rejected", async () => {
  const before = await status();
  const answer = await partlyOf(await post({ name: "none", value: 1, timestamp: NOW + DAY }));
  expect(answer).toMatchObject({ accepted: 0, rejectedCount: 1 });
  expect((await status()).shards).toEqual(before.shards);
});

test("a malformed point takes precedence: 400, and nothing is stored", async () => {
  const before = await status();
  const points = [
    { name: "mixed", value: 1 },
    { name: "mixed", value: 1, timestamp: NOW + DAY },
    { name: "mixed", value: "x" },
  ];
  expect((await post(points)).status).toBe(400);
  expect((await status()).shards).toEqual(before.shards);
});

test("a repeat of a request that was partly stored counts nothing twice", async () => {
  const points = [
    { name: "partly", value: 1, timestamp: NOW },
    { name: "partly", value: 1, timestamp: NOW + DAY },
  ];
  const headers = { "idempotency-key": "partly" };
  expect(await partlyOf(await post(points, { headers }))).toMatchObject({ accepted: 1 });
  expect(await partlyOf(await post(points, { headers }))).toMatchObject({
    accepted: 1,
    duplicate: true,
    rejectedCount: 1,
  });
  expect(await stored("partly")).toBe(1);
});
