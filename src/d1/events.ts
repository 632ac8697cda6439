// What happened beside the metrics: a deployment, an outage. Of the first database.

import { and, desc, eq, gte, lt } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { events } from "../../drizzle/schema.ts";
import * as LIMITS from "../core/limits.ts";
import { DAY } from "../core/tiers.ts";
import { insertBelow } from "./below.ts";
import { run } from "./built.ts";
import { batch, type Database, only, query, type RowCount } from "./database.ts";
import { valueOf } from "./progress.ts";
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

/**
 * Adds an event unless one of its id is there in [from, to]; in one transaction, so that of those that come at
 * once one is added. `before`: the one that was there; neither: its day has too many. @throws D1Failed
 */
export async function addEvent(
  db: D1Database,
  event: EventRow,
  [from, to]: readonly [from: number, to: number],
): Promise<{ readonly before: EventRow | undefined; readonly added: EventRow | undefined }> {
  const day = Math.floor(event.at / DAY) * DAY;
  const same = { where: "id = ? AND at >= ? AND at <= ?", params: [event.id, from, to] };
  const { rows } = await batch(
    db,
    {
      before: query<EventRow>(`SELECT * FROM event WHERE ${same.where} LIMIT 1`, ...same.params),
      added: insertBelow<EventRow>(
        "event",
        { ...event },
        {
          most: LIMITS.eventsPerDay,
          where: "at >= ? AND at < ?",
          params: [day, day + DAY],
          unless: same,
        },
      ),
    },
    LIMITS.tokensDeadlineMs,
  );
  return { before: rows.before[0], added: rows.added[0] };
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

/** The oldest event, Unix ms, null when there is none; and when a run of the retention first asked. @throws D1Failed */
export async function readOldestEvent(db: Database): Promise<{
  readonly oldest: number | null;
  readonly askedAt: number;
  readonly counted: RowCount;
}> {
  const { rows, counted } = await batch(db, {
    head: query<{ readonly oldest: number | null; readonly askedAt: number }>(
      `SELECT (SELECT min(at) FROM event) AS oldest, ${valueOf("clockAt")} AS askedAt`,
    ),
  });
  return { ...only(rows.head), counted };
}

/** Deletes events of before a time, some. @throws D1Failed */
export async function deleteEvents(
  db: Database,
  before: number,
): Promise<{ readonly done: boolean; readonly counted: RowCount }> {
  const { changes, counted } = await batch(db, {
    gone: query(
      `DELETE FROM event WHERE (at, id) IN (
         SELECT at, id FROM event WHERE at < ? ORDER BY at LIMIT ${LIMITS.rowsPerPurge})`,
      before,
    ),
  });
  return { done: changes.gone < LIMITS.rowsPerPurge, counted };
}
