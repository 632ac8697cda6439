// Which metrics there are, by words of their names and labels, in the order asked for: names alone. What
// databases hold is kept from one question to the next; shards are asked first, so that nothing is missed
// that reaches D1 in between. What does not answer is named, and the rest is found all the same.

import type { MissingShard } from "../../core/api.ts";
import type { FindAnswer } from "../../core/api-find.ts";
import * as LIMITS from "../../core/limits.ts";
import { type FoundMetric, SeriesColumns } from "../../core/query/series-columns.ts";
import { labelsObject } from "../../core/series/labels.ts";
import { later, type LastSeen } from "../../core/series/last-seen.ts";
import { compareNames } from "../../core/series/names.ts";
import { forgivingly, literally, type Word, wordsOf } from "../../core/series/words.ts";
import { MINUTE } from "../../core/tiers.ts";
import { D1Failed } from "../../d1/database.ts";
import type { MetricHead, OrderedPage } from "../../durable/metrics.ts";
import { configOf, type Env } from "../env.ts";
import { firstShards, layoutsInUse } from "../shards.ts";
import { seriesOrNames } from "./all-series.ts";
import { metricHeads } from "./heads.ts";

/** What metrics are ordered by, behind how well they are found. */
export const ORDERS = ["name", "activity", "value"] as const;
export type Order = (typeof ORDERS)[number];

interface Question {
  readonly search: string;
  /** Only names that begin with it. */
  readonly prefix: string;
  readonly sort: Order;
}

/** @throws D1Failed when no database answers */
export async function findMetrics(env: Env, question: Question): Promise<FindAnswer> {
  const { search, prefix, sort } = question;
  const shards = await headsOfAll(env, prefix);
  const heads = shards.heads.flatMap((all) => [...all.values()]);
  const stored = await seriesOrNames(env);
  const columns = [freshOf(heads), ...stored.columns];
  const words = wordsOf(search);
  const found = new Map<string, Found>();
  if (words.length > 0) for (const one of foundIn(columns, words, prefix)) better(found, one);
  else
    for (const name of [...columns.flatMap((of) => of.metrics()), ...heads.map((of) => of.name)])
      if (name.startsWith(prefix)) found.set(name, UNSEARCHED);
  const names = [...found.keys()].sort(orderOf(sort, found, stored.columns, heads));
  const metrics = names.slice(0, LIMITS.seriesRowsPerQuery);
  const labels = metrics.flatMap((name) => {
    const by = found.get(name)?.labels ?? [];
    return by.length === 0 ? [] : [[name, labelsObject(by)] as const];
  });
  const missing = [...shards.missing, ...stored.missing];
  return {
    metrics,
    ...(labels.length > 0 && { labels: Object.fromEntries(labels) }),
    ...(names.length > metrics.length && { more: true }),
    ...(stored.namesOnly && { namesOnly: true }),
    ...(missing.length > 0 && { missing }),
  };
}

type Found = Pick<FoundMetric, "cost" | "labels">;
const UNSEARCHED: Found = { cost: 0, labels: [] };

/** As the words are typed; when nothing is found so, with typing errors. */
function foundIn(
  columns: readonly SeriesColumns[],
  words: readonly Word[],
  prefix: string,
): readonly FoundMetric[] {
  for (const grade of [literally, forgivingly]) {
    const found = columns
      .flatMap((of) => of.find(words, grade))
      .filter(({ metric }) => metric.startsWith(prefix));
    if (found.length > 0) return found;
  }
  return [];
}

/** The same metric may be found in several places. */
function better(found: Map<string, Found>, { metric, ...one }: FoundMetric): void {
  if (one.cost < (found.get(metric)?.cost ?? Infinity)) found.set(metric, one);
}

/** The series that only shards know. */
const freshOf = (heads: readonly MetricHead[]): SeriesColumns =>
  new SeriesColumns(
    heads.flatMap(({ name, fresh, lastAt, last, firstAt }) =>
      fresh.map((labels) => ({
        metric: name,
        labels,
        first_at: firstAt,
        last_at: lastAt,
        last,
      })),
    ),
  );

function orderOf(
  sort: Order,
  found: ReadonlyMap<string, Found>,
  stored: readonly SeriesColumns[],
  heads: readonly MetricHead[],
): (a: string, b: string) => number {
  const costOf = (name: string): number => found.get(name)?.cost ?? 0;
  const rank = sort === "name" ? () => 0 : rankOf(sort, stored, heads);
  return (a, b) => costOf(a) - costOf(b) || rank(b) - rank(a) || compareNames(a, b);
}

/** The larger, the earlier in the list. */
function rankOf(
  sort: "activity" | "value",
  stored: readonly SeriesColumns[],
  heads: readonly MetricHead[],
): (name: string) => number {
  const now = Date.now();
  const seen = new Map<string, LastSeen>();
  for (const of of stored)
    for (const [name, one] of of.lastSeen(now)) {
      const before = seen.get(name);
      seen.set(name, before === undefined ? one : later(before, one, now));
    }
  for (const head of heads) {
    const before = seen.get(head.name);
    const { lastAt, last } = before === undefined ? head : later(before, head, now);
    seen.set(head.name, { lastAt, last: lastAt === head.lastAt ? (head.level ?? last) : last });
  }
  return (name) => {
    const { lastAt = 0, last = 0 } = seen.get(name) ?? {};
    // By the minute: what is sent all the time does not change places all the time.
    return sort === "value" ? last : Math.floor(Math.min(lastAt, now) / MINUTE);
  };
}

/** What all shards know of metrics whose names begin with `prefix`. */
async function headsOfAll(
  env: Env,
  prefix: string,
): Promise<{
  readonly heads: readonly ReadonlyMap<string, MetricHead>[];
  readonly missing: readonly MissingShard[];
}> {
  const heads: ReadonlyMap<string, MetricHead>[] = [];
  const missing: MissingShard[] = [];
  const ofShard = async (shard: number): Promise<void> => {
    let after: string | undefined = "";
    while (after !== undefined) {
      const page: OrderedPage = { after, prefix, search: "", limit: PAGE, level: true };
      const answer = await metricHeads(env, page, [shard]);
      heads.push(answer.heads);
      missing.push(...answer.missing);
      after = answer.heads.size < PAGE ? undefined : [...answer.heads.keys()].at(-1);
    }
  };
  await Promise.all(firstShards(await mostShards(env)).map(ofShard));
  return { heads, missing };
}

/** Metrics of one call to a shard: bounds its answer. */
const PAGE = 5_000;

/** Shards in which points may lie. A database that does not say is named by who reads it. */
async function mostShards(env: Env): Promise<number> {
  try {
    return Math.max(...(await layoutsInUse(env)));
  } catch (error) {
    if (!(error instanceof D1Failed)) throw error;
    return configOf(env).shards;
  }
}
