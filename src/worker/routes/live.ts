// GET /api/v1/live?metric=…: a WebSocket with the changing minutes of a metric.

import type { Context } from "hono";
import { z } from "zod";
import { shardOf } from "../../core/series/route.ts";
import { ADMINISTRATOR, type Link, PUBLIC } from "../../core/caller.ts";
import { readToken } from "../../d1/tokens.ts";
import { readLinked } from "../../d1/views.ts";
import { configOf, type Env, type HonoEnv } from "../env.ts";
import { mustSee } from "../http/auth.ts";
import { allowedOrigin } from "../http/cors.ts";
import { endpoint } from "../http/endpoint.ts";
import { fail } from "../http/failure.ts";
import { isOwnPage } from "../http/origin.ts";
import { addressOf, networkOf } from "../http/rate.ts";
import { metricName } from "../http/fields.ts";
import { callerOfLink } from "../link-list.ts";
import { callShard, countRead, layoutsInUse } from "../shards.ts";

export const live = endpoint({
  methods: ["GET"],
  path: "/api/v1/live",
  scope: "read",
  byLink: true,
  summary: "A WebSocket with the changing minutes of a metric",
  description:
    'First a `snapshot`, then `changed`, at most one message a second. Minutes that start at `from` or later are complete in the messages; ask /query for what lies before, and for `reload`; while `from` is null, for all. `samples` has the samples of each minute that keeps them, in turn ms after its start and value; null where a minute had too many, or is in `reloadSamples`: ask for those; `ends` the times at which a sender said that the series ended. `removed` says that the metric is no more; what comes after it makes it anew. A message `{"type":"ping"}` comes after some KiB: answer with the text `pong`. A client that has not answered for half a MiB is told no more until it does, and then gets a new snapshot; after a MiB more it is closed with code 1013: connect again. Browsers send the token as the subprotocol `bearer.` and its base64url, beside `minuet`.',
  parameters: z.object({ metric: metricName }),
  answer: "Switching protocols",
  errors: ["upgrade_required", "busy", "unavailable"],
  async handle({ metric }, c) {
    mustSee(c.var.caller, metric);
    const { headers } = c.req.raw;
    if (headers.get("upgrade")?.toLowerCase() !== "websocket")
      fail({ kind: "upgrade_required", message: "this path is a WebSocket: ask for an upgrade" });
    // A page of another origin may open a socket without asking whether it may.
    const { shards, allowedOrigins } = configOf(c.env);
    if (isOwnPage(c.req.raw) === false && allowedOrigin(c.req.raw, allowedOrigins) === undefined)
      fail({
        kind: "forbidden",
        message: "Pages of other origins may not open a live socket here",
      });
    const asked = new URLSearchParams({ metric, shards: String(shards) });
    await nameToken(asked, c);
    // While D1 does not say, what the shard itself knows must do.
    const layouts = await layoutsInUse(c.env).catch(() => []);
    if (layouts.length > 1) asked.set("moving", "true");
    const response = await callShard(
      c.env,
      shardOf(metric, shards),
      async (stub) =>
        await stub.fetch(`https://shard/?${asked}`, { headers: { upgrade: "websocket" } }),
    );
    if (response.webSocket === null)
      return fail({
        kind: "busy",
        message:
          "the shard of this metric, or your token there, has too many live sockets; try again later",
        retryAfterSec: 30,
      });
    const protocol = (headers.get("sec-websocket-protocol") ?? "")
      .split(/ *, */)
      .includes("minuet");
    return new Response(null, {
      status: 101,
      webSocket: response.webSocket,
      // A browser that offers protocols hangs up unless one is chosen: never the one with the token.
      ...(protocol && { headers: { "sec-websocket-protocol": "minuet" } }),
    });
  },
});

/**
 * Says by whose token the socket is opened, so that it is closed when that is revoked. Whether it is by
 * now is asked of D1 itself: what this isolate knows may be older. @throws Failed
 */
async function nameToken(asked: URLSearchParams, c: Context<HonoEnv>): Promise<void> {
  const { id, expiresAt, link } = c.var.caller;
  if (link !== undefined) return await nameLink(asked, c.env, link);
  if (expiresAt !== undefined) asked.set("until", String(expiresAt));
  // The public shares no token: an address of it has the sockets that one may have.
  if (id === PUBLIC.id) asked.set("token", `${id}:${networkOf(addressOf(c.req.raw))}`);
  // A named token, and who passed Access: each has its own.
  else if (id !== ADMINISTRATOR.id) asked.set("token", id);
  // Only a named token, whose id is a number, can have been revoked by now.
  if (!/^\d+$/.test(id)) return;
  const { row, counted } = await readToken(c.env.DB, Number(id));
  countRead(counted.read);
  if (row === undefined) fail({ kind: "unauthorized", message: "The token was revoked" });
}

/**
 * The same of a link. Its socket tells when minutes changed, and not what they are: they may be of series
 * that the view does not show. @throws Failed
 */
async function nameLink(asked: URLSearchParams, env: Env, { hash }: Link): Promise<void> {
  const { view, counted } = await readLinked(env.DB, hash);
  countRead(counted.read);
  const now = view && callerOfLink(hash, view);
  if (now === undefined) return fail({ kind: "unauthorized", message: "The link was revoked" });
  mustSee(now, asked.get("metric") ?? "");
  asked.set("token", now.id);
  asked.set("version", String(now.link?.version));
  asked.set("brief", "true");
}
