// stat=p50 … p99 of GET /api/v1/query: a second reading, of the minutes' samples, for the buckets of the first.

import type { Absent } from "../../core/api.ts";
import * as LIMITS from "../../core/limits.ts";
import { groupLabels, type GroupBy, type MergedGroup } from "../../core/query/merge.ts";
import type { Matcher } from "../../core/query/matcher.ts";
import { type PercentileColumns, Percentiles } from "../../core/query/percentiles.ts";
import { keptFrom, type Plan, type Retention } from "../../core/query/plan.ts";
import type { TooLarge, Unreadable } from "../../core/query/read-error.ts";
import { Samples } from "../../core/query/samples.ts";
import type { Source } from "../../core/query/source.ts";
import type { Labels } from "../../core/series/labels.ts";
import type { PercentileName } from "../../core/stats.ts";
import { Failed } from "../http/failure.ts";
import { failureOf, orFail } from "../read/native.ts";
import type { Share } from "../room.ts";

export interface AskedOfSamples {
  readonly names: readonly PercentileName[];
  /** What groups are to be ordered by. */
  readonly order: PercentileName | undefined;
  /** How many series there are, at most. */
  readonly count: number;
  /** With the buckets that the answer has. */
  readonly groups: readonly MergedGroup[];
  readonly planned: Plan;
  readonly matchers: readonly Matcher[];
  readonly by: GroupBy;
  /** Unix ms, by which retention is counted. */
  readonly now: number;
  readonly retention: Retention;
  readonly samplesPerMinute: number;
  /** Where what is gathered is counted. */
  readonly share: Share;
}

export interface PercentilesFound {
  columns(labels: Labels): PercentileColumns;
  /** Over the range, of a group that is to be ordered. */
  rank(labels: Labels): number;
  /** Why some of these groups' are absent. */
  absent(groups: readonly MergedGroup[]): readonly Absent[];
  readonly unreadable: readonly Unreadable[];
}

/** @throws Failed */
export async function readPercentiles(
  source: Source,
  {
    names,
    order,
    count,
    groups,
    planned,
    matchers,
    by,
    now,
    retention,
    samplesPerMinute,
    share,
  }: AskedOfSamples,
): Promise<PercentilesFound> {
  const since = Date.now();
  const found = new Percentiles(groups, planned, new Set(names), order);
  if (found.size > LIMITS.percentilesPerQuery) throw new Failed(failureOf(TOO_MANY));
  const [held, heldOfPart] = [share.part(), share.part()];
  held(8 * found.size);
  let minutesFrom = keptFrom("minute", now, retention);
  const unreadable: Unreadable[] = [];
  /** From here on all was read, and within the limits. */
  let later = planned.to;
  for (const part of found.parts(minutesFrom, count * Math.max(2, samplesPerMinute))) {
    if (Date.now() - since > LIMITS.queryMs)
      throw new Failed(failureOf({ ...TOO_LONG, ways: [{ way: "from", from: later }] }));
    const samples = new Samples({
      ...part,
      limit: samplesPerMinute,
      ofBuckets: "nothing",
      labelsOf: ({ labels }) => {
        const of = groupLabels(labels, by);
        return found.has(of) ? of : undefined;
      },
      most: { limit: "samplesAtOnce", value: LIMITS.samplesAtOnce },
    });
    const read = orFail(
      await source.minutes({ matchers, ...part }, (series, minutes, first, end) => {
        const over = samples.add(series, minutes, first, end);
        heldOfPart(samples.bytes);
        return over;
      }),
    );
    minutesFrom = Math.max(minutesFrom, read.keptFrom);
    unreadable.push(...read.unreadable);
    const series = [...samples.series()];
    heldOfPart(samples.bytes);
    const full = await share.settled();
    if (full !== undefined) throw new Failed(failureOf(full));
    found.take(part, series, minutesFrom);
    if (found.held > LIMITS.samplesOrdered)
      throw new Failed(failureOf({ ...TOO_MANY_HELD, ways: [{ way: "from", from: later }] }));
    heldOfPart(0);
    held(8 * (found.size + found.held));
    later = part.from;
  }
  return {
    columns: (labels) => found.columns(labels),
    rank: (labels) => found.rank(labels),
    absent: (some) => found.absent(some, minutesFrom),
    unreadable,
  };
}

const TOO_MANY: TooLarge = {
  kind: "too_large",
  limit: "percentilesPerQuery",
  value: LIMITS.percentilesPerQuery,
  what: "percentiles in the answer",
  ways: [{ way: "fewer_groups" }],
};

const TOO_MANY_HELD = {
  kind: "too_large",
  limit: "samplesOrdered",
  value: LIMITS.samplesOrdered,
  what: "samples to order the series by a percentile",
} as const;

const TOO_LONG = {
  kind: "too_large",
  limit: "queryMs",
  value: LIMITS.queryMs,
  what: "ms of reading samples",
} as const;
