// The rule that says from when on nobody but a shard holds minutes of its metrics: D1, and the shards
// that had them before, may hold earlier ones, which a live socket must not pass over. Pure.

import { HOUR } from "./tiers.ts";

/** What a database says. */
export interface Held {
  /** Its name. */
  readonly database: string;
  /** Values of SHARDS under which points may lie in shards; only the first database knows them. */
  readonly layouts: readonly number[];
  /** The watermarks of all shards that ever flushed. */
  readonly flushed: readonly { readonly shard: number; readonly page: number }[];
  /** The last hour, no later than asked, of which D1 holds minutes; null: none. */
  readonly lastHour: number | null;
}

/** What the shard knows of itself. */
export interface Own {
  readonly shard: number;
  /** SHARDS as it has it now. */
  readonly shards: number;
  /**
   * The last of its pages that it knows each database to hold, by name: what came with them it
   * answers for itself.
   */
  readonly watermarks: ReadonlyMap<string, number>;
}

/** Minutes that start here or later are held by nobody else, Unix ms; Infinity: not known. */
export const othersTo = (databases: readonly Held[], own: Own): number =>
  Math.max(0, ...databases.map((held) => heldTo(held, own)));

function heldTo({ database, layouts, flushed, lastHour }: Held, own: Own): number {
  // Until the cron has settled a change of SHARDS, points come to the shard of before as well.
  if (layouts.some((shards) => shards !== own.shards)) return Infinity;
  const watermark = own.watermarks.get(database) ?? -Infinity;
  const isOwn = flushed.every(({ shard, page }) => shard === own.shard && page <= watermark);
  return isOwn || lastHour === null ? 0 : (lastHour + 1) * HOUR;
}
