// Closes the live sockets of who may read no more: all shards are asked, since any may have some.

import { fail } from "../http/failure.ts";
import type { Env } from "../env.ts";
import { callShard, firstShards, layoutsInUse } from "../shards.ts";

/**
 * @param openers as the sockets were opened by
 * @param done what is done already, in words
 * @param least the first version of what they open that may stay open; none: none may
 * @throws Failed when a shard does not answer
 */
export async function closeSockets(
  env: Env,
  openers: readonly string[],
  done: string,
  least?: number,
): Promise<void> {
  if (openers.length === 0) return;
  const layouts = await layoutsInUse(env);
  const ended = firstShards(Math.max(...layouts)).map((shard) =>
    callShard(env, shard, async (stub) => {
      for (const opener of openers) await stub.revoke(opener, least);
    }),
  );
  const silent = (await Promise.allSettled(ended)).filter(({ status }) => status === "rejected");
  if (silent.length > 0)
    fail({
      kind: "unavailable",
      message: `${done}, but ${silent.length} of ${ended.length} shards did not answer, which may have live sockets of it: send this again`,
      retryAfterSec: 5,
    });
}
