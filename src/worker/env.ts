// The bindings and variables of the Worker, read and checked once an isolate.

import type { Caller } from "../core/caller.ts";
import { type Config, readConfig } from "../core/config.ts";
import type { Shard } from "../durable/shard.ts";
import { Failed } from "./http/failure.ts";

/** Other databases are DB_1, DB_2, …: see d1/databases.ts. */
export interface Env {
  readonly DB: D1Database;
  readonly SHARD: DurableObjectNamespace<Shard>;
  readonly ASSETS: Fetcher;
  /** Requests of one token, and of one address that brings none; absent: not limited. */
  readonly RATE_TOKENS?: RateLimit;
  readonly RATE_ADDRESSES?: RateLimit;
  readonly API_TOKEN?: string;
  readonly OPEN?: string;
  readonly PUBLIC_READ?: string;
  readonly FREE_PLAN?: string;
  readonly ALLOWED_ORIGINS?: string;
  readonly ACCESS_TEAM_DOMAIN?: string;
  readonly ACCESS_AUD?: string;
  readonly ACCESS_SCOPE?: string;
  readonly SHARDS?: string;
  readonly RETENTION_MINUTE_DAYS?: string;
  readonly RETENTION_HOUR_DAYS?: string;
  readonly RETENTION_DAY_DAYS?: string;
  readonly SAMPLES_PER_MINUTE?: string;
}

const read = new WeakMap<Env, Config>();

/** @throws Failed when a variable is wrong: nothing is answered, and nothing done, until it is right. */
export function configOf(env: Env): Config {
  const known = read.get(env);
  if (known !== undefined) return known;
  const config = readConfig(env);
  if (!config.ok) throw new Failed({ kind: "misconfigured", message: config.error });
  read.set(env, config.value);
  return config.value;
}

export interface HonoEnv {
  Bindings: Env;
  Variables: {
    /** Of an endpoint that asks who is there. */
    caller: Caller;
  };
}
