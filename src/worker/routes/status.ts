// GET /api/v1/status: what an operator asks first. GET /healthz: may a load balancer send points?

import { Hono } from "hono";
import type { StatusAnswer } from "../../core/api.ts";
import { count } from "../../durable/counters.ts";
import { allow } from "../http/auth.ts";
import { configOf, type Env, type HonoEnv } from "../env.ts";
import { fail } from "../http/failure.ts";
import { parameters } from "../http/parameters.ts";
import { noParameters } from "../http/schemas.ts";
import { callShard, firstShards, layoutsInUse, takeCounted } from "../shards.ts";
import { VERSION } from "../version.ts";

export const status = new Hono<HonoEnv>().get("/", allow("read"), async (c) => {
  parameters(noParameters, c.req.url);
  const now = Date.now();
  const config = configOf(c.env);
  // Also shards that a change of SHARDS is about to empty. D1 may be down: then that is the answer.
  const layouts = await layoutsInUse(c.env).catch(() => [config.shards]);
  const [reports, d1] = await Promise.all([
    Promise.all(
      firstShards(Math.max(...layouts)).map((shard) =>
        callShard(c.env, shard, async (stub) => await stub.report(takeCounted())),
      ),
    ),
    d1Status(c.env).catch((error: unknown) => ({
      sizeBytes: null,
      dirtyDays: null,
      error: error instanceof Error ? error.message : String(error),
    })),
  ]);
  const counters = reports
    .map((report) => report.counters)
    .reduce((sum, more) => count(sum, now, count(more, now)));
  const answer: StatusAnswer = {
    version: VERSION,
    now,
    shards: reports.map(({ counters: _counters, ...report }) => report),
    d1,
    today: {
      d1RowsWritten: counters.d1RowsWritten,
      d1RowsRead: counters.d1RowsRead,
      shardRowsWritten: counters.shardRowsWritten,
      shardRequests: counters.shardRequests,
    },
  };
  return c.json(answer);
});

async function d1Status(env: Env): Promise<StatusAnswer["d1"]> {
  const { results, meta } = await env.DB.withSession()
    .prepare(
      `WITH RECURSIVE days (day) AS (
         SELECT min(day) FROM dirty
         UNION ALL
         SELECT (SELECT min(day) FROM dirty WHERE day > days.day) FROM days WHERE day IS NOT NULL
       )
       SELECT count(day) AS days FROM days`,
    )
    .all<{ days: number }>();
  return { sizeBytes: meta.size_after, dirtyDays: results[0]?.days ?? 0 };
}

export const healthz = new Hono<HonoEnv>().get("/", async (c) => {
  const { open, token } = configOf(c.env);
  if (!open && token === undefined)
    fail({
      kind: "unavailable",
      message: "this store has no API_TOKEN, so it accepts nothing",
      retryAfterSec: 60,
    });
  const busy = await callShard(c.env, 0, async (stub) => await stub.busy());
  if (busy !== undefined) fail({ kind: "busy", message: busy, retryAfterSec: 30 });
  return c.json({ ok: true });
});
