// The ids of series: which of a shard's series a database has, and where new ones may go. The shard
// gives the new ids itself, within the flush (flush.ts), so that what it flushes is laid out by pack.

import { idAt, SERIES_PER_PACK } from "../core/codec/pack.ts";
import { chunked } from "./chunked.ts";
import { batch, type Database, only, query, type RowCount } from "./database.ts";
import { valueOf } from "./progress.ts";

export interface KnownIds {
  /** By position in what was asked; 0: the database does not have it. */
  readonly ids: readonly number[];
  /** The shard's next id while its last pack has room, else a multiple of the size of a pack. */
  readonly nextId: number;
  /** The first pack that nobody has. */
  readonly nextPack: number;
  readonly counted: RowCount;
}

/** [metric, labels] */
export type SeriesName = readonly [metric: string, labels: string];

/** @throws D1Failed */
export async function readIds(
  db: Database,
  shard: number,
  names: readonly SeriesName[],
  deadlineMs: number,
): Promise<KnownIds> {
  const parts = chunked(names, bytesOf);
  const { rows, counted } = await batch(
    db,
    {
      head: query<Pick<KnownIds, "nextId" | "nextPack">>(
        `SELECT coalesce((SELECT next_id FROM flushed WHERE shard = ?), 0) AS nextId,
           ${valueOf("nextPack")} AS nextPack`,
        shard,
      ),
      ids: parts.map((part) =>
        query<{ readonly id: number }>(
          `SELECT coalesce((SELECT s.id FROM series AS s
             WHERE s.metric = r.value ->> 0 AND s.labels = r.value ->> 1), 0) AS id
           FROM json_each(?) AS r ORDER BY r.key`,
          JSON.stringify(part),
        ),
      ),
    },
    deadlineMs,
  );
  // Packs begin with 1: no series has the id 0.
  const { nextId, nextPack } = only(rows.head);
  return { ids: rows.ids.map(({ id }) => id), nextId, nextPack: Math.max(1, nextPack), counted };
}

/** Bytes that a name may take as JSON. */
const bytesOf = ([metric, labels]: SeriesName): number => 6 * (metric.length + labels.length) + 8;

/** Where ids go on after some were given. */
export interface NextIds {
  readonly nextId: number;
  readonly nextPack: number;
}

/**
 * Ids of so many new series: first the free places of the shard's last pack, then those of new packs,
 * which no other shard uses.
 */
export function newIds(
  count: number,
  { nextId, nextPack }: NextIds,
): NextIds & { readonly ids: readonly number[] } {
  const free = (SERIES_PER_PACK - (nextId % SERIES_PER_PACK)) % SERIES_PER_PACK;
  const first = idAt(nextPack, 0);
  const ids = Array.from({ length: count }, (_, i) => (i < free ? nextId + i : first + i - free));
  const packs = Math.ceil(Math.max(0, count - free) / SERIES_PER_PACK);
  return {
    ids,
    nextId: count === 0 ? nextId : ids[count - 1]! + 1,
    nextPack: nextPack + packs,
  };
}
