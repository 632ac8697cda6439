// What a shard knows of its metrics beyond D1, for the list. Pure.

import { later, type LastSeen } from "../core/series/last-seen.ts";
import { labelsJsonOfKey } from "../core/series/labels.ts";
import { type NamePage, pageOf } from "../core/series/names.ts";
import type { Description } from "../core/series/description.ts";
import { MINUTE } from "../core/tiers.ts";
import type { Memory } from "./memory.ts";

/** What a shard knows of a metric that D1 may not know yet. */
export interface MetricHead {
  readonly name: string;
  /** Unix ms. */
  readonly firstAt: number;
  readonly lastAt: number;
  readonly last: number;
  /** Labels JSON of series that may not be in D1. */
  readonly fresh: readonly string[];
  /** What is known of it besides; absent: nothing. */
  readonly description?: Description;
  /** Of those that were seen at last, the mean of their last values. Absent: it was not asked for. */
  readonly level?: number;
}

/** A part of the list of all for who orders metrics: with their level, without their descriptions. */
export interface OrderedPage extends NamePage {
  readonly level: true;
}

/** The name of one metric, the names of several, or a part of the list of all. */
export type WantedMetrics = string | readonly string[] | NamePage | OrderedPage;

/** A series that was silent for longer than this before the others is no part of the level, ms. */
const AT_LAST = 5 * MINUTE;

export function metricHeads(
  { dictionary, descriptions }: Pick<Memory, "dictionary" | "descriptions">,
  wanted: WantedMetrics,
  now: number,
): MetricHead[] {
  const isOrdered = typeof wanted === "object" && "level" in wanted;
  const metrics =
    typeof wanted === "string"
      ? [dictionary.metric(wanted)]
      : "after" in wanted
        ? pageOf(dictionary.inOrder(), wanted)
        : wanted.map((name) => dictionary.metric(name));
  return metrics.flatMap((metric): MetricHead[] => {
    if (metric === undefined) return [];
    let firstAt = Infinity;
    let seen: LastSeen | undefined;
    const fresh: string[] = [];
    for (const series of metric.series) {
      firstAt = Math.min(firstAt, dictionary.firstAt[series]!);
      const of = { lastAt: dictionary.lastAt[series]!, last: dictionary.last[series]! };
      seen = seen === undefined ? of : later(seen, of, now);
      if (dictionary.ids[series] === 0) fresh.push(labelsJsonOfKey(dictionary.keys[series]!));
    }
    if (seen === undefined) return [];
    const head = { name: metric.name, firstAt, ...seen, fresh };
    if (isOrdered) return [{ ...head, level: levelOf(dictionary, metric.series, seen.lastAt) }];
    const description = descriptions.get(metric.name);
    return [{ ...head, ...(description && { description }) }];
  });
}

/** `lastAt`: of the latest of the series, Unix ms. */
function levelOf(
  { lastAt: seenAt, last }: Memory["dictionary"],
  series: readonly number[],
  lastAt: number,
): number {
  const near = series.filter((one) => Math.abs(lastAt - seenAt[one]!) <= AT_LAST);
  return near.reduce((mean, one) => mean + last[one]! / near.length, 0);
}
