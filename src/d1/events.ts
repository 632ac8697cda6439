// What happened beside the metrics: a deployment, an outage. Of the first database.

import { and, desc, eq, gte, lt, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { events } from "../../drizzle/schema.ts";
import * as LIMITS from "../core/limits.ts";
import { run } from "./built.ts";
import { only } from "./database.ts";
import type { EventRow } from "./rows.ts";

export type { EventRow };

/** Those in [from, to), the latest first, `limit` at most. @throws D1Failed */
export async function readEvents(
  db: D1Database,
  from: number,
  to: number,
  limit: number,
): Promise<readonly EventRow[]> {
  const { rows } = await run<EventRow>(
    db,
    drizzle(db)
      .select()
      .from(events)
      .where(and(gte(events.at, from), lt(events.at, to)))
      .orderBy(desc(events.at), desc(events.id))
      .limit(limit),
  );
  return rows;
}

/** False when there are too many already. @throws D1Failed */
export async function addEvent(db: D1Database, event: EventRow): Promise<boolean> {
  const { rows } = await run<{ readonly many: number }>(
    db,
    drizzle(db)
      .select({ many: sql<number>`count(*)`.as("many") })
      .from(events),
  );
  if (only(rows).many >= LIMITS.events) return false;
  await run(db, drizzle(db).insert(events).values(event));
  return true;
}

/** Undefined when there was none. @throws D1Failed */
export async function removeEvent(
  db: D1Database,
  at: number,
  id: string,
): Promise<EventRow | undefined> {
  const { rows } = await run<EventRow>(
    db,
    drizzle(db)
      .delete(events)
      .where(and(eq(events.at, at), eq(events.id, id)))
      .returning(),
  );
  return rows[0];
}
