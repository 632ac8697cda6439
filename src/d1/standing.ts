// What a database says of itself beside what is read of it, in the same snapshot: watermarks, the cron's numbers,
// layouts; and what is known of a metric.

import type { Description } from "../core/series/description.ts";
import type { TierName } from "../core/tiers.ts";
import { descriptionOf } from "./catalogue.ts";
import { type Query, query } from "./database.ts";
import type { SeenStanding, State } from "./held-reads.ts";
import type { Token } from "./pack-cache.ts";
import { D1_NOW, IMPORT_MS } from "./progress.ts";
import type { MetricRow } from "./rows.ts";
import { STATE } from "./segments.ts";

/**
 * A number of the cron by its name; how often D1 was told of a layout; the state, by the time at which it was so (Unix ms,
 * of D1's clock); JSON of what is known of a metric.
 */
type StandingRow =
  | {
      readonly of: "progress" | "layout";
      readonly key: number | string;
      readonly value: number;
    }
  | { readonly of: "state"; readonly key: number; readonly value: string }
  | { readonly of: "described"; readonly value: string };

/** `metric`: of which what is known is told as well. */
export const standingOf = (metric?: string): Query<StandingRow> =>
  query(
    `SELECT 'state' AS of, ${D1_NOW} AS key, ${STATE} AS value
     UNION ALL SELECT 'progress', name, value FROM progress
     UNION ALL SELECT 'layout', shards, told FROM layouts
     ${metric === undefined ? "" : DESCRIBED}`,
    ...(metric === undefined ? [] : [metric]),
  );

const DESCRIBED = `UNION ALL SELECT 'described', 0, json_object('metric', metric, 'type', type, 'unit', unit,
    'help', NULL, 'said_at', said_at, 'set_type', set_type, 'set_unit', set_unit, 'set_help', NULL,
    'set_at', set_at)
  FROM metric WHERE metric = ?`;

export function standingIn(rows: readonly StandingRow[]): {
  readonly standing: SeenStanding;
  readonly description: Description | undefined;
} {
  const progress = new Map<string, number>();
  const layouts: number[] = [];
  let description: Description | undefined;
  let [state, now] = ["", 0];
  for (const row of rows)
    if (row.of === "state") [state, now] = [row.value, row.key];
    else if (row.of === "described")
      description = descriptionOf(JSON.parse(row.value) as MetricRow);
    else if (row.of === "progress") progress.set(String(row.key), row.value);
    else layouts.push(Number(row.key));
  const left = (progress.get("importingTo") ?? 0) - now;
  // A clock that was far ahead is not believed; that of a replica may be a little behind.
  const isImporting = left > 0 && left <= 2 * IMPORT_MS;
  const standing = { state, flushed: watermarksIn(state), progress, layouts, isImporting };
  return { standing, description };
}

/** That of a tier's table. */
export const tokenIn = (state: State, tier: TierName): Token =>
  tier === "minute" ? state : state.slice(0, state.indexOf(" "));

/** By shard. */
const watermarksIn = (state: State): ReadonlyMap<number, number> =>
  new Map(
    state
      .slice(state.indexOf(" ") + 1)
      .split(",")
      .filter((text) => text !== "")
      .map((text) => text.split(":").map(Number) as [number, number]),
  );
