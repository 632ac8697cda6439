// When a shard takes no more points for now. Pure.

import * as LIMITS from "../core/limits.ts";

/** Bytes that a shard has, and those of them that came last. */
interface Bytes {
  /** Durable here, and not yet in D1. */
  readonly held: number;
  /** Waiting for a commit. */
  readonly waiting: number;
  /** Those that are to wait as well. */
  readonly more: number;
}

/** Why no more can be stored now; undefined when it can. */
export function fullIssue(shard: number, { held, waiting, more }: Bytes): string | undefined {
  if (held > LIMITS.backlogBytes)
    return `shard ${shard} holds ${held} bytes that D1 has not taken yet, the limit`;
  if (waiting + more > LIMITS.pendingBytes)
    return `shard ${shard} has ${waiting} bytes waiting to be stored, the limit. Raise SHARDS`;
  return undefined;
}
