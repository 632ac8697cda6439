// Reads D1 and the shards so that each bucket is in exactly one of the two.
//
// They are read at the same time. A page that a shard still holds may have reached D1 meanwhile, or
// the other way round; watermarks tell, and then the older of the two is read again.

import { Buckets } from "../../core/bucket.ts";
import { decodeBlock } from "../../core/codec/page.ts";
import type { HeadAnswer } from "../../durable/shard.ts";
import { configOf, type Env } from "../env.ts";
import { fail } from "../http/failure.ts";
import { callShard, metricsByHome, takeCounted } from "../shards.ts";
import type { Extent } from "./snapshot.ts";

export interface Wanted<S extends Extent> {
  readonly metrics: readonly string[];
  /** The range, [from, to), Unix ms: which buckets the shards give. */
  readonly from: number;
  readonly to: number;
  /** Reads D1 in one snapshot, with the watermarks of `shards`. */
  readonly readD1: (session: D1DatabaseSession, shards: readonly number[]) => Promise<S>;
}

export interface AskedHead {
  readonly shard: number;
  /** What it was asked for. */
  readonly metrics: readonly string[];
  readonly head: HeadAnswer;
}

/** A snapshot and heads that fit. One call to each shard serves all metrics. @throws Failed */
export async function consistent<S extends Extent>(
  env: Env,
  { metrics, from, to, readD1 }: Wanted<S>,
): Promise<{ readonly snapshot: S; readonly heads: readonly AskedHead[] }> {
  let layouts: readonly number[] = [configOf(env).shards];
  let bookmark: string | null = null;
  for (let attempt = 0; attempt < 5; attempt++) {
    const session = env.DB.withSession(bookmark ?? "first-unconstrained");
    const asked = metricsByHome(metrics, layouts);
    const [snapshot, heads] = await Promise.all([
      readD1(session, [...asked.keys()]),
      Promise.all(
        [...asked].map(async ([shard, names]) => ({
          shard,
          metrics: names,
          head: await callShard(
            env,
            shard,
            async (stub) => await stub.head(names, from, to, takeCounted()),
          ),
        })),
      ),
    ]);
    // SHARDS was changed and the cron has not moved everything yet: ask where it may be as well.
    const others = snapshot.layouts.filter((shards) => !layouts.includes(shards));
    if (others.length > 0) {
      layouts = [...layouts, ...others];
      continue;
    }
    const watermark = (shard: number): number => snapshot.flushed.get(shard) ?? 0;
    const behind = heads.find(({ shard, head }) => watermark(shard) < head.watermark);
    if (behind === undefined && heads.every(({ shard, head }) => watermark(shard) < head.openId))
      return { snapshot, heads };
    // "first-primary" when the shard has no bookmark (it was told the watermark by nobody).
    bookmark = behind?.head.bookmark ?? "first-primary";
  }
  return fail({
    kind: "unavailable",
    message: "shards and D1 kept moving while they were read; try again",
    retryAfterSec: 1,
  });
}

/** Rows [first, end) of `buckets`, of one series, by its number within the shard. */
export type Run = (series: number, buckets: Buckets, first: number, end: number) => void;

/** Gives what a head holds and the snapshot does not. */
export function eachRun({ shard, head }: AskedHead, { flushed }: Extent, run: Run): void {
  const inD1 = flushed.get(shard) ?? 0;
  const sealed = head.sealed.filter(({ page }) => page > inD1).map(({ block }) => block);
  for (const block of [...sealed, ...head.open]) {
    const buckets = new Buckets(64);
    const series: number[] = [];
    decodeBlock(block, buckets, series);
    for (let i = 0; i < series.length;) {
      let end = i + 1;
      while (end < series.length && series[end] === series[i]) end++;
      run(series[i]!, buckets, i, end);
      i = end;
    }
  }
}
