// A real store in workerd that a history acts upon: the Worker's app, shards, D1 and cron, with a
// clock and faults that the history sets.

import {
  applyD1Migrations,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import type { QueryAnswer } from "../../../src/core/api.ts";
import type { Retention } from "../../../src/core/query/plan.ts";
import type { TierName } from "../../../src/core/tiers.ts";
import { app } from "../../../src/worker/app.ts";
import { runCron } from "../../../src/worker/cron/cron.ts";
import type { Env } from "../../../src/worker/env.ts";
import { packCache } from "../../../src/worker/in-room.ts";
import { type Fault, noFaults, releaseZombies, settled } from "../faults.ts";
import { type StoredMinute, storedMinutes } from "../stored-minutes.ts";
import { databases, Shard } from "../worker.ts";
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

/** Those that may be bound, with the faults that shards and the cron meet in each. */
const DATABASES = [
  { db: env.DB, shard: Shard.faults, cron: noFaults() },
  { db: env.SPARE_1, shard: Shard.spareFaults[0]!, cron: noFaults() },
  { db: env.SPARE_2, shard: Shard.spareFaults[1]!, cron: noFaults() },
];

/** A fault of one database, for so many calls. */
export interface DatabaseFault {
  readonly fault: Fault;
  readonly calls: number;
  /** Which, modulo those that are bound. */
  readonly database: number;
}

export const NO_FAULT: DatabaseFault = { fault: "none", calls: 1, database: 0 };

export class ModelStore {
  shards = 1;
  databases = 1;
  /** Shards that hold anything, and are running. */
  readonly #used = new Set<number>();
  #env: Env = this.#envOf();

  /** The tables of all databases. */
  async migrate(): Promise<void> {
    for (const { db } of DATABASES) await applyD1Migrations(db, env.MIGRATIONS);
  }

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

  async query(metric: string, tier: TierName | "raw", more = "by=*"): Promise<Response> {
    const from = this.now - 9 * 86_400_000;
    const to = this.now + 600_000;
    return await app.request(
      `/api/v1/query?metric=${metric}&from=${from}&to=${to}&resolution=${tier}&${more}`,
      {},
      this.#env,
    );
  }

  /** What databases hold once everything is flushed, by "metric{labels}@start". */
  async minutes(): Promise<ReadonlyMap<string, StoredMinute>> {
    // The second one finds out what became of those before.
    for (let i = 0; i < 2; i++) await this.flush(NO_FAULT);
    return await storedMinutes(DATABASES.slice(0, this.databases).map(({ db }) => db));
  }

  async evict(): Promise<void> {
    for (const shard of this.#running())
      await evictDurableObject(env.SHARD.getByName(String(shard))).catch(() => undefined);
  }

  /** Runs the alarms that are set, with a fault for each shard that writes to that database. */
  async alarm(fault: DatabaseFault): Promise<void> {
    for (const shard of this.#running())
      await this.#failing(fault, async () => {
        await runDurableObjectAlarm(env.SHARD.getByName(String(shard)));
      });
  }

  async flush(fault: DatabaseFault): Promise<void> {
    for (const shard of this.#running())
      await this.#failing(fault, async () => {
        await env.SHARD.getByName(String(shard)).flush();
      });
  }

  async #failing(
    { fault, calls, database }: DatabaseFault,
    work: () => Promise<void>,
  ): Promise<void> {
    const faults = DATABASES[database % this.databases]!.shard;
    faults.next = fault;
    faults.times = calls;
    await work();
    faults.next = "none";
  }

  async cron({ fault, database }: DatabaseFault): Promise<void> {
    const faults = DATABASES[database % this.databases]!.cron;
    faults.next = fault === "hang" ? "before" : fault;
    faults.times = 1;
    await runCron(this.#env).catch(() => undefined);
    faults.next = "none";
  }

  /** Batches of flushes and of the cron land that were given up long ago. */
  async zombies(): Promise<void> {
    for (const { shard, cron } of DATABASES) {
      await releaseZombies(shard);
      await releaseZombies(cron);
    }
  }

  async remove(metric: string): Promise<Response> {
    return await app.request(`/api/v1/metric?name=${metric}`, { method: "DELETE" }, this.#env);
  }

  /** A deploy with another SHARDS, or with more databases: shards start anew. */
  async deploy({ shards = this.shards, databases = this.databases }): Promise<void> {
    this.#set(shards, databases);
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
    for (const { db, shard, cron } of DATABASES.slice(0, this.databases)) {
      await Promise.all([settled(shard), settled(cron)]);
      shard.zombies.length = 0;
      cron.zombies.length = 0;
      await db.batch(TABLES.map((table) => db.prepare(`DELETE FROM ${table}`)));
    }
    this.#used.clear();
    packCache.clear();
    this.now = now;
    this.#set(1, 1);
  }

  #set(shards: number, databases: number): void {
    this.shards = shards;
    this.databases = databases;
    Shard.variables = { SHARDS: String(shards) };
    Shard.databases = databases;
    this.#env = this.#envOf();
  }

  #running(): number[] {
    for (let shard = 0; shard < this.shards; shard++) this.#used.add(shard);
    return [...this.#used];
  }

  #envOf(): Env {
    return {
      ...env,
      ...databases(
        env,
        DATABASES.map(({ cron }) => cron),
        this.databases,
      ),
      SHARDS: String(this.shards),
      RETENTION_MINUTE_DAYS: String(RETENTION.minute),
      RETENTION_HOUR_DAYS: String(RETENTION.hour),
    };
  }
}

export const answerOf = async (response: Response): Promise<QueryAnswer> =>
  (await response.json()) as QueryAnswer;
