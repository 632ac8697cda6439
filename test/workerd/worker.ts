// The Worker under test: the real one, with a shard whose D1 can be made to fail.

import { Shard as RealShard, type ShardEnv } from "../../src/durable/shard.ts";
import { type Faults, faultyD1, noFaults } from "./faults.ts";

export { default } from "../../src/worker/index.ts";

/** The bindings of so many databases, each of which fails as its faults say. */
export function databases(
  env: Cloudflare.Env,
  faults: readonly Faults[],
  count: number,
): { readonly DB: D1Database } {
  const spare = [env.SPARE_1, env.SPARE_2]
    .slice(0, count - 1)
    .map((db, i) => [`DB_${i + 1}`, faultyD1(db, faults[i + 1]!)]);
  return { DB: faultyD1(env.DB, faults[0]!), ...Object.fromEntries(spare) };
}

export class Shard extends RealShard {
  /** The faults of DB for all shards: a test sets `next` before it lets a shard flush. */
  static readonly faults: Faults = noFaults();
  /** Those of DB_1 and DB_2. */
  static readonly spareFaults: readonly Faults[] = [noFaults(), noFaults()];
  /** How many databases are bound, 1 to 3. */
  static databases = 1;
  /** How long a flush or a removal waits for D1: a hanging D1 must not make a test wait. */
  static patienceMs = 50;
  /** Variables that a test changed, as a deploy would. */
  static variables: Partial<ShardEnv> = {};

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    const faults = [Shard.faults, ...Shard.spareFaults];
    super(ctx, { ...env, ...Shard.variables, ...databases(env, faults, Shard.databases) });
  }

  protected override get flushTimeoutMs(): number {
    return Shard.patienceMs;
  }
}
