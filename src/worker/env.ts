// The bindings and variables of the Worker, read and checked once an isolate.

import { z } from "zod";
import * as LIMITS from "../core/limits.ts";
import type { Retention } from "../core/query/plan.ts";
import { TIERS } from "../core/tiers.ts";
import type { Shard } from "../durable/shard.ts";

export interface Env {
  readonly DB: D1Database;
  readonly SHARD: DurableObjectNamespace<Shard>;
  readonly ASSETS: Fetcher;
  readonly API_TOKEN?: string;
  readonly OPEN?: string;
  readonly SHARDS?: string;
  readonly FLUSH_ROWS_PER_HOUR?: string;
  readonly RETENTION_MINUTE_DAYS?: string;
  readonly RETENTION_HOUR_DAYS?: string;
  readonly RETENTION_DAY_DAYS?: string;
}

export interface Config {
  readonly shards: number;
  readonly retention: Retention;
  /** Only the local server of `npm start` sets it: everybody may do everything. */
  readonly open: boolean;
  readonly token: string | undefined;
}

const days = (byDefault: number): z.ZodDefault<z.ZodCoercedNumber> =>
  z.coerce.number().int().min(0).max(36_500).default(byDefault);

const variables = z.object({
  SHARDS: z.coerce.number().int().min(1).max(LIMITS.shards).default(1),
  RETENTION_MINUTE_DAYS: days(TIERS.minute.retentionDays),
  RETENTION_HOUR_DAYS: days(TIERS.hour.retentionDays),
  RETENTION_DAY_DAYS: days(TIERS.day.retentionDays),
  OPEN: z.string().optional(),
  API_TOKEN: z.string().optional(),
});

const read = new WeakMap<Env, Config>();

/** @throws when a variable is not what wrangler.toml says of it. */
export function configOf(env: Env): Config {
  const known = read.get(env);
  if (known !== undefined) return known;
  const parsed = variables.safeParse(env);
  if (!parsed.success)
    throw new Error(
      `wrangler.toml: ${parsed.error.issues.map((i) => `${i.path.join(".")}: ${i.message}`).join("; ")}`,
    );
  const v = parsed.data;
  const config = {
    shards: v.SHARDS,
    retention: {
      minute: v.RETENTION_MINUTE_DAYS,
      hour: v.RETENTION_HOUR_DAYS,
      day: v.RETENTION_DAY_DAYS,
    },
    open: v.OPEN === "local",
    token: v.API_TOKEN === "" ? undefined : v.API_TOKEN,
  };
  read.set(env, config);
  return config;
}

export interface HonoEnv {
  Bindings: Env;
}
