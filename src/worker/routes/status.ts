// GET /api/v1/status: what an operator asks first.

import { z } from "zod";
import type { StatusAnswer } from "../../core/api.ts";
import { count } from "../../durable/counters.ts";
import { configOf, type Env } from "../env.ts";
import { endpoint, exactly } from "../http/endpoint.ts";
import { callShard, firstShards, layoutsInUse, takeCounted } from "../shards.ts";
import { VERSION } from "../version.ts";

export const statusAnswer = exactly<StatusAnswer>()(
  z
    .object({
      version: z.string(),
      now: z.number(),
      shards: z.array(
        z.object({
          shard: z.number(),
          series: z.number(),
          unflushedBuckets: z.number(),
          unflushedBytes: z.number(),
          lastFlushAt: z.number().nullable(),
          lagMs: z.number().meta({ description: "Age of the oldest point that D1 does not hold" }),
          error: z.string().exactOptional(),
        }),
      ),
      d1: z
        .object({
          sizeBytes: z.number().nullable(),
          dirtyDays: z.number().nullable(),
          error: z.string().exactOptional(),
        })
        .meta({ description: "Null, with an error, when D1 does not answer" }),
      today: z
        .object({
          d1RowsWritten: z.number(),
          d1RowsRead: z.number(),
          shardRowsWritten: z.number(),
          shardRequests: z.number().meta({ description: "Calls, sockets and alarms" }),
          atLeast: z
            .literal(true)
            .exactOptional()
            .meta({ description: "A shard started anew today, so some may not be counted" }),
        })
        .meta({
          description: "Rows since midnight UTC, as the platform counted them, and requests",
        }),
    })
    .meta({ id: "StatusAnswer" }),
);

export const status = endpoint({
  methods: ["GET"],
  path: "/api/v1/status",
  scope: "read",
  summary: "Shards, D1, and rows counted today",
  answer: statusAnswer,
  errors: ["unavailable", "too_many_requests"],
  async handle(_asked, c) {
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
    return {
      version: VERSION,
      now,
      shards: reports.map(({ counters: _counters, atLeast: _atLeast, ...report }) => report),
      d1,
      today: {
        d1RowsWritten: counters.d1RowsWritten,
        d1RowsRead: counters.d1RowsRead,
        shardRowsWritten: counters.shardRowsWritten,
        shardRequests: counters.shardRequests,
        ...(reports.some(({ atLeast }) => atLeast) && { atLeast: true as const }),
      },
    };
  },
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
