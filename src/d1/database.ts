// Runs SQL on a D1, several statements in one transaction, and answers by name. The database is always
// handed in, since there may be several. What the statements mean is said in the files beside this one.

import * as LIMITS from "../core/limits.ts";

/** A session knows what it wrote; either may be asked. */
export type Database = D1Database | D1DatabaseSession;

type Param = string | number | null;

/** A statement with its parameters; `Row` is what it selects. */
export interface Query<Row> {
  readonly sql: string;
  readonly params: readonly Param[];
  /** Only a type: no query has it. */
  readonly row?: Row;
}

/** A statement that selects nothing unless told what its rows are. */
export const query = <Row = never>(sql: string, ...params: readonly Param[]): Query<Row> => ({
  sql,
  params,
});

/** Statements by name. A list under one name (one statement in several parts) answers as one. */
type Queries = Readonly<Record<string, Query<unknown> | readonly Query<unknown>[]>>;

type RowOf<Q> =
  Q extends Query<infer Row> ? Row : Q extends readonly Query<infer Row>[] ? Row : never;

/** Rows that D1 says it read and wrote: what it is billed by. */
export interface RowCount {
  readonly read: number;
  readonly written: number;
}

export interface Answer<Q extends Queries> {
  readonly rows: { readonly [Name in keyof Q]: readonly RowOf<Q[Name]>[] };
  /** Rows that each statement inserted, changed or deleted. */
  readonly changes: { readonly [Name in keyof Q]: number };
  readonly counted: RowCount;
  /** Size of the database, bytes. */
  readonly sizeBytes: number;
}

/** D1 did not do what it was asked, or nobody knows whether it did. */
export class D1Failed extends Error {
  override readonly name = "D1Failed";
}

/**
 * Runs statements in one transaction, in the order of their names. After `deadlineMs` nobody waits
 * any more; a write may then still land. @throws D1Failed
 */
export async function batch<const Q extends Queries>(
  db: Database,
  queries: Q,
  deadlineMs: number = LIMITS.d1DeadlineMs,
): Promise<Answer<Q>> {
  const named = Object.entries(queries).flatMap(([name, one]) =>
    ("sql" in one ? [one] : one).map((statement) => ({ name, statement })),
  );
  const results = await within(
    deadlineMs,
    run(
      db,
      named.map(({ statement }) => statement),
    ),
  );
  const rows: Record<string, unknown[]> = {};
  const changes: Record<string, number> = {};
  for (const name of Object.keys(queries)) {
    rows[name] = [];
    changes[name] = 0;
  }
  const counted = { read: 0, written: 0 };
  let sizeBytes = 0;
  results.forEach(({ results: found, meta }, i) => {
    const { name } = named[i]!;
    for (const row of found) rows[name]!.push(row);
    changes[name]! += meta.changes;
    counted.read += meta.rows_read;
    counted.written += meta.rows_written;
    sizeBytes = meta.size_after;
  });
  // The names are those of `queries`, and a statement's rows are of the type that it was made with.
  return { rows, changes, counted, sizeBytes } as unknown as Answer<Q>;
}

async function run(
  db: Database,
  statements: readonly Query<unknown>[],
): Promise<readonly D1Result<unknown>[]> {
  const bound = statements.map(({ sql, params }) => db.prepare(sql).bind(...params));
  const [only, ...others] = bound;
  if (only === undefined) return [];
  return others.length === 0 ? [await only.all()] : await db.batch(bound);
}

/** @throws D1Failed when `work` fails, or does not end in time. */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: number | null = null;
  // Whoever waits here waits for D1 in any case: the timer keeps no object from hibernating.
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new D1Failed(`D1 did not answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, deadline]);
  } catch (error) {
    if (error instanceof D1Failed) throw error;
    throw new D1Failed(error instanceof Error ? error.message : String(error), { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** The one row of a SELECT that always has one. */
export function only<Row>(rows: readonly Row[]): Row {
  const [row] = rows;
  if (row === undefined || rows.length > 1)
    throw new Error(`expected one row, D1 gave ${rows.length}`);
  return row;
}
