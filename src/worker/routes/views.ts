// /api/v1/views: what people have put together on the page, kept in the store. Who has a prefix sees
// the views that show nothing but metrics of it.

import { z } from "zod";
import type { SavedView, ViewsAnswer } from "../../core/api-views.ts";
import { type Caller, prefixIssue } from "../../core/caller.ts";
import * as LIMITS from "../../core/limits.ts";
import { quote } from "../../core/text.ts";
import { asksOf } from "../../core/view-asks.ts";
import {
  deleteView,
  readDeleted,
  linkId,
  putView,
  readLinks,
  readView,
  readViews,
  type ViewRow,
} from "../../d1/views.ts";
import type { Env } from "../env.ts";
import { endpoint, exactly } from "../http/endpoint.ts";
import { fail } from "../http/failure.ts";
import { issue } from "../http/fields.ts";
import { jsonBody } from "../http/json-body.ts";
import { linkListOf, socketsOf } from "../link-list.ts";
import { closeSockets } from "./close-sockets.ts";

const path = "/api/v1/views";

const savedView = z
  .object({
    id: z.string(),
    name: z.string(),
    note: z.string(),
    search: z.string().meta({
      description: "What stands behind the question mark of the page's address: open it with /?…",
    }),
    createdAt: z.number(),
    updatedAt: z.number(),
  })
  .meta({ id: "SavedView" });

export const viewAnswer = exactly<SavedView>()(savedView);

export const viewsAnswer = exactly<ViewsAnswer>()(
  z.object({ views: z.array(savedView) }).meta({ id: "ViewsAnswer" }),
);

const newView = z.strictObject({
  name: z.string().trim().min(1).max(LIMITS.tokenNameLength).meta({ example: "Web, on call" }),
  note: z.string().trim().max(LIMITS.viewNoteLength).default("").meta({
    description: "What to know of it",
  }),
  search: z
    .string()
    .min(1)
    .max(LIMITS.viewSearchLength)
    .superRefine(
      issue((text) => {
        const asks = asksOf(new URLSearchParams(text));
        return asks.ok ? undefined : asks.error;
      }),
    )
    .meta({
      description: "What stands behind the question mark of the page's address",
      example: "range=24h&metric=cpu.load&by=host",
    }),
});

export const saved = (row: ViewRow): SavedView => ({
  id: row.id,
  name: row.name,
  note: row.note,
  search: row.search,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

/** Whether a view shows nothing that the caller may not see. */
function maySee(caller: Caller, { search }: ViewRow): boolean {
  if (caller.prefix === "") return true;
  const given = new URLSearchParams(search);
  const asks = asksOf(given);
  return (
    asks.ok &&
    asks.value.length > 0 &&
    // Which metrics an expression is of is not looked for.
    !given.has("expr") &&
    asks.value.every(({ metric }) => prefixIssue(caller, metric) === undefined)
  );
}

const ID = new RegExp(`^[\\w-]{1,${LIMITS.viewIdLength}}$`);

/** @throws Failed */
const unknown = (id: string): never =>
  fail({ kind: "unknown_view", message: `no view ${quote(id)}; GET ${path} lists all` });

/** The view of that id. @throws Failed */
export const viewOf = async (env: Env, id: string): Promise<ViewRow> =>
  (await readView(env.DB, id)) ?? unknown(id);

export const views = endpoint({
  methods: ["GET"],
  path,
  scope: "read",
  summary: "The saved views, by name",
  answer: viewsAnswer,
  errors: ["unavailable"],
  async handle(_asked, c) {
    const rows = await readViews(c.env.DB);
    return { views: rows.filter((row) => maySee(c.var.caller, row)).map(saved) };
  },
});

export const view = endpoint({
  methods: ["GET"],
  path: `${path}/:id`,
  scope: "read",
  summary: "One saved view",
  answer: viewAnswer,
  errors: ["unknown_view", "unavailable"],
  async handle(_asked, c) {
    const id = c.req.param("id") ?? "";
    const row = await viewOf(c.env, id);
    return maySee(c.var.caller, row) ? saved(row) : unknown(id);
  },
});

export const saveView = endpoint({
  methods: ["PUT"],
  path: `${path}/:id`,
  scope: "admin",
  summary: "Save a view, or change one",
  description: `The id is of your choice: letters, digits, _ and -. Links to the view show it as it is then, within a minute. Within ${LIMITS.viewDeletedMs / 60_000} minutes after a DELETE, it brings the view back with its links.`,
  body: { schema: newView, types: ["application/json"] },
  answer: viewAnswer,
  errors: ["invalid_json", "invalid_utf8", "too_large", "too_many_views", "unavailable"],
  async handle(_asked, c) {
    const id = c.req.param("id") ?? "";
    if (!ID.test(id))
      fail({
        kind: "invalid_parameter",
        message: `the id ${quote(id)} is not 1 to ${LIMITS.viewIdLength} letters, digits, _ and -`,
        issues: [{ path: "id", message: "is no id of a view" }],
      });
    const given = await jsonBody(newView, c.req.raw);
    const put = await putView(c.env.DB, { id, ...given }, Date.now());
    if (put === undefined)
      return fail({
        kind: "too_many_views",
        message: `the store has ${LIMITS.views} views, the limit: delete some with DELETE ${path}/<id>`,
      });
    if (put.before !== undefined) await endLinks(c.env, id, put.view.updated_at);
    return saved(put.view);
  },
});

export const removeView = endpoint({
  methods: ["DELETE"],
  path: `${path}/:id`,
  scope: "admin",
  summary: "Delete a saved view, and all links to it",
  description:
    "Its links are refused at once where this was asked, and within a minute everywhere.",
  answer: z.object({ removed: savedView }).meta({ id: "RemovedViewAnswer" }),
  errors: ["unknown_view", "unavailable"],
  async handle(_asked, c) {
    const id = c.req.param("id") ?? "";
    const row = await deleteView(c.env.DB, id, Date.now());
    // Also when it was gone: who was told to send this again, since a shard did not answer, does.
    const gone = row ?? (await readDeleted(c.env.DB, id));
    if (gone !== undefined) await endLinks(c.env, id, gone.updated_at + 1);
    return row === undefined ? unknown(id) : { removed: saved(row) };
  },
});

/** Closes what links to a view have open of versions before `least`: it is another now, or none. @throws Failed */
async function endLinks(env: Env, view: string, least: number): Promise<void> {
  linkListOf(env).forget();
  const links = await readLinks(env.DB, view);
  await closeSockets(
    env,
    links.map(({ hash }) => socketsOf(linkId(hash))),
    "the view is saved as you said",
    least,
  );
}
