// Reads D1 and the shards so that each bucket is in exactly one of the two. They are read at the same
// time; core/query/consistency.ts says when what came fits together, and else both are read again.

import * as LIMITS from "../../core/limits.ts";
import { type Sides, verdict } from "../../core/query/consistency.ts";
import type { ReadError } from "../../core/query/read-error.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Snapshot } from "../../d1/snapshot.ts";
import type { HeadAnswer } from "../../durable/answers.ts";
import { configOf, type Env } from "../env.ts";
import { callShard, metricsByHome, takeCounted } from "../shards.ts";
import { d1Unavailable, shardUnavailable } from "./unavailable.ts";

export interface Wanted {
  readonly metrics: readonly string[];
  /** The range, [from, to), Unix ms: which buckets the shards give. */
  readonly from: number;
  readonly to: number;
  /** Reads D1 in one snapshot, with the watermarks of `shards`. @throws D1Failed */
  readonly readD1: (db: D1DatabaseSession, shards: readonly number[]) => Promise<Snapshot>;
}

export interface AskedHead {
  readonly shard: number;
  readonly head: HeadAnswer;
}

export interface Consistent {
  readonly snapshot: Snapshot;
  readonly heads: readonly AskedHead[];
}

/** How often both are read until they fit: two, but for a store that flushes all the time. */
const ATTEMPTS = 5;

/** A snapshot and heads that fit. One call to each shard serves all metrics. */
export async function consistent(
  env: Env,
  { metrics, from, to, readD1 }: Wanted,
): Promise<Result<Consistent, ReadError>> {
  let layouts: readonly number[] = [configOf(env).shards];
  let before: ReadonlyMap<number, Sides> = new Map();
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    // Only the primary can be trusted not to be behind what a shard said.
    const db = env.DB.withSession(attempt === 0 ? "first-unconstrained" : "first-primary");
    const asked = metricsByHome(metrics, layouts);
    // Without D1 the head is never all, nor D1 without a shard: one that fails fails the read.
    const [stored, heads] = await Promise.all([
      readD1(db, [...asked.keys()]).then(ok, (error: unknown) => err(d1Unavailable(error))),
      headsOf(env, asked, from, to),
    ]);
    if (!stored.ok) return stored;
    if (!heads.ok) return heads;
    const snapshot = stored.value;
    // SHARDS was changed and the cron has not moved everything yet: ask where it may be as well.
    const others = snapshot.layouts.filter((shards) => !layouts.includes(shards));
    layouts = [...layouts, ...others];
    const now = new Map(heads.value.map((one) => [one.shard, sidesOf(one, snapshot)]));
    const fits = [...now].every(([shard, sides]) => verdict(sides, before.get(shard)) === "fits");
    if (others.length === 0 && fits) {
      const full = heads.value.find(({ head }) => head.cut);
      return full === undefined ? ok({ snapshot, heads: heads.value }) : err(tooMuch(full));
    }
    before = now;
  }
  return err({
    kind: "unavailable",
    message: "shards and D1 kept moving while they were read; try again",
    retryAfterSec: 1,
  });
}

async function headsOf(
  env: Env,
  asked: ReadonlyMap<number, readonly string[]>,
  from: number,
  to: number,
): Promise<Result<readonly AskedHead[], ReadError>> {
  try {
    return ok(
      await Promise.all(
        [...asked].map(async ([shard, names]) => ({
          shard,
          head: await callShard(
            env,
            shard,
            async (stub) => await stub.head(names, from, to, takeCounted()),
          ),
        })),
      ),
    );
  } catch (error) {
    return err(shardUnavailable(error));
  }
}

const sidesOf = ({ shard, head }: AskedHead, { flushed }: Snapshot): Sides => ({
  stored: flushed.get(shard) ?? 0,
  believed: head.watermark,
  openId: head.openId,
});

/** No limit of the question's: it passes when the shard has flushed, which such a shard does at once. */
const tooMuch = ({ shard }: AskedHead): ReadError => ({
  kind: "unavailable",
  message: `shard ${shard} holds more of this than one read may take of it (headBytes: ${LIMITS.headBytes} bytes) and is moving it to D1; try again in a minute, or ask for a range without what was written last`,
  retryAfterSec: 60,
});
