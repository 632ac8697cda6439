// A D1 that never answers: every request and the cron end in time, none passes the head off as all.

import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import * as LIMITS from "../../src/core/limits.ts";
import { HOUR } from "../../src/core/tiers.ts";
import { app } from "../../src/worker/app.ts";
import { runCron } from "../../src/worker/cron/cron.ts";
import { countOf, flush, wipe } from "./cron-store.ts";
import { NOW, query, store, TOKEN } from "./api-client.ts";

/** How often the one that hangs was asked. */
let asked = 0;

const never = (): Promise<never> => {
  asked++;
  return new Promise(() => {});
};

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

/** Lets a deadline pass whenever the D1 that hangs is asked; shards, and a D1 that answers, have real time. */
async function inTime<T>(begin: () => T | Promise<T>): Promise<T> {
  let over = asked;
  const ended = new AbortController();
  const done = (): void => ended.abort();
  onTestFinished(done);
  const work = Promise.resolve(begin());
  work.then(done, done);
  while (!ended.signal.aborted)
    if (asked === over) await scheduler.wait(1);
    else {
      over = asked;
      await vi.advanceTimersByTimeAsync(LIMITS.d1DeadlineMs);
    }
  return await work;
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
  const response = await inTime(() =>
    app.request(`/api/v1/${path}`, { method }, { ...env, DB: hanging }),
  );
  expect(response.status, await response.clone().text()).toBe(503);
  expect(response.headers.get("retry-after")).toMatch(/^\d+$/);
});

test("the status says so, and tells of the shards", async () => {
  const response = await inTime(() => app.request("/api/v1/status", {}, { ...env, DB: hanging }));
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    shards: [{ shard: 0, series: 1 }],
    databases: [{ name: "DB", error: expect.stringMatching(/did not answer within/) }],
  });
});

test("the cron ends, with an error", async () => {
  await expect(inTime(() => runCron({ ...env, DB: hanging }))).rejects.toThrow(
    /did not answer within/,
  );
});

test("points are stored, the administrator gets in, and tokens are told to come again", async () => {
  const { OPEN: _open, ...bindings } = env;
  const closed = { ...bindings, API_TOKEN: TOKEN, DB: hanging };
  const ask = async (token: string, path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = { authorization: `Bearer ${token}` };
    return await inTime(() => app.request(path, { ...init, headers }, closed));
  };
  const point = { method: "POST", body: JSON.stringify({ name: "meanwhile", value: 1 }) };
  expect((await ask(TOKEN, "/api/v1/points", point)).status).toBe(200);
  expect((await ask(TOKEN, "/openapi.json")).status).toBe(200);
  const named = await ask(`minuet_${"0".repeat(48)}`, "/api/v1/points", point);
  expect([named.status, named.headers.get("retry-after")]).toEqual([503, "5"]);
  vi.useRealTimers();
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  const { series } = await query({ metric: "meanwhile", from: "-1h", to: "+1h" });
  expect(series.flatMap(({ count }) => count)).toEqual([1]);
});

test.each(["DB", "DB_1"] as const)(
  "the cron goes on with the database that answers, not %s",
  async (name) => {
    await wipe(env.DB);
    await flush(
      [0, 16, 32].map((id) => ({ id, at: NOW - 30 * HOUR, value: 1 })),
      env.DB,
    );
    const both = { DB: env.DB, DB_1: env.DB, [name]: hanging };
    await expect(inTime(() => runCron({ ...env, ...both }))).rejects.toThrow(
      /did not answer within/,
    );
    expect(await countOf("hour", env.DB)).toBe(3);
  },
);
