// Answers a query: what D1 holds and what the shards hold beyond it, merged once each.
//
// D1 and the shards are read at the same time. A page that a shard still holds may have reached D1
// meanwhile, or the other way round; watermarks tell, and then the older of the two is read again.

import { Buckets } from "../core/bucket.ts";
import { type Labels, parseLabelsJson } from "../core/labels.ts";
import { LIMITS } from "../core/limits.ts";
import { type Matcher, matchesAll } from "../core/matcher.ts";
import { decodeBlock } from "../core/page.ts";
import { isGone, type Plan, sourcesOf, spans } from "../core/plan.ts";
import { type GroupBy, Merge } from "../core/query.ts";
import { decodeSegment } from "../core/segment.ts";
import { DAY, dayOf, HOUR, MINUTE, spanStart } from "../core/tiers.ts";
import type { TailAnswer } from "../durable/shard.ts";
import { configOf, type Env } from "./env.ts";
import { fail } from "./failure.ts";
import { callShard, homesOf, takeCounted } from "./shards.ts";
import { readSnapshot, type SegmentRow, type Snapshot, staleKey } from "./snapshot.ts";

export interface Question {
  readonly metric: string;
  readonly matchers: readonly Matcher[];
  readonly plan: Plan;
  readonly by: GroupBy;
}

export interface Reading {
  readonly merge: Merge;
  /** Whether any series of the metric was seen, with data in the range or not. */
  readonly known: boolean;
}

/** @throws Failed */
export async function read(env: Env, question: Question): Promise<Reading> {
  const { snapshot, tails } = await consistent(env, question);
  const { plan } = question;
  // Minutes of days that were deleted in part would be a part of the truth.
  const { day, series } = snapshot.gone;
  const whole = (series > 0 ? day + 1 : day) * DAY;
  const kept = plan.tier === "minute" ? Math.max(plan.kept, whole) : plan.kept;
  const merge = new Merge({ ...plan, kept }, question.by);
  const add = (labels: Labels, buckets: Buckets, first?: number, end?: number): void => {
    merge.add(labels, buckets, first, end);
    if (merge.size > LIMITS.bucketsPerQuery) tooLarge(`${LIMITS.bucketsPerQuery} buckets`);
  };
  addSegments(snapshot, question, add);
  for (const tail of tails) addTail(tail, snapshot, question, add);
  return { merge, known: snapshot.series.size > 0 || tails.some(({ tail }) => tail.known) };
}

interface AskedTail {
  readonly shard: number;
  readonly tail: TailAnswer;
}

/** A snapshot and tails that fit: each bucket is in exactly one of them. */
async function consistent(
  env: Env,
  { metric, matchers, plan }: Question,
): Promise<{ snapshot: Snapshot; tails: readonly AskedTail[] }> {
  const { shards } = configOf(env);
  let asked = homesOf(metric, [shards]);
  let bookmark: string | null = null;
  for (let attempt = 0; attempt < 5; attempt++) {
    const session = env.DB.withSession(bookmark ?? "first-unconstrained");
    const [snapshot, tails] = await Promise.all([
      readSnapshot(session, { metric, matchers, plan, shards: asked }).catch(d1Failed),
      Promise.all(
        asked.map(async (shard) => ({
          shard,
          tail: await callShard(
            env,
            shard,
            async (stub) => await stub.liveTail(metric, plan.kept, plan.to, takeCounted()),
          ),
        })),
      ),
    ]);
    const segments = snapshot.segments.length + snapshot.minutes.length;
    const seeks = plan.tier === "minute" ? snapshot.series.size * spans(plan).length : 0;
    if (
      segments > LIMITS.segmentsPerQuery ||
      snapshot.stale.size > LIMITS.segmentsPerQuery ||
      seeks > LIMITS.seeksPerQuery
    )
      tooLarge(`${LIMITS.segmentsPerQuery} segments`);
    if (snapshot.series.size > LIMITS.seriesRowsPerQuery)
      tooLarge(`${LIMITS.seriesRowsPerQuery} series`);
    if (tails.some(({ tail }) => tail.cut)) tooLarge(`${LIMITS.tailBytes} bytes of the live tail`);
    // SHARDS was changed and the cron has not moved everything yet: ask where it may be as well.
    const homes = homesOf(metric, [shards, ...snapshot.layouts]);
    if (!homes.every((shard) => asked.includes(shard))) {
      asked = homes;
      continue;
    }
    const watermark = (shard: number): number => snapshot.flushed.get(shard) ?? 0;
    const behind = tails.find(({ shard, tail }) => watermark(shard) < tail.watermark);
    if (behind === undefined && tails.every(({ shard, tail }) => watermark(shard) < tail.openId))
      return { snapshot, tails };
    // "first-primary" when the shard has no bookmark (it was told the watermark by nobody).
    bookmark = behind?.tail.bookmark ?? "first-primary";
  }
  return fail({
    kind: "unavailable",
    message: "shards and D1 kept moving while they were read; try again",
    retryAfterSec: 1,
  });
}

type Add = (labels: Labels, buckets: Buckets, first?: number, end?: number) => void;

function addSegments(snapshot: Snapshot, { plan, matchers }: Question, add: Add): void {
  const labelsOf = new Map<number, Labels>();
  for (const [id, json] of snapshot.series) {
    const labels = parseLabelsJson(json);
    if (matchesAll(matchers, labels)) labelsOf.set(id, labels);
  }
  const sources = (day: number, id: number): ReturnType<typeof sourcesOf> =>
    sourcesOf(snapshot.stale.has(staleKey(day, id)), isGone(snapshot.gone, day, id));
  const buckets = new Buckets(64);
  const decoded = (row: SegmentRow, base: number, step: number): Buckets => {
    buckets.length = 0;
    decodeSegment(row.body, base, step, buckets);
    return buckets;
  };
  for (const row of snapshot.segments) {
    const labels = labelsOf.get(row.series_id);
    if (labels === undefined) continue;
    decoded(row, spanStart(plan.tier, row.span), plan.step);
    if (plan.tier === "minute") add(labels, buckets);
    else
      for (let i = 0; i < buckets.length; i++)
        if (sources(dayOf(buckets.start[i]!), row.series_id).coarse) add(labels, buckets, i, i + 1);
  }
  for (const row of snapshot.minutes) {
    const labels = labelsOf.get(row.series_id);
    if (labels !== undefined) add(labels, decoded(row, row.span * HOUR, MINUTE));
  }
}

function addTail(asked: AskedTail, snapshot: Snapshot, { matchers }: Question, add: Add): void {
  const { shard, tail } = asked;
  const inD1 = snapshot.flushed.get(shard) ?? 0;
  const blocks = tail.sealed.filter(({ page }) => page > inD1).map(({ block }) => block);
  const labelsOf = new Map<number, Labels>();
  for (const [number, json] of tail.labels) {
    const labels = parseLabelsJson(json);
    if (matchesAll(matchers, labels)) labelsOf.set(number, labels);
  }
  for (const block of [...blocks, ...tail.open]) {
    const buckets = new Buckets(64);
    const series: number[] = [];
    decodeBlock(block, buckets, series);
    for (let i = 0; i < series.length;) {
      let end = i + 1;
      while (end < series.length && series[end] === series[i]) end++;
      const labels = labelsOf.get(series[i]!);
      if (labels !== undefined) add(labels, buckets, i, end);
      i = end;
    }
  }
}

const tooLarge = (limit: string): never =>
  fail({
    kind: "query_too_large",
    message: `the query needs more than ${limit}, the limit: shorten the range, filter with where=, or ask for a coarser resolution`,
  });

export const d1Failed = (error: unknown): never => {
  console.error(`D1: ${error instanceof Error ? error.message : String(error)}`);
  return fail({ kind: "unavailable", message: "D1 did not answer; try again", retryAfterSec: 5 });
};
