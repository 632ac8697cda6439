// Watermarks: the last page of each shard whose content a database holds. Whatever a shard writes does
// nothing unless the watermark is still the one that the shard believes in (compare-and-set), and
// moves it: so nothing that was given up can land after it.

import { batch, type Database, only, type Query, query } from "./database.ts";
import type { FlushedRow } from "./rows.ts";

/** ?2 is the shard, ?3 the watermark that must still hold. */
export const GUARD = "(SELECT coalesce(max(page), 0) FROM flushed WHERE shard = ?2) = ?3";

/** What a shard says of itself when it writes. */
export interface Turn {
  readonly shard: number;
  /** The watermark that it believes. */
  readonly watermark: number;
  /** The one to come: the id of the last page that is written, or `freeId` of durable/sealed.ts. */
  readonly part: number;
}

/** The last of its statements; it changes a row when, and only when, all that the shard wrote landed. */
export const setWatermark = (
  { shard, watermark, part }: Turn,
  /** SQL of `next_id`; undefined: as it is. */
  nextId: string | undefined,
): Query<never> =>
  query(
    `INSERT INTO flushed (shard, page, next_id) SELECT ?2, ?1, ${nextId ?? 0} WHERE ${GUARD}
     ON CONFLICT (shard) DO UPDATE SET page = excluded.page${nextId === undefined ? "" : ", next_id = excluded.next_id"}`,
    part,
    shard,
    watermark,
  );

/** What a database holds for a shard, 0 when nothing. @throws D1Failed */
export async function readWatermark(
  db: Database,
  shard: number,
  deadlineMs?: number,
): Promise<number> {
  const { rows } = await batch(
    db,
    {
      flushed: query<Pick<FlushedRow, "page">>(
        "SELECT coalesce(max(page), 0) AS page FROM flushed WHERE shard = ?",
        shard,
      ),
    },
    deadlineMs,
  );
  return only(rows.flushed).page;
}
