// What one query may read: how many series, how many buckets, for how long. Over a limit it says which one,
// and what would be within it.

import * as LIMITS from "../../core/limits.ts";
import type { Plan } from "../../core/query/plan.ts";
import type { TooLarge, Way } from "../../core/query/read-error.ts";
import type { Cost } from "../../core/query/slices.ts";
import { MINUTE } from "../../core/tiers.ts";

/** Undefined when they are not too many to look at. */
export const tooManySeries = (series: number): TooLarge | undefined =>
  series > LIMITS.seriesRowsPerQuery
    ? {
        kind: "too_large",
        limit: "seriesRowsPerQuery",
        value: LIMITS.seriesRowsPerQuery,
        what: "series, those included that only a regular expression rules out",
        ways: [{ way: "series", most: LIMITS.seriesRowsPerQuery, equality: true }],
      }
    : undefined;

/** So many series may be there for each that has points in a range: others came and went. */
const IDLE = 4;

/** Undefined when the samples of series may be read one after the other, as far as can be told before. */
export function tooManyInTurn(
  { kept, to }: Plan,
  stored: readonly { readonly series: { readonly size: number } }[],
): TooLarge | undefined {
  const series = stored.reduce((sum, one) => sum + one.series.size, 0);
  const each = Math.max(0, to - kept) / MINUTE;
  const most = IDLE * LIMITS.minutesInTurn;
  if (series * each <= most) return undefined;
  const few = Math.floor(LIMITS.minutesInTurn / each);
  const within = Math.floor(LIMITS.minutesInTurn / series) * MINUTE;
  return tooManyMinutes(Infinity, [
    ...(within > 0 ? [{ way: "from", from: to - within } as const] : []),
    ...(few > 0 ? [{ way: "series", most: few, equality: false } as const] : []),
  ]);
}

/** Undefined when it may go on, after so many minutes. */
export const tooManyMinutes = (
  decoded: number,
  ways: TooLarge["ways"] = [],
): TooLarge | undefined =>
  decoded > LIMITS.minutesInTurn
    ? {
        kind: "too_large",
        limit: "minutesInTurn",
        value: LIMITS.minutesInTurn,
        what: "minutes of which samples are read",
        ways,
      }
    : undefined;

/** Series of one database, and how many buckets each may have to be read for. */
export interface Load {
  readonly series: number;
  /** Slots of packs, those included that are read in vain. */
  readonly slots: number;
  readonly cost: Cost;
}

/** What of a question was read so far. */
export interface Done {
  readonly decoded: number;
  /** How many buckets of series it was thought to be, and of slots. */
  readonly thought: { readonly series: number; readonly slots: number };
  readonly ms: number;
}

/** Advice is to be within the limit, not at it; time is less the same than numbers are. */
const MARGIN = 0.85;
const MARGIN_OF_TIME = 0.7;
const COARSER = { minute: "hour", hour: "day", day: undefined } as const;

/** Undefined when a query may go on. */
export function overBudget(plan: Plan, loads: readonly Load[], done: Done): TooLarge | undefined {
  const { decoded, thought, ms } = done;
  if (decoded > LIMITS.decodedPerQuery) {
    // Parts of an hour that came late are more than was thought.
    const most = (LIMITS.decodedPerQuery * MARGIN) / Math.max(1, decoded / thought.series);
    return {
      kind: "too_large",
      limit: "decodedPerQuery",
      value: LIMITS.decodedPerQuery,
      what: "stored buckets",
      ways: waysWithin(plan, loads, "series", most),
    };
  }
  if (ms > LIMITS.queryMs)
    return {
      kind: "too_large",
      limit: "queryMs",
      value: LIMITS.queryMs,
      what: "ms of reading",
      // Decoding is not all: slots that nobody wants take their time.
      ways: waysWithin(
        plan,
        loads,
        "slots",
        thought.slots * (LIMITS.queryMs / ms) * MARGIN_OF_TIME,
      ),
    };
  return undefined;
}

/** What leaves about `most` buckets to be read. */
function waysWithin(
  plan: Plan,
  loads: readonly Load[],
  of: "series" | "slots",
  most: number,
): readonly Way[] {
  const { kept, to, step, tier } = plan;
  const buckets = (from: number): number =>
    loads.reduce((sum, load) => sum + load[of] * load.cost(from, to), 0);
  // The earliest start that is within: the newest part of the range, in whole buckets.
  let [within, over] = [0, (to - kept) / step];
  while (over - within > 1) {
    const middle = Math.floor((within + over) / 2);
    if (buckets(to - middle * step) <= most) within = middle;
    else over = middle;
  }
  const series = loads.reduce((sum, one) => sum + one.series, 0);
  const few = Math.floor((series * most) / Math.max(buckets(kept), 1));
  const coarser = COARSER[tier];
  return [
    ...(within > 0 ? [{ way: "from", from: to - within * step } as const] : []),
    ...(few > 0 && few < series ? [{ way: "series", most: few, equality: false } as const] : []),
    ...(coarser === undefined ? [] : [{ way: "coarser", tier: coarser } as const]),
  ];
}
