// A real store in workerd that a history acts upon: the Worker's app, shards, D1 and cron, with a
// clock and faults that the history sets.

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import type { QueryAnswer } from "../../../src/core/api.ts";
import type { Retention } from "../../../src/core/query/plan.ts";
import type { TierName } from "../../../src/core/tiers.ts";
import { app } from "../../../src/worker/app.ts";
import { runCron } from "../../../src/worker/cron/cron.ts";
import type { Env } from "../../../src/worker/env.ts";
import { type Fault, faultyD1, noFaults, releaseZombies, settled } from "../faults.ts";
import { Shard } from "../worker.ts";
import type { Point } from "./reference.ts";

const TABLES = [
  "series",
  "minute",
  "hour",
  "day",
  "dirty",
  "unreadable",
  "flushed",
  "tombstone",
  "progress",
  "layouts",
];

export const RETENTION: Retention = { minute: 2, hour: 6, day: 0 };

export class ModelStore {
  shards = 1;
  /** Shards that hold anything, and are running. */
  readonly #used = new Set<number>();
  readonly #cronFaults = noFaults();
  #env: Env = this.#envOf(1);

  get now(): number {
    return Date.now();
  }

  set now(at: number) {
    vi.setSystemTime(at);
  }

  async append(points: readonly Point[], key: string | undefined): Promise<Response> {
    return await app.request(
      "/api/v1/points",
      {
        method: "POST",
        headers: { "content-type": "application/json", ...(key && { "idempotency-key": key }) },
        body: JSON.stringify(
          points.map(({ name, host, timestamp, value }) => ({
            name,
            value,
            timestamp,
            labels: { host },
          })),
        ),
      },
      this.#env,
    );
  }

  async query(metric: string, tier: TierName): Promise<Response> {
    const from = this.now - 9 * 86_400_000;
    const to = this.now + 600_000;
    return await app.request(
      `/api/v1/query?metric=${metric}&from=${from}&to=${to}&resolution=${tier}&by=*`,
      {},
      this.#env,
    );
  }

  async evict(): Promise<void> {
    for (const shard of this.#running())
      await evictDurableObject(env.SHARD.getByName(String(shard))).catch(() => undefined);
  }

  /** Runs the alarms that are set, with a fault of so many calls for each shard. */
  async alarm(fault: Fault, calls: number): Promise<void> {
    for (const shard of this.#running()) {
      Shard.faults.next = fault;
      Shard.faults.times = calls;
      await runDurableObjectAlarm(env.SHARD.getByName(String(shard)));
    }
    Shard.faults.next = "none";
  }

  async flush(fault: Fault, calls: number): Promise<void> {
    for (const shard of this.#running()) {
      Shard.faults.next = fault;
      Shard.faults.times = calls;
      await env.SHARD.getByName(String(shard)).flush();
    }
    Shard.faults.next = "none";
  }

  async cron(fault: Fault): Promise<void> {
    this.#cronFaults.next = fault === "hang" ? "before" : fault;
    this.#cronFaults.times = 1;
    await runCron(this.#env).catch(() => undefined);
    this.#cronFaults.next = "none";
  }

  /** Batches of flushes and of the cron land that were given up long ago. */
  async zombies(): Promise<void> {
    await releaseZombies(Shard.faults);
    await releaseZombies(this.#cronFaults);
  }

  async remove(metric: string): Promise<Response> {
    return await app.request(`/api/v1/metric?name=${metric}`, { method: "DELETE" }, this.#env);
  }

  /** A deploy with another SHARDS: shards start anew, with the new value. */
  async deploy(shards: number): Promise<void> {
    this.shards = shards;
    Shard.variables = { SHARDS: String(shards) };
    this.#env = this.#envOf(shards);
    await this.evict();
  }

  /** An empty store. */
  async wipe(now: number): Promise<void> {
    for (const shard of this.#running())
      await runInDurableObject(env.SHARD.getByName(String(shard)), async (_, state) => {
        await state.storage.deleteAll();
        await state.storage.deleteAlarm();
      });
    await this.evict();
    await Promise.all([settled(Shard.faults), settled(this.#cronFaults)]);
    Shard.faults.zombies.length = 0;
    this.#cronFaults.zombies.length = 0;
    await env.DB.batch(TABLES.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
    this.#used.clear();
    this.now = now;
    this.shards = 1;
    Shard.variables = { SHARDS: "1" };
    this.#env = this.#envOf(1);
  }

  #running(): number[] {
    for (let shard = 0; shard < this.shards; shard++) this.#used.add(shard);
    return [...this.#used];
  }

  #envOf(shards: number): Env {
    return {
      ...env,
      DB: faultyD1(env.DB, this.#cronFaults),
      SHARDS: String(shards),
      RETENTION_MINUTE_DAYS: String(RETENTION.minute),
      RETENTION_HOUR_DAYS: String(RETENTION.hour),
    };
  }
}

export const answerOf = async (response: Response): Promise<QueryAnswer> =>
  (await response.json()) as QueryAnswer;
