// What drizzle's query builder made, run as all else: with a deadline, and counted.

import * as LIMITS from "../core/limits.ts";
import { batch, type Query, query, type RowCount } from "./database.ts";

interface Built {
  toSQL(): { readonly sql: string; readonly params: readonly unknown[] };
}

export function built<Row = never>(statement: Built): Query<Row> {
  const { sql, params } = statement.toSQL();
  // Of these tables drizzle makes no other parameters.
  return query<Row>(sql, ...(params as (string | number | null)[]));
}

/** One statement by itself. @throws D1Failed */
export async function run<Row>(
  db: D1Database,
  statement: Built,
): Promise<{ readonly rows: readonly Row[]; readonly counted: RowCount }> {
  const { rows, counted } = await batch(
    db,
    { rows: built<Row>(statement) },
    LIMITS.tokensDeadlineMs,
  );
  return { rows: rows.rows, counted };
}
