// The Worker under test: the real one, with a shard whose D1 can be made to fail.

import { Shard as RealShard, type ShardEnv } from "../../src/durable/shard.ts";
import { type Faults, faultyD1, noFaults } from "./faults.ts";

export { default } from "../../src/worker/index.ts";

export class Shard extends RealShard {
  /** The faults of all shards: a test sets `next` before it lets a shard flush. */
  static readonly faults: Faults = noFaults();
  /** How long a flush or a removal waits for D1: a hanging D1 must not make a test wait. */
  static patienceMs = 50;
  /** Variables that a test changed, as a deploy would. */
  static variables: Partial<ShardEnv> = {};

  constructor(ctx: DurableObjectState, env: ShardEnv) {
    super(ctx, { ...env, ...Shard.variables, DB: faultyD1(env.DB, Shard.faults) });
  }

  protected override get flushTimeoutMs(): number {
    return Shard.patienceMs;
  }
}
