// Calls to shards: stubs by number, and what to do when a call fails.

import { shardOf } from "../core/series/route.ts";
import { readLayouts, shardsOf } from "../d1/layouts.ts";
import { type Count, tallied } from "../durable/counters.ts";
import type { Shard } from "../durable/shard.ts";
import { report } from "../durable/report.ts";
import { configOf, type Env } from "./env.ts";
import { Failed } from "./http/failure.ts";
import { troubleOf } from "./trouble.ts";

/** The numbers of `count` shards. */
export const firstShards = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, shard) => shard);

/**
 * Values of SHARDS under which points may lie in shards: the present one, and others while the cron
 * has not settled a change. @throws D1Failed
 */
export async function layoutsInUse(env: Env): Promise<readonly number[]> {
  const { layouts, counted } = await readLayouts(env.DB.withSession());
  countRead(counted.read);
  return [...new Set([configOf(env).shards, ...shardsOf(layouts)])];
}

/** The shards where points of a metric may lie; its present one first. */
export const homesOf = (metric: string, layouts: readonly number[]): readonly number[] => [
  ...new Set(layouts.map((shards) => shardOf(metric, shards))),
];

/** The shards where points of metrics may lie, each with those metrics. */
export function metricsByHome(
  metrics: readonly string[],
  layouts: readonly number[],
): ReadonlyMap<number, readonly string[]> {
  const byHome = new Map<number, string[]>();
  for (const metric of metrics)
    for (const shard of homesOf(metric, layouts)) {
      const of = byHome.get(shard);
      if (of === undefined) byHome.set(shard, [metric]);
      else of.push(metric);
    }
  return byHome;
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
  return await callShardOnce(env, shard, call);
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

/** What the platform says of a call that failed. */
function flagsOf(error: unknown): { readonly retryable: boolean; readonly overloaded: boolean } {
  const flags = error as { retryable?: boolean; overloaded?: boolean } | null;
  return { retryable: flags?.retryable === true, overloaded: flags?.overloaded === true };
}

/** A shard that gets too much is not asked again at once. */
function isRetryable(error: unknown): boolean {
  const { retryable, overloaded } = flagsOf(error);
  return retryable && !overloaded;
}

export function unavailable(shard: number, error: unknown): Failed {
  if (flagsOf(error).overloaded)
    return new Failed({
      kind: "too_many_requests",
      message: `shard ${shard} gets more requests than it can take: send more points in each, or raise SHARDS`,
      retryAfterSec: 5,
    });
  const cause = error instanceof Error ? error.message : String(error);
  report("shard_silent", error, { shard });
  const trouble = troubleOf(cause);
  return new Failed({
    kind: "unavailable",
    message: `shard ${shard} did not answer${trouble === undefined ? "" : `: ${trouble}`}`,
    retryAfterSec: trouble === undefined ? 1 : 30,
  });
}

/** What this isolate counted, until a shard takes it with the next call. */
let uncounted: Count | undefined;

/** Counts rows that D1 read. */
export const countRead = (rows: number): void => {
  uncounted = { ...uncounted, d1RowsRead: (uncounted?.d1RowsRead ?? 0) + rows };
};

/** Counts what was refused, each by a code of errors. */
export function countRefused(more: Pick<Count, "pointsRefused" | "requestsRefused">): void {
  const { pointsRefused = {}, requestsRefused = {} } = uncounted ?? {};
  uncounted = {
    ...uncounted,
    pointsRefused: tallied(pointsRefused, more.pointsRefused),
    requestsRefused: tallied(requestsRefused, more.requestsRefused),
  };
}

export function takeCounted(): Count | undefined {
  const taken = uncounted;
  uncounted = undefined;
  return taken;
}
