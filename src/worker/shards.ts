// Calls to shards: stubs by number, and what to do when a call fails.

import { LIMITS } from "../core/limits.ts";
import type { Count } from "../durable/counters.ts";
import type { Shard } from "../durable/shard.ts";
import { configOf, type Env } from "./env.ts";
import { Failed } from "./failure.ts";

/** All numbers that a shard may have, whatever SHARDS says now. */
export const ALL_SHARDS: readonly number[] = Array.from({ length: LIMITS.shards }, (_, i) => i);

/**
 * The shards that may hold anything: the first SHARDS, or all while the cron has not settled a
 * change of SHARDS. @throws when D1 does not answer.
 */
export async function shardsInUse(env: Env): Promise<readonly number[]> {
  const { shards } = configOf(env);
  const settled = await env.DB.withSession()
    .prepare("SELECT value FROM progress WHERE name = 'shards'")
    .first<{ value: number }>();
  return settled?.value === shards ? ALL_SHARDS.slice(0, shards) : ALL_SHARDS;
}

export const stubOf = (env: Env, shard: number): DurableObjectStub<Shard> =>
  env.SHARD.getByName(String(shard));

/** Runs a call that may be repeated; a second time, on a new stub, when the platform says so. */
export async function callShard<T>(
  env: Env,
  shard: number,
  call: (stub: DurableObjectStub<Shard>) => Promise<T>,
): Promise<T> {
  try {
    return await call(stubOf(env, shard));
  } catch (error) {
    if (!isRetryable(error)) throw unavailable(shard, error);
  }
  try {
    return await call(stubOf(env, shard));
  } catch (error) {
    throw unavailable(shard, error);
  }
}

/** A call that must not run twice. */
export async function callShardOnce<T>(
  env: Env,
  shard: number,
  call: (stub: DurableObjectStub<Shard>) => Promise<T>,
): Promise<T> {
  try {
    return await call(stubOf(env, shard));
  } catch (error) {
    throw unavailable(shard, error);
  }
}

function isRetryable(error: unknown): boolean {
  const flags = error as { retryable?: boolean; overloaded?: boolean } | null;
  return flags?.retryable === true && flags.overloaded !== true;
}

function unavailable(shard: number, error: unknown): Failed {
  console.error(`shard ${shard}: ${error instanceof Error ? error.message : String(error)}`);
  return new Failed({
    kind: "unavailable",
    message: `shard ${shard} did not answer; try again (an Idempotency-Key makes that harmless)`,
    retryAfterSec: 1,
  });
}

/** Rows that this isolate made D1 read, until a shard takes the count with the next call. */
let unreported = 0;

export const countRead = (rows: number): void => {
  unreported += rows;
};

export function takeCounted(): Count {
  const count = { d1RowsRead: unreported };
  unreported = 0;
  return count;
}
