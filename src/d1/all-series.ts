// All series of a database, and what says whether they have changed: whatever changes them moves the watermark
// of a shard, or counts as a removal (removal.ts).

import type { StoredSeries } from "../core/query/series-columns.ts";
import { batch, type Database, only, query, type RowCount } from "./database.ts";
import { valueOf } from "./progress.ts";

const VERSION = query<{ readonly version: string }>(
  `SELECT json_array(${valueOf("removals")},
     (SELECT json_group_array(json_array(shard, page, next_id)) FROM flushed)) AS version`,
);

/** Equal as long as no series came or went, or was seen later. @throws D1Failed */
export async function readSeriesVersion(
  db: Database,
): Promise<{ readonly version: string; readonly counted: RowCount }> {
  const { rows, counted } = await batch(db, { version: VERSION });
  return { ...only(rows.version), counted };
}

/** At most `limit` of them, as of that version. @throws D1Failed */
export async function readAllSeries(
  db: Database,
  limit: number,
): Promise<{
  readonly version: string;
  readonly series: readonly StoredSeries[];
  readonly counted: RowCount;
}> {
  const { rows, counted } = await batch(db, {
    version: VERSION,
    series: query<StoredSeries>(
      "SELECT metric, labels, first_at, last_at, last FROM series LIMIT ?",
      limit,
    ),
  });
  return { ...only(rows.version), series: rows.series, counted };
}
