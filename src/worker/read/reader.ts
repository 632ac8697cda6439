// Answers a query: what D1 holds and what the shards hold beyond it, merged once each.

import { Buckets } from "../../core/bucket.ts";
import { type Labels, labelsJsonOfKey, parseLabelsJson } from "../../core/series/labels.ts";
import * as LIMITS from "../../core/limits.ts";
import { type Matcher, matchesAll } from "../../core/query/matcher.ts";
import { isGone, type Plan, sourcesOf, spans, withoutGone } from "../../core/query/plan.ts";
import { type GroupBy, Merge } from "../../core/query/merge.ts";
import { decodeSegment } from "../../core/codec/segment.ts";
import { dayOf, HOUR, MINUTE, spanStart } from "../../core/tiers.ts";
import { type AskedHead, consistent, eachRun } from "./consistent.ts";
import type { Env } from "../env.ts";
import { fail } from "../http/failure.ts";
import { readSnapshot, type SegmentRow, type Snapshot, dirtyKey } from "./snapshot.ts";

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
  const { metric, plan } = question;
  const { snapshot, heads } = await consistent(env, {
    metrics: [metric],
    from: plan.kept,
    to: plan.to,
    readD1: async (session, shards) =>
      bounded(await readSnapshot(session, { ...question, shards }).catch(d1Failed), plan),
  });
  if (heads.some(({ head }) => head.cut)) tooLarge(`${LIMITS.headBytes} bytes of the head`);
  const merge = new Merge(withoutGone(plan, snapshot.gone), question.by);
  const add = (labels: Labels, buckets: Buckets, first?: number, end?: number): void => {
    merge.add(labels, buckets, first, end);
    if (merge.size > LIMITS.bucketsPerQuery) tooLarge(`${LIMITS.bucketsPerQuery} buckets`);
  };
  addSegments(snapshot, question, add);
  for (const head of heads) addHead(head, snapshot, question, add);
  return { merge, known: snapshot.series.size > 0 || heads.some(({ head }) => head.known) };
}

/** Stops questions that D1 answered only in part. @throws Failed */
function bounded(snapshot: Snapshot, plan: Plan): Snapshot {
  const segments = snapshot.segments.length + snapshot.minutes.length;
  const seeks = plan.tier === "minute" ? snapshot.series.size * spans(plan).length : 0;
  if (
    segments > LIMITS.segmentsPerQuery ||
    snapshot.dirty.size > LIMITS.segmentsPerQuery ||
    seeks > LIMITS.seeksPerQuery
  )
    tooLarge(`${LIMITS.segmentsPerQuery} segments`);
  if (snapshot.series.size > LIMITS.seriesRowsPerQuery)
    tooLarge(`${LIMITS.seriesRowsPerQuery} series`);
  return snapshot;
}

type Add = (labels: Labels, buckets: Buckets, first?: number, end?: number) => void;

function addSegments(snapshot: Snapshot, { plan, matchers }: Question, add: Add): void {
  const labelsOf = new Map<number, Labels>();
  for (const [id, json] of snapshot.series) {
    const labels = parseLabelsJson(json);
    if (matchesAll(matchers, labels)) labelsOf.set(id, labels);
  }
  const sources = (day: number, id: number): ReturnType<typeof sourcesOf> =>
    sourcesOf(snapshot.dirty.has(dirtyKey(day, id)), isGone(snapshot.gone, day, id));
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

function addHead(asked: AskedHead, snapshot: Snapshot, { matchers }: Question, add: Add): void {
  const labelsOf = new Map<number, Labels>();
  for (const [number, key] of asked.head.keys) {
    const labels = parseLabelsJson(labelsJsonOfKey(key));
    if (matchesAll(matchers, labels)) labelsOf.set(number, labels);
  }
  eachRun(asked, snapshot, (number, buckets, first, end) => {
    const labels = labelsOf.get(number);
    if (labels !== undefined) add(labels, buckets, first, end);
  });
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
