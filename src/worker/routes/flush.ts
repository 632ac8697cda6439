// POST /api/v1/flush: what the shards hold goes to D1 now, not when the hour is over. For whoever is
// about to copy or restore a database; nobody needs it to read what was stored.

import { z } from "zod";
import { endpoint } from "../http/endpoint.ts";
import { fail } from "../http/failure.ts";
import { configOf } from "../env.ts";
import { callShard, firstShards, layoutsInUse } from "../shards.ts";

export const flush = endpoint({
  methods: ["POST"],
  path: "/api/v1/flush",
  scope: "admin",
  summary: "Move all points that shards hold to D1 now",
  description:
    "Shards do so once an hour by themselves, and queries find all points in any case. Of use before a database is copied or restored.",
  answer: z.object({ flushed: z.number().meta({ description: "Shards" }) }).meta({
    id: "FlushedAnswer",
  }),
  errors: ["unavailable", "too_many_requests"],
  async handle(_asked, c) {
    // Where a change of SHARDS is under way, those of before as well.
    const layouts = await layoutsInUse(c.env).catch(() => [configOf(c.env).shards]);
    const shards = firstShards(Math.max(...layouts));
    const done = await Promise.all(
      shards.map((shard) => callShard(c.env, shard, async (stub) => await stub.flush())),
    );
    const left = shards.filter((shard) => done[shard] === false);
    if (left.length > 0)
      fail({
        kind: "unavailable",
        message: `D1 did not take everything: shard ${left.join(", ")} of ${shards.length} still holds points, and will try again; /api/v1/status says why`,
        retryAfterSec: 5,
      });
    return { flushed: shards.length };
  },
});
