// Watermarks: the last page of each shard whose content D1 holds. Whatever a shard writes to D1 does
// nothing unless the watermark is still the one that the shard believes in (compare-and-set).

import { batch, type Database, only, query } from "./database.ts";
import type { FlushedRow } from "./rows.ts";

/** ?2 is the shard, ?3 the watermark that must still hold. */
export const GUARD = "(SELECT coalesce(max(page), 0) FROM flushed WHERE shard = ?2) = ?3";

/** The last statement of a flush; it changes a row when, and only when, the flush landed. */
export const setWatermark = (shard: number, watermark: number, part: number) =>
  query(
    `INSERT INTO flushed (shard, page) SELECT ?2, ?1 WHERE ${GUARD}
     ON CONFLICT (shard) DO UPDATE SET page = excluded.page`,
    part,
    shard,
    watermark,
  );

/** What D1 holds for a shard, 0 when nothing. @throws D1Failed */
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
