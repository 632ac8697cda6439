// A store whose past days have been: points of each day, late ones, flushes, the cron, retention; what it
// answers; and its backup, taken from one layout into another.

import { applyD1Migrations, evictDurableObject, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, vi } from "vitest";
import { DAY, HOUR, MINUTE } from "../../src/core/tiers.ts";
import { app } from "../../src/worker/app.ts";
import { runCron } from "../../src/worker/cron/cron.ts";
import type { Env } from "../../src/worker/env.ts";
import { fixed64, int, message, text } from "../node/formats/proto.ts";
import { snappy } from "../node/formats/snappy-block.ts";
import { Dice } from "./fuzz/mutate.ts";
import { search } from "./api-client.ts";
import { Shard } from "./worker.ts";

/** How many shards and databases. */
export interface Layout {
  readonly shards: number;
  readonly databases: number;
}

const RETENTION = { RETENTION_MINUTE_DAYS: "2", RETENTION_HOUR_DAYS: "4" };

let store: Env = env;

export const storeNow = (): Env => store;

/** Begins with an empty store of that layout. */
export async function begin({ shards, databases }: Layout): Promise<void> {
  await reset();
  for (const db of [env.DB, env.SPARE_1, env.SPARE_2]) await applyD1Migrations(db, env.MIGRATIONS);
  const variables = { ...RETENTION, SHARDS: String(shards) };
  Shard.variables = variables;
  Shard.databases = databases;
  store = {
    ...env,
    ...variables,
    ...(databases > 1 && { DB_1: env.SPARE_1 }),
    ...(databases > 2 && { DB_2: env.SPARE_2 }),
  };
  for (let i = 0; i < 5; i++)
    await evictDurableObject(env.SHARD.getByName(String(i))).catch(() => undefined);
}

export const ask = async (path: string, init: RequestInit = {}): Promise<Response> =>
  await app.request(path, init, store);

async function good(path: string, init: RequestInit = {}): Promise<string> {
  const response = await ask(path, init);
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return text;
}

export const post = async (points: unknown): Promise<void> =>
  void (await good("/api/v1/points", { method: "POST", body: JSON.stringify(points) }));

/** An end mark, as Prometheus sends it. */
export async function end(name: string, labels: Record<string, string>, at: number): Promise<void> {
  const stale = message(2, fixed64(1, 0x7ff0000000000002n), int(2, at));
  const pairs = Object.entries({ __name__: name, ...labels });
  const series = message(
    1,
    ...pairs.map(([name, value]) => message(1, text(1, name), text(2, value))),
    stale,
  );
  const response = await ask("/api/v1/write", {
    method: "POST",
    body: snappy(Uint8Array.from(series)),
    headers: { "content-type": "application/x-protobuf", "content-encoding": "snappy" },
  });
  expect(response.status, await response.text()).toBeLessThan(300);
}

export const flush = async (): Promise<void> =>
  void (await good("/api/v1/flush", { method: "POST" }));

export const cron = (): Promise<void> => runCron(store);

export const metrics = ["plain", "counter_total", "odd ~name!"];

/** Values of labels that are hard to write. */
export const odd = ['quo"te', "back\\slash", "line\nfeed", "ünï", "__proto__", "a=b,c"];

/**
 * Days of points of some series, a day at a time: up to 12 points a minute, so that some minutes collapse;
 * counters that are reset; late points; end marks. The last day is not flushed.
 */
export async function live(seed: number, now: number, days: number): Promise<void> {
  const dice = new Dice(seed);
  const pick = (most: number): number => dice.below(most);
  for (let ago = days; ago >= 0; ago--) {
    const day = Math.floor(now / DAY) * DAY - ago * DAY;
    const latest = ago === 0 ? now : day + DAY;
    vi.setSystemTime(latest);
    const points: unknown[] = [];
    for (const name of metrics) {
      // One that is no more.
      if (name === "odd ~name!" && ago < days - 4) continue;
      for (let i = 0; i < 3; i++) {
        const labels = i === 0 ? {} : { host: odd[pick(odd.length)]!, 10: `n${i}` };
        let counter = pick(1000);
        for (let k = 0; k < 6; k++) {
          const minute = day + pick(1440) * MINUTE;
          const late = pick(8) === 0 ? pick(4) * DAY : 0;
          const many = [1, 2, 6, 9][pick(4)]!;
          for (let j = 0; j < many; j++) {
            counter = pick(10) === 0 ? pick(5) : counter + pick(50);
            const timestamp = Math.min(minute + pick(60_000), latest) - late;
            const value =
              name === "counter_total"
                ? counter
                : (pick(2 ** 31) - 2 ** 30) * 10 ** (pick(20) - 15);
            points.push({ name, value, labels, timestamp });
          }
        }
      }
    }
    points.push({ name: "plain", value: -0, labels: { zero: "yes" }, timestamp: latest - HOUR });
    points.push({ name: "plain", value: 1.7e308, labels: { zero: "huge" }, timestamp: latest - 9 });
    points.push({ name: "plain", value: 1.6e308, labels: { zero: "huge" }, timestamp: latest - 8 });
    await post(points);
    await end("plain", { host: "ünï", 10: "n1" }, latest - pick(HOUR));
    if (ago === 0) continue;
    await flush();
    vi.setSystemTime(latest + 20 * MINUTE);
    if (ago % 3 === 0) await cron();
    vi.setSystemTime(latest + 2 * HOUR);
    await cron();
  }
  vi.setSystemTime(now);
}

/** What the store says of everything, at every resolution. */
export async function answers(): Promise<Record<string, unknown>> {
  const asked = metrics.flatMap((metric) =>
    ["raw", "minute", "hour", "day"].map((resolution) => ({
      metric,
      resolution,
      from: "-30d",
      to: "+1d",
      by: "*",
      limit: 1000,
      ...(resolution === "hour" && { stat: ["p50", "p99"] }),
    })),
  );
  const answered = await Promise.all(
    asked.map(async (of) => [
      `${of.metric} ${of.resolution}`,
      JSON.parse(await good(`/api/v1/query${search(of)}`)) as unknown,
    ]),
  );
  const list = JSON.parse(await good("/api/v1/metrics")) as { readonly metrics: unknown };
  return { ...Object.fromEntries(answered), list: list.metrics };
}

/** The lines of one metric. */
export async function exported(
  metric: string,
  more: Record<string, unknown> = {},
): Promise<string[]> {
  const lines: string[] = [];
  for (let from: unknown = more.from ?? 0; ;) {
    const response = await ask(`/api/v1/backup${search({ metric, ...more, from })}`);
    const text = new TextDecoder().decode(await response.arrayBuffer());
    expect(response.status, text).toBe(200);
    const all = text.trimEnd().split("\n");
    const last = JSON.parse(all.pop()!) as { next?: number; end?: true };
    lines.push(...all);
    if (last.end === true) return lines;
    from = last.next;
  }
}

export const exportedAll = async (): Promise<string[]> =>
  (await Promise.all(metrics.map((metric) => exported(metric)))).flat();

export interface Taken {
  readonly stored: number;
  readonly kept: number;
  readonly left: number;
  readonly why?: string;
}

/** Imports lines, so many a request. */
export async function imported(lines: readonly string[], size = 50): Promise<Taken> {
  let all: Taken = { stored: 0, kept: 0, left: 0 };
  for (let at = 0; at < lines.length; at += size) {
    const body = lines.slice(at, at + size).join("\n");
    const one = JSON.parse(await good("/api/v1/backup", { method: "POST", body })) as Taken;
    all = {
      ...all,
      ...(one.why !== undefined && { why: one.why }),
      stored: all.stored + one.stored,
      kept: all.kept + one.kept,
      left: all.left + one.left,
    };
  }
  return all;
}
