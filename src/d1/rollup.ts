// What the steps of the roll-up have in common: a round reads one snapshot, and writes in one batch whose
// first statement claims the right to: it does nothing, nor do the others, unless nobody else has written
// coarse packs since, and the minutes that were read are still those that are there.
//
// Minutes are append-only, and whoever takes some of them away changes the token: so their number says
// whether they are the same.

import { chunked } from "./chunked.ts";
import { type Query, query } from "./database.ts";
import { type ProgressName, valueOf } from "./progress.ts";

/** The token of the last that wrote, as it was read, and that of this round: any other number. */
export interface Claim {
  readonly read: number;
  readonly mine: number;
}

export const TOKEN = valueOf("rollup");

/** A share, above 0 and up to 1, of a limit that is a count; 1 at least. */
export const shareOf = (limit: number, share: number): number => Math.ceil(limit * share);

/**
 * Claims, and moves progress, if `count` (SQL, from its parameter ?3 on) still gives `expected`. It
 * changes a row when, and only when, the batch applies.
 */
export const claim = (
  { read, mine }: Claim,
  progress: Readonly<Partial<Record<ProgressName, number>>>,
  count = "0",
  expected = 0,
  ...params: readonly (string | number)[]
): Query<never> =>
  query(
    `INSERT INTO progress (name, value) SELECT key, value FROM json_each(?1)
     WHERE ${TOKEN} = ?2 AND ${count} = ${expected}
     ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE value <> excluded.value`,
    JSON.stringify({ rollup: mine, ...progress }),
    read,
    ...params,
  );

/** After a claim that was granted, this holds for the rest of its batch; ?2 is the token. */
export const CLAIMED = `${TOKEN} = ?2`;

type Cells = readonly (string | number)[];

/** A statement for rows of any number: ?1 is some of them as JSON, ?2 the token. */
export const forRows = (
  sql: string,
  rows: readonly Cells[],
  { mine }: Claim,
  ...more: readonly number[]
): Query<never>[] =>
  chunked(rows, bytesOf).map((chunk) => query(sql, JSON.stringify(chunk), mine, ...more));

/** [pack, UTC day or year, body] */
export type CoarseRow = readonly [pack: number, span: number, body: string];

/** Writes coarse packs; one that is there as it is costs nothing. */
export const putPacks = (
  table: "hour" | "day",
  rows: readonly CoarseRow[],
  claim: Claim,
): Query<never>[] => {
  const span = table === "hour" ? "day" : "year";
  return forRows(
    `INSERT INTO ${table} (pack, ${span}, body)
     SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1) WHERE ${CLAIMED}
     ON CONFLICT (pack, ${span}) DO UPDATE SET body = excluded.body WHERE body <> excluded.body`,
    rows,
    claim,
  );
};

/** A (pack, hour) that could not be rolled up. */
export type UnreadableHour = readonly [pack: number, hour: number, slots: number, message: string];

/** Reports (pack, hour) pairs, each of which is dirty, or becomes so. */
export const report = (
  rows: readonly UnreadableHour[],
  now: number,
  claim: Claim,
): { readonly dirty: readonly Query<never>[]; readonly unreadable: readonly Query<never>[] } => ({
  dirty: forRows(
    `INSERT OR IGNORE INTO dirty (pack, hour)
     SELECT value ->> 0, value ->> 1 FROM json_each(?1) WHERE ${CLAIMED}`,
    rows,
    claim,
  ),
  unreadable: forRows(
    `INSERT INTO unreadable (pack, hour, slots, message, tried_at)
     SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, ?3 FROM json_each(?1)
     WHERE ${CLAIMED} ${REPORTED}`,
    rows,
    claim,
    now,
  ),
});

export const REPORTED = `ON CONFLICT (pack, hour) DO UPDATE
  SET slots = excluded.slots, message = excluded.message, tried_at = excluded.tried_at`;

/** Bytes that a row takes as JSON: quotes of a body are escaped, at most four a slot; messages short. */
const bytesOf = (row: Cells): number =>
  row.reduce<number>((sum, cell) => sum + (typeof cell === "string" ? cell.length + 128 : 20), 8);
