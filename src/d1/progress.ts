// The cron's progress: numbers by name. What each means is said in drizzle/README.md.

import { type Query, query } from "./database.ts";

export type ProgressName =
  /** Whatever writes or removes coarse segments changes it: a roll-up of before then does nothing. */
  | "rollup"
  /** No new series has a pack from this one on. */
  | "nextPack"
  /** (hour, pack) up to which, exclusive, hours are rolled up, packs first to last. */
  | "rolledHour"
  | "rolledPack"
  /** (UTC day, pack) up to which, exclusive, days are made; `rolledDay` × 24 ≤ `rolledHour`. */
  | "rolledDay"
  | "rolledDayPack"
  /** (UTC day, pack) up to which, exclusive, minutes are deleted. */
  | "goneDay"
  | "gonePack"
  | "hourKept"
  | "hourPack"
  | "dayKept"
  | "dayPack"
  | "clockAt"
  /** How often shards let go of what moved when SHARDS changed, to this database too; and of others, by name. */
  | "letGo"
  | `letGo:${string}`
  /** Removals by a shard that writes elsewhere: they move no watermark here. */
  | "removals"
  /** Until when imports write, by D1's clock, Unix ms: until then nobody holds what this database said. */
  | "importingTo";

/** SQL of a value; 0 when it was never set. */
export const valueOf = (name: ProgressName): string =>
  `coalesce((SELECT value FROM progress WHERE name = '${name}'), 0)`;

/** SQL: Unix ms, by D1's clock. */
export const D1_NOW = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

/** An import says that it writes for so long, ms, and again when half of it is left: an attempt takes less than that. */
export const IMPORT_MS = 600_000;

export const setProgress = (
  values: Readonly<Partial<Record<ProgressName, number>>>,
): Query<never> =>
  query(
    `INSERT INTO progress (name, value) SELECT key, value FROM json_each(?) WHERE true
     ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    JSON.stringify(values),
  );
