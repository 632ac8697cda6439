// Adds rows to tables that may have so many. Counted and added in one statement: of those that come at once,
// none goes over the limit. Of which tables, and how many, is not said here.

import { type Query, query } from "./database.ts";

type Value = string | number | null;

/** A condition on rows of a table. */
interface Where {
  readonly where: string;
  readonly params: readonly Value[];
}

export interface Bound extends Partial<Where> {
  /** Rows that there may be, all or those that `where` is true of. */
  readonly most: number;
  /** Where there is such a row, none is added either. */
  readonly unless?: Where;
}

/**
 * Inserts a row, by the names of its columns, and answers it; nothing where there are `most` rows already.
 * `conflict`: what then is done with a row of the same key.
 */
export function insertBelow<Row>(
  table: string,
  row: Readonly<Record<string, Value>>,
  { most, where = "true", params = [], unless }: Bound,
  conflict = "",
): Query<Row> {
  const columns = Object.keys(row);
  const exists = unless && `AND NOT EXISTS (SELECT 1 FROM ${table} WHERE ${unless.where})`;
  return query<Row>(
    `INSERT INTO ${table} (${columns.join(", ")}) SELECT ${columns.map(() => "?").join(", ")}
     WHERE (SELECT count(*) FROM ${table} WHERE ${where}) < ${most} ${exists ?? ""}
     ${conflict} RETURNING *`,
    ...Object.values(row),
    ...params,
    ...(unless?.params ?? []),
  );
}
