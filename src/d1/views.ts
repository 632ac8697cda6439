// Saved views and the links to them, of the first database. Who may do what is not decided here.

import { and, eq, gte, isNotNull, isNull, lt, notInArray } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { links, views } from "../../drizzle/schema.ts";
import * as LIMITS from "../core/limits.ts";
import { insertBelow } from "./below.ts";
import { built, run } from "./built.ts";
import { batch, type RowCount } from "./database.ts";
import type { LinkRow, ViewRow } from "./rows.ts";

export type { LinkRow, ViewRow };

const there = isNull(views.deletedAt);

/** By name. @throws D1Failed */
export async function readViews(db: D1Database): Promise<readonly ViewRow[]> {
  const { rows } = await run<ViewRow>(
    db,
    drizzle(db).select().from(views).where(there).orderBy(views.name, views.id),
  );
  return rows;
}

/** Undefined when there is none, or it was deleted. @throws D1Failed */
export async function readView(db: D1Database, id: string): Promise<ViewRow | undefined> {
  const { rows } = await run<ViewRow>(
    db,
    drizzle(db)
      .select()
      .from(views)
      .where(and(eq(views.id, id), there)),
  );
  return rows[0];
}

/** One that was deleted and can be brought back. @throws D1Failed */
export async function readDeleted(db: D1Database, id: string): Promise<ViewRow | undefined> {
  const { rows } = await run<ViewRow>(
    db,
    drizzle(db)
      .select()
      .from(views)
      .where(and(eq(views.id, id), isNotNull(views.deletedAt))),
  );
  return rows[0];
}

export type NewView = Pick<typeof views.$inferInsert, "id" | "name" | "note" | "search">;

interface Put {
  readonly view: ViewRow;
  /** As it was, also when it was deleted a while before. */
  readonly before: ViewRow | undefined;
}

/**
 * Makes a view, changes it, or brings one back that was deleted within `LIMITS.viewDeletedMs` before
 * `now`. Undefined when there are too many already. @throws D1Failed
 */
export async function putView(
  db: D1Database,
  view: NewView,
  now: number,
): Promise<Put | undefined> {
  await forgetDeleted(db, now);
  const { name, note, search } = view;
  const row = { id: view.id, name, note, search, created_at: now, updated_at: now };
  const { rows } = await batch(
    db,
    {
      before: built<ViewRow>(drizzle(db).select().from(views).where(eq(views.id, view.id))),
      put: insertBelow<ViewRow>(
        "view",
        row,
        { most: LIMITS.views, where: "id <> ?", params: [view.id] },
        `ON CONFLICT (id) DO UPDATE SET name = excluded.name, note = excluded.note,
           search = excluded.search, deleted_at = NULL,
           updated_at = max(excluded.updated_at, view.updated_at + 1)`,
      ),
    },
    LIMITS.tokensDeadlineMs,
  );
  const [put] = rows.put;
  return put && { view: put, before: rows.before[0] };
}

/** Undefined when there was none. @throws D1Failed */
export async function deleteView(
  db: D1Database,
  id: string,
  now: number,
): Promise<ViewRow | undefined> {
  await forgetDeleted(db, now);
  const { rows } = await run<ViewRow>(
    db,
    drizzle(db)
      .update(views)
      .set({ deletedAt: now })
      .where(and(eq(views.id, id), there))
      .returning(),
  );
  return rows[0];
}

/** Those that can be brought back no more go for good, with their links. @throws D1Failed */
async function forgetDeleted(db: D1Database, now: number): Promise<void> {
  const isOver = lt(views.deletedAt, now - LIMITS.viewDeletedMs);
  await batch(
    db,
    {
      views: built(
        drizzle(db)
          .delete(views)
          .where(and(isNotNull(views.deletedAt), isOver)),
      ),
      links: built(
        drizzle(db)
          .delete(links)
          .where(notInArray(links.view, drizzle(db).select({ id: views.id }).from(views))),
      ),
    },
    LIMITS.tokensDeadlineMs,
  );
}

/** The id by which a link is known to who may not know its secret. */
export const linkId = (hash: string): string => hash.slice(0, 16);

/** The links to a view, the oldest first. @throws D1Failed */
export async function readLinks(db: D1Database, view: string): Promise<readonly LinkRow[]> {
  const { rows } = await run<LinkRow>(
    db,
    drizzle(db)
      .select()
      .from(links)
      .where(eq(links.view, view))
      .orderBy(links.createdAt, links.hash),
  );
  return rows;
}

/** False when the view has too many already. @throws D1Failed */
export async function addLink(db: D1Database, link: LinkRow): Promise<boolean> {
  const room = { most: LIMITS.linksPerView, where: "view = ?", params: [link.view] };
  const { rows } = await batch(
    db,
    { added: insertBelow<LinkRow>("link", { ...link }, room) },
    LIMITS.tokensDeadlineMs,
  );
  return rows.added.length > 0;
}

/** Undefined when there was none. @throws D1Failed */
export async function removeLink(
  db: D1Database,
  view: string,
  id: string,
): Promise<LinkRow | undefined> {
  const { rows } = await run<LinkRow>(
    db,
    drizzle(db)
      .delete(links)
      .where(and(eq(links.view, view), gte(links.hash, id), lt(links.hash, `${id}~`)))
      .returning(),
  );
  return rows[0];
}

/** The view that a link leads to; undefined when there is no such link, or no such view. @throws D1Failed */
export async function readLinked(
  db: D1Database,
  hash: string,
): Promise<{ readonly view: ViewRow | undefined; readonly counted: RowCount }> {
  const { id, name, note, search, createdAt, updatedAt, deletedAt } = views;
  const { rows, counted } = await run<ViewRow>(
    db,
    drizzle(db)
      .select({ id, name, note, search, createdAt, updatedAt, deletedAt })
      .from(links)
      .innerJoin(views, eq(views.id, links.view))
      .where(and(eq(links.hash, hash), there)),
  );
  return { view: rows[0], counted };
}
