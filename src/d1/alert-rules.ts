// Rules of alerts with their states, of the first database. What they mean is not decided here.

import { and, eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { alertRules } from "../../drizzle/schema.ts";
import * as LIMITS from "../core/limits.ts";
import { insertBelow } from "./below.ts";
import { built, run } from "./built.ts";
import { chunked } from "./chunked.ts";
import { batch, type RowCount } from "./database.ts";
import type { AlertRuleRow } from "./rows.ts";

export type { AlertRuleRow };

/** By id. @throws D1Failed */
export const readRules = (
  db: D1Database,
): Promise<{ readonly rows: readonly AlertRuleRow[]; readonly counted: RowCount }> =>
  run<AlertRuleRow>(db, drizzle(db).select().from(alertRules).orderBy(alertRules.id));

/** @throws D1Failed */
export async function readRule(db: D1Database, id: number): Promise<AlertRuleRow | undefined> {
  const { rows } = await run<AlertRuleRow>(
    db,
    drizzle(db).select().from(alertRules).where(eq(alertRules.id, id)),
  );
  return rows[0];
}

export type NewRule = Omit<AlertRuleRow, "id" | "turn">;

/** Undefined when there are too many already. @throws D1Failed */
export async function addRule(db: D1Database, rule: NewRule): Promise<AlertRuleRow | undefined> {
  const { rows } = await batch(
    db,
    {
      added: insertBelow<AlertRuleRow>(
        "alert_rule",
        { ...rule, turn: 0 },
        { most: LIMITS.alertRules },
      ),
    },
    LIMITS.tokensDeadlineMs,
  );
  return rows.added[0];
}

export type RuleChange = Partial<Omit<typeof alertRules.$inferInsert, "id" | "turn" | "createdAt">>;

const changing = (db: D1Database, id: number, turn: number, change: RuleChange) =>
  drizzle(db)
    .update(alertRules)
    .set({ ...change, turn: sql`${alertRules.turn} + 1` })
    .where(and(eq(alertRules.id, id), eq(alertRules.turn, turn)))
    .returning();

/** Undefined when it is another since `turn` was read, or gone. @throws D1Failed */
export async function changeRule(
  db: D1Database,
  id: number,
  turn: number,
  change: RuleChange,
): Promise<AlertRuleRow | undefined> {
  const { rows } = await run<AlertRuleRow>(db, changing(db, id, turn, change));
  return rows[0];
}

export interface StateChange {
  readonly id: number;
  /** That of the row whose state it was made of. */
  readonly turn: number;
  /** JSON. */
  readonly state: string;
}

type Changed = Pick<AlertRuleRow, "id" | "turn">;

/** `changes`: JSON, [id, turn, state] of each. */
const changingStates = (db: D1Database, changes: string) =>
  drizzle(db)
    .update(alertRules)
    .set({ state: sql`c.value -> 2`, turn: sql`${alertRules.turn} + 1` })
    .from(sql`json_each(${changes}) AS c`)
    .where(and(eq(alertRules.id, sql`c.value ->> 0`), eq(alertRules.turn, sql`c.value ->> 1`)))
    .returning({ id: alertRules.id, turn: alertRules.turn });

const bytesOf = (text: string): number => new TextEncoder().encode(text).length + 1;

/**
 * Those that were still as they were read, in one transaction: of many rules as few statements as they fit,
 * since the free plan counts these. @throws D1Failed
 */
export async function changeStates(
  db: D1Database,
  changes: readonly StateChange[],
): Promise<{ readonly rows: readonly Changed[]; readonly counted: RowCount }> {
  const texts = changes.map(({ id, turn, state }) => `[${id},${turn},${state}]`);
  const statements = chunked(texts, bytesOf).map((part) =>
    built<Changed>(changingStates(db, `[${part.join()}]`)),
  );
  const { rows, counted } = await batch(db, { rows: statements });
  return { rows: rows.rows, counted };
}

/** @throws D1Failed */
export async function removeRule(db: D1Database, id: number): Promise<AlertRuleRow | undefined> {
  const { rows } = await run<AlertRuleRow>(
    db,
    drizzle(db).delete(alertRules).where(eq(alertRules.id, id)).returning(),
  );
  return rows[0];
}
