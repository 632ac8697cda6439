// A D1 that never answers: every request and the cron end in time, none passes the head off as all.

import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as LIMITS from "../../src/core/limits.ts";
import { app } from "../../src/worker/app.ts";
import { runCron } from "../../src/worker/cron/cron.ts";
import { NOW, store } from "./api-client.ts";

const never = (): Promise<never> => new Promise(() => {});

/** All that it is asked waits for ever. */
const hanging = ((): D1Database => {
  const statement = { bind: () => statement, all: never, first: never, run: never, raw: never };
  const session = { prepare: () => statement, batch: never, getBookmark: () => null };
  return { ...session, withSession: () => session } as unknown as D1Database;
})();

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  await store({ name: "here", value: 1 });
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now: NOW });
});

afterEach(() => {
  vi.useRealTimers();
});

/** Ends `work` once all deadlines that it may meet one after the other are over. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  const ended = new AbortController();
  const over = (async (): Promise<never> => {
    for (let deadline = 0; deadline < 10 && !ended.signal.aborted; deadline++) {
      await vi.advanceTimersByTimeAsync(LIMITS.d1DeadlineMs);
      // Shards answer by themselves, in real time.
      await scheduler.wait(5);
    }
    throw new Error("still waiting");
  })();
  over.catch(() => undefined);
  return await Promise.race([work, over]).finally(() => ended.abort());
}

test.each([
  ["a query", "GET", "query?metric=here"],
  ["a query as CSV", "GET", "query?metric=here&format=csv"],
  ["the list", "GET", "metrics"],
  ["the list with sparklines", "GET", "metrics?sparkline=true"],
  ["one metric", "GET", "metric?name=here"],
  ["an unknown metric", "GET", "metric?name=elsewhere"],
  ["a removal", "DELETE", "metric?name=here"],
])("%s is 503 with Retry-After", async (_, method, path) => {
  const request = app.request(`/api/v1/${path}`, { method }, { ...env, DB: hanging });
  const response = await inTime(Promise.resolve(request));
  expect(response.status, await response.clone().text()).toBe(503);
  expect(response.headers.get("retry-after")).toMatch(/^\d+$/);
});

test("the status says so, and tells of the shards", async () => {
  const request = app.request("/api/v1/status", {}, { ...env, DB: hanging });
  const response = await inTime(Promise.resolve(request));
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    shards: [{ shard: 0, series: 1 }],
    databases: [{ name: "DB", error: expect.stringMatching(/did not answer within/) }],
  });
});

test("the cron ends, with an error", async () => {
  await expect(inTime(runCron({ ...env, DB: hanging }))).rejects.toThrow(/did not answer within/);
});
