// Values of SHARDS under which shards may hold points: one, but for the minute after a change.

import { batch, type Database, query, type RowCount } from "./database.ts";
import type { LayoutRow } from "./rows.ts";

/** Selects them; beside other statements, in their snapshot. */
export const SELECT_LAYOUTS = query<LayoutRow>("SELECT shards FROM layouts");

export const shardsOf = (rows: readonly LayoutRow[]): readonly number[] =>
  rows.map(({ shards }) => shards);

/** @throws D1Failed */
export async function readLayouts(
  db: Database,
): Promise<{ readonly layouts: readonly number[]; readonly counted: RowCount }> {
  const { rows, counted } = await batch(db, { layouts: SELECT_LAYOUTS });
  return { layouts: shardsOf(rows.layouts), counted };
}

/** Writes no row when it is there. @throws D1Failed */
export async function addLayout(
  db: Database,
  shards: number,
  deadlineMs?: number,
): Promise<RowCount> {
  const added = query("INSERT OR IGNORE INTO layouts (shards) VALUES (?)", shards);
  return (await batch(db, { added }, deadlineMs)).counted;
}

/** @throws D1Failed */
export async function removeLayouts(db: Database, layouts: readonly number[]): Promise<RowCount> {
  const removed = query(
    "DELETE FROM layouts WHERE shards IN (SELECT value FROM json_each(?))",
    JSON.stringify(layouts),
  );
  return (await batch(db, { removed })).counted;
}
