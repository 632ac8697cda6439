// The named tokens, of the first database. Who may do what by them is not decided here.

import { and, eq, gt, gte, isNull, lte, or, type SQL } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { tokens } from "../../drizzle/schema.ts";
import * as LIMITS from "../core/limits.ts";
import { insertBelow } from "./below.ts";
import { run } from "./built.ts";
import { batch, type RowCount } from "./database.ts";
import type { TokenRow } from "./rows.ts";

export type { TokenRow };

/** Those with an id above `after`, in order. @throws D1Failed */
export const readTokens = (
  db: D1Database,
  after = 0,
): Promise<{ readonly rows: readonly TokenRow[]; readonly counted: RowCount }> =>
  run<TokenRow>(
    db,
    drizzle(db)
      .select()
      .from(tokens)
      .where(gt(tokens.id, after))
      .orderBy(tokens.id)
      .limit(LIMITS.tokens),
  );

/** The one with the id; undefined when there is none. @throws D1Failed */
export async function readToken(
  db: D1Database,
  id: number,
): Promise<{ readonly row: TokenRow | undefined; readonly counted: RowCount }> {
  const { rows, counted } = await run<TokenRow>(
    db,
    drizzle(db).select().from(tokens).where(eq(tokens.id, id)),
  );
  return { row: rows[0], counted };
}

export type NewToken = Omit<TokenRow, "id" | "used_at">;

/** Undefined when there are too many already. @throws D1Failed */
export async function addToken(db: D1Database, token: NewToken): Promise<TokenRow | undefined> {
  const { rows } = await batch(
    db,
    { added: insertBelow<TokenRow>("token", { ...token }, { most: LIMITS.tokens }) },
    LIMITS.tokensDeadlineMs,
  );
  return rows.added[0];
}

/** Undefined when there was none. @throws D1Failed */
export async function removeToken(db: D1Database, id: number): Promise<TokenRow | undefined> {
  const { rows } = await run<TokenRow>(
    db,
    drizzle(db).delete(tokens).where(eq(tokens.id, id)).returning(),
  );
  return rows[0];
}

/** Notes a use at `at`, Unix ms, unless one was noted shortly before or after. @throws D1Failed */
export async function noteUse(db: D1Database, id: number, at: number): Promise<void> {
  const isDue: SQL | undefined = or(
    isNull(tokens.usedAt),
    lte(tokens.usedAt, at - LIMITS.tokenUsedMs),
    // Of a clock that was ahead.
    gte(tokens.usedAt, at + LIMITS.tokenUsedMs),
  );
  await run(
    db,
    drizzle(db)
      .update(tokens)
      .set({ usedAt: at })
      .where(and(eq(tokens.id, id), isDue)),
  );
}
