// Whether a reading of D1 is whole, or was cut at a limit: then which one, and what would be within it.

import * as LIMITS from "../../core/limits.ts";
import type { TooLarge, Unavailable, Way } from "../../core/query/read-error.ts";
import { spans } from "../../core/query/plan.ts";
import { spanStart } from "../../core/tiers.ts";
import { countSegments, type Snapshot, type Wanted } from "../../d1/snapshot.ts";
import type { Env } from "../env.ts";
import { countRead } from "../shards.ts";
import { d1Unavailable } from "./unavailable.ts";

/** Undefined when all was read. */
export async function within(
  env: Env,
  asked: Wanted,
  snapshot: Snapshot,
): Promise<TooLarge | Unavailable | undefined> {
  const series = snapshot.series.length;
  if (series > LIMITS.seriesRowsPerQuery)
    return {
      kind: "too_large",
      limit: "seriesRowsPerQuery",
      value: LIMITS.seriesRowsPerQuery,
      what: "series, those included that only a regular expression rules out",
      ways: [{ way: "series", most: LIMITS.seriesRowsPerQuery, equality: true }],
    };
  const { plan } = asked;
  if (plan.kept >= plan.to) return undefined;
  const hours = plan.tier === "minute" ? spans(plan).length : 0;
  if (series * hours > LIMITS.seeksPerQuery) {
    const newest = Math.floor(LIMITS.seeksPerQuery / series);
    const part = { ...plan, kept: spanStart("minute", spans(plan).at(-1)! + 1 - newest) };
    const ways = await waysOf(env, { ...asked, plan: part }, series);
    return "kind" in ways
      ? ways
      : tooLarge("seeksPerQuery", LIMITS.seeksPerQuery, "(hour, series) pairs", ways);
  }
  const { coarse, minutes, dirty } = snapshot;
  if (
    coarse.length + minutes.length <= LIMITS.segmentsPerQuery &&
    dirty.length <= LIMITS.segmentsPerQuery
  )
    return undefined;
  const ways = await waysOf(env, asked, series);
  return "kind" in ways
    ? ways
    : tooLarge("segmentsPerQuery", LIMITS.segmentsPerQuery, "stored segments", ways);
}

const tooLarge = (
  limit: TooLarge["limit"],
  value: number,
  what: string,
  ways: readonly Way[],
): TooLarge => ({ kind: "too_large", limit, value, what, ways });

/** The newest part of the range that is within the limit, and how many series are in all of it. */
async function waysOf(
  env: Env,
  asked: Wanted,
  series: number,
): Promise<readonly Way[] | Unavailable> {
  try {
    const { coarse, minutes, counted } = await countSegments(env.DB.withSession(), asked);
    countRead(counted.read);
    const { plan } = asked;
    /** Segments by the end of what they are of. */
    const ends = new Map<number, number>();
    const count = (tier: typeof plan.tier, rows: typeof coarse): void => {
      for (const { span, segments } of rows) {
        const end = spanStart(tier, span + 1);
        ends.set(end, (ends.get(end) ?? 0) + segments);
      }
    };
    count(plan.tier, coarse);
    count("minute", minutes);
    let sum = 0;
    let from = plan.kept;
    for (const [end, segments] of [...ends].sort(([a], [b]) => b - a)) {
      sum += segments;
      if (sum <= LIMITS.segmentsPerQuery) continue;
      // A part that begins within a bucket is widened to begin with it.
      from = Math.ceil(end / plan.step) * plan.step;
      break;
    }
    const all = [...ends.values()].reduce((most, segments) => most + segments, 0);
    const most = Math.floor((LIMITS.segmentsPerQuery * series) / Math.max(all, 1));
    return [
      ...(from < plan.to ? [{ way: "from", from } as const] : []),
      ...(most > 0 && most < series ? [{ way: "series", most, equality: false } as const] : []),
    ];
  } catch (error) {
    return d1Unavailable(error);
  }
}
