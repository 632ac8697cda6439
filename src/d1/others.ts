// What D1 says of the minutes that a shard's metrics may have elsewhere: in D1 itself, and in other
// shards while SHARDS is changing.

import type { Held } from "../core/others.ts";
import { batch, only, query } from "./database.ts";
import type { Named } from "./databases.ts";
import { SELECT_LAYOUTS, shardsOf } from "./layouts.ts";
import type { FlushedRow } from "./rows.ts";

/** @throws D1Failed */
export async function readHeld(
  { name, db }: Named,
  noLaterThan: number,
  deadlineMs: number,
): Promise<Held> {
  const { rows } = await batch(
    db,
    {
      layouts: SELECT_LAYOUTS,
      flushed: query<FlushedRow>("SELECT shard, page FROM flushed"),
      last: query<{ readonly hour: number | null }>(
        "SELECT max(hour) AS hour FROM minute WHERE hour <= ?",
        noLaterThan,
      ),
    },
    deadlineMs,
  );
  return {
    database: name,
    layouts: shardsOf(rows.layouts),
    flushed: rows.flushed,
    lastHour: only(rows.last).hour,
  };
}
