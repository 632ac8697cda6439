// One database of two is set back to the day before, as a whole, while the other one and the shards stay: in
// between series came, metrics went, the cron rolled up and deleted, and SHARDS was changed.

import { applyD1Migrations, evictDurableObject, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import type { QueryAnswer } from "../../src/core/api.ts";
import { shardOf } from "../../src/core/series/route.ts";
import { DAY, HOUR, MINUTE } from "../../src/core/tiers.ts";
import { runCron } from "../../src/worker/cron/cron.ts";
import type { Env } from "../../src/worker/env.ts";
import { NOW, TOKEN } from "./api-client.ts";
import { bookmark } from "./bookmark.ts";
import { ask, isolate } from "./isolate.ts";
import { Shard } from "./worker.ts";

/** Those that are bound, by their numbers. */
const DATABASES = [env.DB, env.SPARE_1];
/** So many that those of a metric fill a pack and begin another. */
const HOSTS = Array.from({ length: 20 }, (_, i) => `h${i}`);

/** Metrics by the shard that has them, of 2. */
const named = (prefix: string): readonly [string, string] => {
  const names = Array.from({ length: 40 }, (_, i) => `${prefix}.${i}`);
  const [first, second] = [0, 1].map((shard) => names.find((name) => shardOf(name, 2) === shard)!);
  return [first!, second!];
};
const OLD = named("old");
const GONE = named("gone");
/** Series of after the bookmark, and of after the restore. */
const FRESH = named("fresh");
const LATER = named("later");
const METRICS = [OLD, GONE, FRESH, LATER].flat();

interface Point {
  readonly metric: string;
  readonly host: string;
  readonly at: number;
}

/** Each series has a value of its own, by which it is known wherever it comes out. */
const valueOf = ({ metric, host }: Pick<Point, "metric" | "host">): number =>
  1_000 * (1 + METRICS.indexOf(metric)) + HOSTS.indexOf(host);

let shards = 2;
/** Where each acknowledged point is: in which database, or in a shard that writes to it. */
let stored: Point[][] = [[], []];
let held: Point[][] = [[], []];
let worker: Env;

async function deploy(count: number): Promise<void> {
  shards = count;
  Shard.variables = { SHARDS: String(count) };
  for (let i = 0; i < 3; i++)
    await evictDurableObject(env.SHARD.getByName(String(i))).catch(() => undefined);
  worker = Object.assign(
    isolate({ SHARDS: String(count), RETENTION_MINUTE_DAYS: "2", RETENTION_HOUR_DAYS: "30" }),
    { DB_1: env.SPARE_1 },
  );
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  await reset();
  for (const db of DATABASES) await applyD1Migrations(db, env.MIGRATIONS);
  Shard.databases = 2;
  stored = [[], []];
  held = [[], []];
  await deploy(2);
});

async function asked(path: string, method = "GET", body?: unknown): Promise<unknown> {
  const init = { method, ...(body !== undefined && { body: JSON.stringify(body) }) };
  const response = await ask(worker, path, TOKEN, init);
  const text = await response.text();
  expect(response.status, `${method} ${path}: ${text}`).toBe(200);
  return JSON.parse(text);
}

/** A point in each series of these metrics, some time ago. */
async function post(metrics: readonly string[], ago = 0): Promise<void> {
  const at = Date.now() - ago;
  const points = metrics.flatMap((metric) => HOSTS.map((host) => ({ metric, host, at })));
  await asked(
    "/api/v1/points",
    "POST",
    points.map(({ metric, host }) => ({
      name: metric,
      labels: { host },
      value: valueOf({ metric, host }),
      timestamp: at,
    })),
  );
  for (const point of points) held[shardOf(point.metric, shards) % 2]!.push(point);
}

async function flush(order: readonly number[]): Promise<void> {
  for (const shard of order) expect(await env.SHARD.getByName(String(shard)).flush()).toBe(true);
  for (const [i, points] of held.entries()) stored[i]!.push(...points);
  held = [[], []];
}

async function remove(metric: string): Promise<void> {
  await asked(`/api/v1/metric?name=${metric}`, "DELETE");
  const without = (points: Point[][]): Point[][] =>
    points.map((of) => of.filter((point) => point.metric !== metric));
  [stored, held] = [without(stored), without(held)];
}

const later = (ms: number): void => void vi.setSystemTime(Date.now() + ms);

/** A run each hour, which fails when any of its steps does. */
async function cron(hours: number): Promise<void> {
  for (let hour = 0; hour < hours; hour++) {
    await runCron(worker);
    later(HOUR);
  }
  await runCron(worker);
}

type Counts = Record<string, number>;

/** Points by series; of one that has a value of another, its name says so. */
async function counted(resolution: "minute" | "hour" | "day", from: number): Promise<Counts> {
  const counts: Counts = {};
  for (const metric of METRICS) {
    const path = `/api/v1/query?metric=${metric}&by=host&resolution=${resolution}&from=${from}&to=${Date.now() + MINUTE}`;
    const response = await ask(worker, path, TOKEN);
    const text = await response.text();
    if (response.status === 404) continue;
    expect(response.status, text).toBe(200);
    const { series } = JSON.parse(text) as QueryAnswer;
    for (const { labels, count, min, max } of series) {
      const own = valueOf({ metric, host: labels.host! });
      const isOwn = [...min, ...max].every((value) => value === null || value === own);
      const sum = count.reduce((all, one) => all + one, 0);
      if (sum > 0) counts[`${metric}/${labels.host}${isOwn ? "" : " and others"}`] = sum;
    }
  }
  return counts;
}

function expected(from: number): Counts {
  const counts: Counts = {};
  for (const { metric, host, at } of [...stored, ...held].flat())
    if (at >= from) counts[`${metric}/${host}`] = (counts[`${metric}/${host}`] ?? 0) + 1;
  return counts;
}

/** All that is acknowledged, and was not lost with the database, is there once, at all resolutions. */
async function allIsThere(): Promise<void> {
  const midnight = Date.now() - (Date.now() % DAY);
  for (const [resolution, days] of [
    ["day", 20],
    ["hour", 20],
    ["minute", 1],
  ] as const) {
    const from = midnight - days * DAY;
    expect(await counted(resolution, from), resolution).toEqual(expected(from));
  }
}

const minutesBefore = async (db: D1Database, at: number): Promise<number | null> =>
  await db
    .prepare("SELECT count(*) AS n FROM minute WHERE hour < ?")
    .bind(at / HOUR)
    .first("n");

test.each([
  [0, [0, 1, 2]],
  [0, [2, 1, 0]],
  [1, [0, 1, 2]],
  [1, [1, 2, 0]],
] as const)(
  "database %d goes back alone, then the shards %j flush: each series has its own points, once",
  async (restored, order) => {
    await post([...OLD, ...GONE], 5 * DAY);
    await post([...OLD, ...GONE], HOUR);
    await flush([0, 1]);
    await cron(0);
    await post(OLD);
    await allIsThere();

    const restore = await bookmark(DATABASES[restored]!);
    const before = structuredClone(stored[restored]!);
    // Minutes of five days ago go, on which two runs agree.
    await cron(2);
    const kept = NOW - (NOW % DAY) - 2 * DAY;
    expect(await minutesBefore(DATABASES[restored]!, kept)).toBe(0);
    await post(FRESH, 6 * DAY);
    await post([...OLD, ...FRESH]);
    await flush([0, 1]);
    for (const metric of GONE) await remove(metric);
    later(DAY);
    await cron(1);
    await post([...OLD, ...FRESH]);
    await flush([1, 0]);
    await deploy(3);
    await post([...OLD, ...FRESH]);
    await cron(0);
    await flush([0, 1, 2]);
    await post([...OLD, ...FRESH, ...GONE]);
    await post([...OLD, ...FRESH], 5 * DAY);
    await allIsThere();

    await restore();
    stored[restored] = before;
    // What databases said a moment ago is no longer held.
    later(MINUTE);
    await allIsThere();
    await post([...LATER, ...FRESH, ...GONE]);
    await allIsThere();
    await flush(order);
    await allIsThere();
    later(2 * MINUTE);
    await cron(2);
    await post([...OLD, ...LATER]);
    await flush(order.toReversed());
    await allIsThere();
    later(DAY);
    await cron(2);
    await allIsThere();
    for (const db of DATABASES) expect(await minutesBefore(db, kept)).toBe(0);
    for (const metric of [...GONE, ...LATER]) await remove(metric);
    later(HOUR);
    await cron(1);
    await allIsThere();
  },
);

type Named<Kind extends string> = Record<
  Kind,
  { readonly name?: string; readonly text?: string }[]
>;

test("tokens, views, events and rules are those of then; all of them can be made anew", async () => {
  const token = async (name: string): Promise<{ readonly id: number; readonly token: string }> =>
    (await asked("/api/v1/tokens", "POST", { name, scope: "read" })) as never;
  const rule = (name: string): Promise<unknown> =>
    asked("/api/v1/alerts/rules", "POST", { name, metric: OLD[0], op: ">", threshold: 0 });
  const view = (id: string): Promise<unknown> =>
    asked(`/api/v1/views/${id}`, "PUT", { name: id, search: "range=24h" });
  const event = (text: string): Promise<unknown> =>
    asked("/api/v1/events", "POST", { text, timestamp: Date.now() });
  const isLetIn = async ({ token }: { readonly token: string }): Promise<boolean> =>
    (await ask(worker, "/api/v1/metrics", token)).status === 200;
  /** Names of what there is, of each kind. */
  const all = async (): Promise<unknown[]> => {
    const { tokens } = (await asked("/api/v1/tokens")) as Named<"tokens">;
    const { views } = (await asked("/api/v1/views")) as Named<"views">;
    const { events } = (await asked("/api/v1/events?from=0")) as Named<"events">;
    const { rules } = (await asked("/api/v1/alerts/rules")) as Named<"rules">;
    return [tokens, views, events, rules].map((of) =>
      of.map(({ name, text }) => name ?? text).sort(),
    );
  };

  await post(OLD);
  await flush([0, 1]);
  const revoked = await token("revoked since");
  for (const make of [rule, view, event]) await make("before");
  const restore = await bookmark(env.DB);
  await cron(1);
  await asked(`/api/v1/tokens/${revoked.id}`, "DELETE");
  await asked("/api/v1/views/before", "DELETE");
  const lost = await token("since");
  for (const make of [rule, view, event]) await make("since");
  await cron(1);
  expect([await isLetIn(revoked), await isLetIn(lost)]).toEqual([false, true]);

  await restore();
  later(2 * MINUTE);
  await cron(1);
  expect(await all()).toEqual([["revoked since"], ["before"], ["before"], ["before"]]);
  expect([await isLetIn(revoked), await isLetIn(lost)]).toEqual([true, false]);
  await asked(`/api/v1/tokens/${revoked.id}`, "DELETE");
  const anew = await token("anew");
  for (const make of [rule, view, event]) await make("since");
  later(2 * MINUTE);
  await cron(1);
  expect(await Promise.all([revoked, lost, anew].map(isLetIn))).toEqual([false, false, true]);
  expect(await all()).toEqual([
    ["anew"],
    ["before", "since"],
    ["before", "since"],
    ["before", "since"],
  ]);
});
