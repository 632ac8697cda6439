// GET /api/v1/live?metric=…: a WebSocket with the changing minutes of a metric.

import { Hono } from "hono";
import { shardOf } from "../../core/series/route.ts";
import { allow } from "../http/auth.ts";
import { configOf, type HonoEnv } from "../env.ts";
import { fail } from "../http/failure.ts";
import { parameters } from "../http/parameters.ts";
import { liveParameters } from "../http/schemas.ts";
import { callShard } from "../shards.ts";

export const live = new Hono<HonoEnv>().get("/", allow("read"), async (c) => {
  const { metric } = parameters(liveParameters, c.req.url);
  const { headers } = c.req.raw;
  if (headers.get("upgrade")?.toLowerCase() !== "websocket")
    fail({ kind: "upgrade_required", message: "this path is a WebSocket: ask for an upgrade" });
  const url = `https://shard/?metric=${encodeURIComponent(metric)}`;
  const response = await callShard(
    c.env,
    shardOf(metric, configOf(c.env).shards),
    async (stub) => await stub.fetch(url, { headers: { upgrade: "websocket" } }),
  );
  if (response.webSocket === null)
    return fail({
      kind: "busy",
      message: "the shard of this metric has too many live sockets; try again later",
      retryAfterSec: 30,
    });
  const protocol = (headers.get("sec-websocket-protocol") ?? "").split(/ *, */).includes("minuet");
  return new Response(null, {
    status: 101,
    webSocket: response.webSocket,
    // A browser that offers protocols hangs up unless one is chosen: never the one with the token.
    ...(protocol && { headers: { "sec-websocket-protocol": "minuet" } }),
  });
});
