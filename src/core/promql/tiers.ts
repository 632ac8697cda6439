// Which tier a selection is read from, and what an answer says of it. Pure. All series of a selection are
// read from one tier, over all of its range: two are never mixed.

import type { Wanted } from "../codec/row-group.ts";
import { DAY, HOUR, MINUTE, type TierName, TIERS } from "../tiers.ts";
import type { Call } from "./ast.ts";
import * as buckets from "./bucket-functions.ts";
import type { BucketBody } from "./bucket-window.ts";
import { type Body, functionOf } from "./functions.ts";
import { durationText } from "./literals.ts";
import type { SampleQuestion, Use } from "./source.ts";

/** From when each tier is kept, Unix ms. */
export type KeptFrom = Readonly<Record<TierName, number>>;

/** A way to read a selection: its samples, or buckets of a tier. */
export interface Reading {
  readonly of: "samples" | TierName;
  /** Whether each result is what all samples give: of buckets, where it is of whole ones. */
  readonly isExact: boolean;
}

const SAMPLES: Reading = { of: "samples", isExact: true };

/**
 * The ways to read a selection, the best first; those that follow are for when it is over a limit, or turns
 * out to be deleted, or to miss points. There is one at least.
 *
 * 1. What buckets do not say (a median) is read from samples, as far as they are kept.
 * 2. Whole days are read from day buckets, and whole hours from hour buckets, where steps, ranges and times
 *    all are such, but for what buckets only come near (irate). So is a selector without a range at several steps:
 *    it has the last value of each, if that is as late as it looks back, or the first of the next, where that
 *    is at the step itself.
 * 3. All else is read from samples, or else from minutes, if all of it is kept.
 * 4. Else from hour buckets, if all of it is kept there; else from day buckets.
 */
export function readingsOf(question: SampleQuestion, keptFrom: KeptFrom): readonly Reading[] {
  const { from, use } = question;
  if (typeof use.by === "object" && bodyOf(use.by.call) === undefined) return [SAMPLES];
  const day = { of: "day", isExact: isWhole(question, DAY) } as const;
  if (day.isExact) return [day];
  const hour = { of: "hour", isExact: isWhole(question, HOUR) } as const;
  const coarse = keptFrom.hour <= from ? [hour, day] : [day];
  if (keptFrom.minute > from || coarse[0]!.isExact) return coarse;
  return [SAMPLES, { of: "minute", isExact: isWhole(question, MINUTE) }, ...coarse];
}

/** Whether every result is of whole buckets of this width, ms. */
function isWhole({ from, to, use }: SampleQuestion, width: number): boolean {
  const isOne = to - from === use.range;
  if ((to - 1) % width !== 0 || !(isOne || use.step % width === 0)) return false;
  // An alert that is asked for at the full hour sees what it sees at any other time.
  if (use.by === "instant") return !isOne && width > MINUTE;
  if (use.by === "samples" || windowOf(use.by.call)?.isApproximate === true) return false;
  return use.range % width === 0;
}

type WindowFunction = Extract<Body, { readonly over: "window" }>;

function windowOf(call: string): WindowFunction | undefined {
  const body = functionOf(call)?.body;
  return body?.over === "window" ? body : undefined;
}

const bodyOf = (call: string): BucketBody | undefined => windowOf(call)?.ofBuckets;

/** Functions that make something of the first and the last point alone, and of what counters rose. */
const OF_ENDS: ReadonlySet<BucketBody | undefined> = new Set([buckets.rate, buckets.increase]);
const OF_POINTS: ReadonlySet<BucketBody | undefined> = new Set([
  buckets.delta,
  buckets.firstOverTime,
  buckets.lastOverTime,
  buckets.presentOverTime,
]);

/** What a use needs of buckets. */
export function wantedBy({ by }: Use): Wanted {
  const body = typeof by === "object" ? bodyOf(by.call) : undefined;
  if (typeof by !== "object" || OF_POINTS.has(body)) return "points";
  return OF_ENDS.has(body) ? "ends" : "all";
}

const OF_ALL: ReadonlySet<BucketBody | undefined> = new Set([
  buckets.avgOverTime,
  buckets.countOverTime,
  buckets.maxOverTime,
  buckets.minOverTime,
  buckets.sumOverTime,
]);

/** Whether a use needs every point, and buckets say what it makes of them. */
export const needsAll = ({ by }: Use): boolean =>
  typeof by === "object" && OF_ALL.has(bodyOf(by.call));

/** Why samples were not read. */
export type Why =
  /** They are kept since then, Unix ms. */
  | { readonly keptFrom: number }
  /** There are too many. */
  | { readonly limit: string }
  /** Minutes had more points than they keep. */
  | "collapsed";

/** What an answer that is read from buckets says of them; undefined: nothing, it is what samples give. */
export function infoOf({ of, isExact }: Reading, { by, range }: Use, why: Why): string | undefined {
  if (isExact || of === "samples") return undefined;
  return `${whatOf(by, range, of)}, since ${becauseOf(why)}`;
}

function becauseOf(why: Why): string {
  if (why === "collapsed") return "there are minutes with more points than are kept one by one";
  return "limit" in why
    ? `single points would be over the limit ${why.limit}`
    : `single points before ${new Date(why.keptFrom).toISOString()} are kept no longer`;
}

function whatOf(by: Use["by"], range: number, tier: TierName): string {
  if (by === "instant") return `of each ${tier} the first and the last value are read`;
  if (by === "samples") return `of each ${tier} the last point is read`;
  return range < TIERS[tier].step
    ? `${by.call}() over ${durationText(range)} is made of the whole ${tier} that each step is in or after`
    : `${by.call}() is made of whole ${tier}s, each in the range of its last point`;
}

/** What an answer says when it has no value where a range begins before samples are kept. */
export const infoOfUnknown = (call: Call["name"], keptFrom: number): string =>
  `${call}() needs single points, which are kept since ${new Date(keptFrom).toISOString()}: there is no value of ranges that begin before`;
