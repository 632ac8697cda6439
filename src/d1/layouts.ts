// Values of SHARDS under which shards may hold points: one, but for the minute after a change.

import { batch, type Database, query, type RowCount } from "./database.ts";
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

/** Writes it also when it is there: then it has been told of once more. @throws D1Failed */
export async function addLayout(
  db: Database,
  shards: number,
  deadlineMs?: number,
): Promise<RowCount> {
  const added = query(
    `INSERT INTO layouts (shards, told) VALUES (?, 1)
     ON CONFLICT (shards) DO UPDATE SET told = told + 1`,
    shards,
  );
  return (await batch(db, { added }, deadlineMs)).counted;
}

/** Deletes those of which D1 was not told again since they were read. @throws D1Failed */
export async function removeLayouts(
  db: Database,
  layouts: readonly LayoutRow[],
): Promise<RowCount> {
  const removed = query(
    `DELETE FROM layouts WHERE (shards, told) IN (
       SELECT value ->> 0, value ->> 1 FROM json_each(?))`,
    JSON.stringify(layouts.map(({ shards, told }) => [shards, told])),
  );
  return (await batch(db, { removed })).counted;
}
