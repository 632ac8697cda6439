// Values of SHARDS under which shards may hold points: one, but for the minute after a change.

import { batch, type Database, only, query, type RowCount } from "./database.ts";
import type { LayoutRow } from "./rows.ts";

/** Selects them; beside other statements, in their snapshot. */
export const SELECT_LAYOUTS = query<LayoutRow>("SELECT shards, told FROM layouts");

export const shardsOf = (rows: readonly LayoutRow[]): readonly number[] =>
  rows.map(({ shards }) => shards);

/** @throws D1Failed */
export async function readLayouts(
  db: Database,
): Promise<{ readonly layouts: readonly LayoutRow[]; readonly counted: RowCount }> {
  const { rows, counted } = await batch(db, { layouts: SELECT_LAYOUTS });
  return { layouts: rows.layouts, counted };
}

/**
 * Writes it also when it is there: then it has been told of once more. `others`: there are some, whose readers may
 * not have heard of this one for `LIMITS.standingMs`. @throws D1Failed
 */
export async function addLayout(
  db: Database,
  shards: number,
  deadlineMs?: number,
): Promise<{ readonly others: boolean; readonly counted: RowCount }> {
  const added = query(
    `INSERT INTO layouts (shards, told) VALUES (?, 1)
     ON CONFLICT (shards) DO UPDATE SET told = told + 1`,
    shards,
  );
  const { rows, counted } = await batch(db, { added, layouts: SELECT_LAYOUTS }, deadlineMs);
  return { others: rows.layouts.length > 1, counted };
}

/**
 * Counts, in a database that is not the first, that shards have let go of what moved; says how often they
 * have. @throws D1Failed
 */
export async function countLetGo(
  db: Database,
): Promise<{ readonly count: number; readonly counted: RowCount }> {
  const { rows, counted } = await batch(db, {
    letGo: query<{ readonly count: number }>(
      `INSERT INTO progress (name, value) VALUES ('letGo', 1)
       ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value AS count`,
    ),
  });
  return { ...only(rows.letGo), counted };
}

const STILL = "(shards, told) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1))";

/**
 * Deletes those of which D1 was not told again since they were read; with the first of them it takes over `letGo`,
 * the counts of the other databases by their names. @throws D1Failed
 */
export async function removeLayouts(
  db: Database,
  layouts: readonly LayoutRow[],
  letGo: ReadonlyMap<string, number>,
): Promise<RowCount> {
  const read = JSON.stringify(layouts.map(({ shards, told }) => [shards, told]));
  const counts = [...letGo].map(([name, count]) => [`letGo:${name}`, count]);
  const { counted } = await batch(db, {
    letGo:
      counts.length === 0
        ? []
        : [
            query(
              `INSERT INTO progress (name, value) SELECT value ->> 0, value ->> 1 FROM json_each(?2)
               WHERE EXISTS (SELECT 1 FROM layouts WHERE ${STILL})
               ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
              read,
              JSON.stringify(counts),
            ),
          ],
    removed: query(`DELETE FROM layouts WHERE ${STILL}`, read),
  });
  return counted;
}
