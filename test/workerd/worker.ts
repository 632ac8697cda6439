// The Worker under test: the real one, with a shard whose D1 can be made to fail.

import { Shard as RealShard, type ShardEnv } from "../../src/durable/shard.ts";
import worker from "../../src/worker/index.ts";
import { OUTLIVING } from "../../src/worker/outliving.ts";
import { packCache } from "../../src/worker/in-room.ts";
import { takeCounted } from "../../src/worker/shards.ts";
import { type Faults, faultyD1, noFaults } from "./faults.ts";

/** The bindings as objects that nobody has seen: what a Worker keeps of a store, it keeps by them. */
function unseen(env: Cloudflare.Env): Cloudflare.Env {
  const DB = faultyD1(env.DB, noFaults());
  return new Proxy(env, {
    get: (of, name) => (name === "DB" ? DB : Reflect.get(of, name)),
  });
}

/** The wait of production. */
export const outliving = OUTLIVING.wait;

let bindings: Cloudflare.Env | undefined;

export default {
  fetch: (request, env, ctx) => worker.fetch(request, (bindings ??= unseen(env)), ctx),
  scheduled: (controller, env) => worker.scheduled(controller, (bindings ??= unseen(env))),
} satisfies ExportedHandler<Cloudflare.Env>;

/** All as it is in a new isolate: the Worker knows of no store, and nothing fails. */
export function beginAnew(): void {
  bindings = undefined;
  takeCounted();
  Shard.databases = 1;
  Shard.patienceMs = PATIENCE;
  Shard.variables = {};
  Shard.meanwhile = NOTHING;
  OUTLIVING.wait = async () => {
    await scheduler.wait(1);
    packCache.reads.clear();
  };
  for (const faults of [Shard.faults, ...Shard.spareFaults]) Object.assign(faults, noFaults());
}

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

const PATIENCE = 50;
const NOTHING = (): Promise<void> => Promise.resolve();

export class Shard extends RealShard {
  /** The faults of DB for all shards: a test sets `next` before it lets a shard flush. */
  static readonly faults: Faults = noFaults();
  /** Those of DB_1 and DB_2. */
  static readonly spareFaults: readonly Faults[] = [noFaults(), noFaults()];
  /** How many databases are bound, 1 to 3. */
  static databases = 1;
  /** How long a flush or a removal waits for D1: a hanging D1 must not make a test wait. */
  static patienceMs = PATIENCE;
  /** What happens while a shard waits for readers. */
  static meanwhile: () => Promise<void> = NOTHING;
  /** Variables that a test changed, as a deploy would. */
  static variables: Partial<ShardEnv> = {};

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    const faults = [Shard.faults, ...Shard.spareFaults];
    super(ctx, { ...env, ...Shard.variables, ...databases(env, faults, Shard.databases) });
  }

  protected override get flushTimeoutMs(): number {
    return Shard.patienceMs;
  }

  /** As if the time had passed, but for who does not wait until it has. */
  protected override async outlive(): Promise<void> {
    await Shard.meanwhile();
    await scheduler.wait(1);
    packCache.reads.clear();
  }
}
