// The free plan: 50 queries of D1 an invocation. A run of the cron keeps to it by itself, whatever waits, and
// gets everything done in the end; a flush, a write and a query of an ordinary store never come near.

import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import type { QueryAnswer } from "../../src/core/api.ts";
import { DAY, HOUR, MINUTE } from "../../src/core/tiers.ts";
import { app } from "../../src/worker/app.ts";
import { runCron } from "../../src/worker/cron/cron.ts";
import { inTurn, QueryMeter } from "../../src/worker/cron/free-plan.ts";
import type { Env } from "../../src/worker/env.ts";
import { NOW, search } from "./api-client.ts";
import { begin, storeNow } from "./backup-store.ts";
import { receivedBy } from "./outside.ts";
import { Shard } from "./worker.ts";

/** Of one invocation. */
const MOST = 50;
const HOSTS = 8;

/** What a Worker asks of D1, which refuses what is more. */
const meter = new QueryMeter();
let store: Env = env;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

async function beginWith(databases: number): Promise<void> {
  await begin({ shards: databases, databases });
  store = { ...meter.metered(storeNow(), MOST), FREE_PLAN: "true" };
}

/** What an invocation asks. */
async function queriesOf(work: () => Promise<unknown>): Promise<number> {
  meter.asked = 0;
  await work();
  return meter.asked;
}

async function good(path: string, init: RequestInit = {}): Promise<string> {
  meter.asked = 0;
  const response = await app.request(path, init, store);
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return text;
}

const post = (points: readonly unknown[]): Promise<string> =>
  good("/api/v1/points", { method: "POST", body: JSON.stringify(points) });

/** Of 20 metrics. */
const pointsAt = (at: number, hosts = HOSTS): unknown[] =>
  Array.from({ length: 20 * hosts }, (_, i) => ({
    name: `free.${i % 20}`,
    value: i,
    timestamp: at,
    labels: { host: `host-${Math.floor(i / 20)}` },
  }));

const counts = async (resolution: string): Promise<number> => {
  const query = search({ metric: "free.3", resolution, from: "-9d", to: "+1d" });
  const { series } = JSON.parse(await good(`/api/v1/query${query}`)) as QueryAnswer;
  return series.flatMap(({ count }) => count).reduce((all, one) => all + one, 0);
};

test.each([1, 3])(
  "a run of the cron keeps to them, and runs get all done; databases: %i",
  { timeout: 120_000 },
  async (databases) => {
    await beginWith(databases);
    for (let i = 0; i < 40; i++) {
      const rule = { name: `much ${i}`, metric: `free.${i % 20}`, op: ">", threshold: 1e9 };
      await good("/api/v1/alerts/rules", { method: "POST", body: JSON.stringify(rule) });
    }
    const times = [NOW - 3 * DAY, NOW - DAY, NOW - DAY + HOUR, NOW - 2 * HOUR, NOW];
    for (const at of times) {
      vi.setSystemTime(at);
      await post(pointsAt(at));
      await good("/api/v1/flush", { method: "POST" });
    }
    await post([{ name: "gone", value: 1 }]);
    await good("/api/v1/metric?name=gone", { method: "DELETE" });
    let most = 0;
    // Five minutes, so that the test is short: all have their turn all the same.
    for (let minute = 5; minute <= 400; minute += 5) {
      vi.setSystemTime(NOW + minute * MINUTE);
      // Late ones, of an hour that is rolled up.
      if (minute === 150) {
        await post(pointsAt(NOW - DAY + 7));
        await good("/api/v1/flush", { method: "POST" });
      }
      most = Math.max(most, await queriesOf(() => runCron(store)));
    }
    console.log(`${databases} databases: ${most} queries in a run of the cron at most`);
    expect(most).toBeLessThanOrEqual(MOST);
    // What three have to do is more, and is cut.
    if (databases > 1) expect(most).toBeGreaterThan(MOST - 14);
    for (const db of [env.DB, env.SPARE_1, env.SPARE_2].slice(0, databases)) {
      const { results } = await db
        .prepare(
          `SELECT (SELECT count(*) FROM dirty) AS dirty, (SELECT count(*) FROM tombstone) AS tombstones,
         (SELECT count(*) FROM minute WHERE hour < ?1 / 3600000) AS old,
         (SELECT value FROM progress WHERE name = 'rolledHour') AS rolledHour`,
        )
        .bind(NOW - 3 * DAY + HOUR)
        .run();
      expect(results).toEqual([{ dirty: 0, tombstones: 0, old: 0, rolledHour: NOW / HOUR + 1 }]);
    }
    expect(await counts("day")).toBe(6 * HOSTS);
  },
);

/** A run of the cron, `minutes` behind NOW; what was told. */
async function tellingAt(minutes: number): Promise<readonly string[]> {
  vi.setSystemTime(NOW + minutes * MINUTE);
  expect(await queriesOf(() => runCron(store))).toBeLessThanOrEqual(MOST);
  return (await receivedBy(HOST)).map(({ body }) => {
    const { status, rule } = JSON.parse(body) as { status: string; rule: { name: string } };
    return `${status} ${rule.name}`;
  });
}

const HOST = "free.hooks.example";

async function makeRules(rules: readonly object[]): Promise<void> {
  await receivedBy(HOST);
  for (const [i, rule] of rules.entries()) {
    const body = { name: `${i}`, op: ">=", threshold: 0, webhook: `https://${HOST}/`, ...rule };
    await good("/api/v1/alerts/rules", { method: "POST", body: JSON.stringify(body) });
  }
}

const sorted = (words: Iterable<string>): string[] => [...words].toSorted();

test("60 rules that fire at once are told once each, and once that they are over", async () => {
  await beginWith(1);
  const rules = Array.from({ length: 60 }, (_, i) => ({ metric: `free.${i % 20}`, window: "5m" }));
  await makeRules(rules);
  await post(pointsAt(NOW, 1));
  const told: string[] = [];
  for (const minutes of [1, 2, 3, 4, 5, 10, 11, 12, 13, 14])
    told.push(...(await tellingAt(minutes)));
  const both = rules.flatMap((_, i) => [`firing ${i}`, `resolved ${i}`]);
  expect(sorted(told)).toEqual(sorted(both));
});

test("rules that need more readings than a run may ask leave room to write down the others", async () => {
  await beginWith(3);
  // Read apart, each: they are of metrics of their own, and half of them could not be measured the last time.
  const windows = ["15m", "1h", "6h", "1d"];
  const rules = [...windows, ...windows].map((window, i) => ({ metric: `free.${i}`, window }));
  await makeRules(rules);
  await env.DB.exec(
    `UPDATE alert_rule SET state = json_set(state, '$.health.kind', 'failed') WHERE id % 8 < 4`,
  );
  await post(pointsAt(NOW, 1));
  const told: string[] = [];
  for (const minutes of [2, 4, 6, 8, 10]) {
    told.push(...(await tellingAt(minutes)));
    if (minutes === 2) expect(told.length).toBeLessThan(rules.length);
  }
  expect(sorted(told)).toEqual(rules.map((_, i) => `firing ${i}`));
});

test("each run begins with another step", () => {
  const steps = ["a", "b", "c"];
  expect([0, 1, 2, 3].map((minute) => inTurn(steps, minute * MINUTE)[0])).toEqual([
    "a",
    "b",
    "c",
    "a",
  ]);
  expect(inTurn(steps, MINUTE)).toEqual(["b", "c", "a"]);
});

test("writes, queries and the flush of 1,000 series stay below 50 each", async () => {
  await beginWith(1);
  const figures: Record<string, number> = {};
  figures.write = await queriesOf(() => post(pointsAt(NOW - HOUR, 50)));
  figures.writeAgain = await queriesOf(() => post(pointsAt(NOW - HOUR + 1, 50)));
  vi.setSystemTime(NOW + HOUR);
  const faults = Shard.faults;
  faults.asked = 0;
  await runDurableObjectAlarm(env.SHARD.getByName("0"));
  figures.flush = faults.asked;
  for (const [name, path] of [
    ["query", `/api/v1/query${search({ metric: "free.1", from: "-1h" })}`],
    [
      "wide",
      `/api/v1/query${search({ metric: "free.1", from: "-9d", resolution: "hour", by: "*" })}`,
    ],
    ["metrics", "/api/v1/metrics"],
    ["find", `/api/v1/find${search({ search: "fr" })}`],
    ["status", "/api/v1/status"],
    [
      "promql",
      `/prometheus/api/v1/query${search({ query: "sum(rate({__name__=~'free.*'}[5m]))" })}`,
    ],
  ] as const)
    figures[name] = await queriesOf(() => good(path));
  console.log(`queries of one invocation: ${JSON.stringify(figures)}`);
  // As the README says.
  const { write, writeAgain, flush, ...reads } = figures;
  expect([write, writeAgain]).toEqual([0, 0]);
  expect(flush).toBe(9);
  for (const [name, many] of Object.entries(reads)) {
    expect(many, name).toBeGreaterThanOrEqual(1);
    expect(many, name).toBeLessThanOrEqual(4);
  }
});
