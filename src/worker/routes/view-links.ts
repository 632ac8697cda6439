// /api/v1/views/:id/links: who may read a view without a token; and /api/v1/shared: the view, for them.

import { z } from "zod";
import type { CreatedLink, LinksAnswer, SharedAnswer, ViewLink } from "../../core/api-views.ts";
import * as LIMITS from "../../core/limits.ts";
import { METRIC_TYPES } from "../../core/metric-type.ts";
import { quote } from "../../core/text.ts";
import { addLink, linkId, type LinkRow, readLinks, removeLink } from "../../d1/views.ts";
import type { Env } from "../env.ts";
import { endpoint, exactly } from "../http/endpoint.ts";
import { fail } from "../http/failure.ts";
import { digestOf, newLinkText } from "../http/token-text.ts";
import { linkListOf, socketsOf } from "../link-list.ts";
import { listMetrics } from "../read/catalogue.ts";
import { closeSockets } from "./close-sockets.ts";
import { viewOf } from "./views.ts";

const path = "/api/v1/views/:id/links";

const viewLink = z.object({
  id: z.string().meta({ description: "Names the link, and does not open it" }),
  createdAt: z.number(),
});

export const linksAnswer = exactly<LinksAnswer>()(
  z.object({ links: z.array(viewLink) }).meta({ id: "LinksAnswer" }),
);

export const createdLink = exactly<CreatedLink>()(
  viewLink
    .extend({
      secret: z.string().meta({
        description:
          "Who has it reads the view, at /shared#<secret> and /embed#<secret>: it is said here, and never again",
      }),
    })
    .meta({ id: "CreatedLink" }),
);

const said = ({ hash, created_at: createdAt }: LinkRow): ViewLink => ({
  id: linkId(hash),
  createdAt,
});

export const links = endpoint({
  methods: ["GET"],
  path,
  scope: "admin",
  summary: "The links to a view, without their secrets",
  answer: linksAnswer,
  errors: ["unknown_view", "unavailable"],
  async handle(_asked, c) {
    const { id } = await viewOf(c.env, c.req.param("id") ?? "");
    return { links: (await readLinks(c.env.DB, id)).map(said) };
  },
});

export const createLink = endpoint({
  methods: ["POST"],
  path,
  scope: "admin",
  summary: "Make a link to a view, for who has no token",
  description:
    "Its secret, sent as a token is, answers the queries of the view's panels and their live sockets: their metrics with their filters, split as they are, over any range. A socket by it tells when something changed, not what. All else is refused.",
  answer: createdLink,
  errors: ["unknown_view", "too_many_views", "unavailable"],
  async handle(_asked, c) {
    const { id } = await viewOf(c.env, c.req.param("id") ?? "");
    const secret = newLinkText();
    const row = { hash: await digestOf(secret), view: id, created_at: Date.now() };
    if (!(await addLink(c.env.DB, row)))
      fail({
        kind: "too_many_views",
        message: `the view has ${LIMITS.linksPerView} links, the limit: revoke some with DELETE /api/v1/views/${id}/links/<link>`,
      });
    return { ...said(row), secret };
  },
});

export const revokeLink = endpoint({
  methods: ["DELETE"],
  path: `${path}/:link`,
  scope: "admin",
  summary: "Revoke a link to a view",
  description: "It is refused at once where this was asked, and within a minute everywhere.",
  answer: z.object({ revoked: viewLink }).meta({ id: "RevokedLinkAnswer" }),
  errors: ["unknown_view", "unknown_link", "unavailable"],
  async handle(_asked, c) {
    const link = c.req.param("link") ?? "";
    const view = await viewOf(c.env, c.req.param("id") ?? "");
    const row = /^[0-9a-f]{16}$/.test(link) ? await removeLink(c.env.DB, view.id, link) : undefined;
    // Also when it was gone: another isolate may have revoked it, and this one not know.
    linkListOf(c.env).forget();
    // So that who was told to send this again, since a shard did not answer, does.
    await closeSockets(c.env, [socketsOf(link)], "the link is revoked");
    if (row === undefined)
      return fail({
        kind: "unknown_link",
        message: `no link ${quote(link)}; GET /api/v1/views/${view.id}/links lists all`,
      });
    return { revoked: said(row) };
  },
});

export const sharedAnswer = exactly<SharedAnswer>()(
  z
    .object({
      name: z.string(),
      note: z.string(),
      search: z.string(),
      metrics: z.array(
        z.object({
          name: z.string(),
          type: z.enum(METRIC_TYPES).exactOptional(),
          unit: z.string().exactOptional(),
        }),
      ),
    })
    .meta({ id: "SharedAnswer" }),
);

export const shared = endpoint({
  methods: ["GET"],
  path: "/api/v1/shared",
  scope: "read",
  byLink: true,
  summary: "The view that a link leads to",
  description: `For who sends the secret of a link as their token. metrics: type and unit of the first ${LIMITS.metricsPerLink} metrics of the view.`,
  answer: sharedAnswer,
  errors: ["unavailable", "too_many_requests"],
  async handle(_asked, c) {
    const { link } = c.var.caller;
    if (link === undefined)
      return fail({
        kind: "forbidden",
        message: "This is for who has a link to a view: send its secret as the token",
      });
    const names = [...new Set(link.asks.map(({ metric }) => metric))];
    return { ...link.view, metrics: await briefly(c.env, names.slice(0, LIMITS.metricsPerLink)) };
  },
});

/** Type and unit of each, as far as anything says them: one read, however many they are. */
async function briefly(env: Env, names: readonly string[]): Promise<SharedAnswer["metrics"]> {
  if (names.length === 0) return [];
  const page = { search: "", prefix: "", after: "", limit: names.length, names };
  const { answer } = await listMetrics(env, page);
  const known = new Map(answer.metrics.map((one) => [one.name, one]));
  return names.map((name) => {
    const { type, unit } = known.get(name) ?? {};
    return { name, ...(type !== undefined && { type }), ...(unit !== undefined && { unit }) };
  });
}
