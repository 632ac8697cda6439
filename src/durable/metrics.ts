// What a shard knows of its metrics beyond D1, for the list. Pure.

import { labelsJsonOfKey } from "../core/series/labels.ts";
import { type NamePage, pageOf } from "../core/series/names.ts";
import type { Dictionary } from "./dictionary.ts";

/** What a shard knows of a metric that D1 may not know yet. */
export interface MetricHead {
  readonly name: string;
  /** Unix ms. */
  readonly firstAt: number;
  readonly lastAt: number;
  readonly last: number;
  /** Labels JSON of series that may not be in D1. */
  readonly fresh: readonly string[];
}

/** The name of one metric, the names of several, or a part of the list of all. */
export type WantedMetrics = string | readonly string[] | NamePage;

export function metricHeads(dictionary: Dictionary, wanted: WantedMetrics): MetricHead[] {
  const metrics =
    typeof wanted === "string"
      ? [dictionary.metric(wanted)]
      : "after" in wanted
        ? pageOf(dictionary.inOrder(), wanted)
        : wanted.map((name) => dictionary.metric(name));
  return metrics.flatMap((metric) => {
    if (metric === undefined) return [];
    const head = { firstAt: Infinity, lastAt: -Infinity, last: -Infinity };
    const fresh: string[] = [];
    for (const series of metric.series) {
      const lastAt = dictionary.lastAt[series]!;
      const last = dictionary.last[series]!;
      head.firstAt = Math.min(head.firstAt, dictionary.firstAt[series]!);
      if (lastAt > head.lastAt || (lastAt === head.lastAt && last > head.last)) {
        head.lastAt = lastAt;
        head.last = last;
      }
      if (!dictionary.inD1[series]) fresh.push(labelsJsonOfKey(dictionary.keys[series]!));
    }
    return [{ name: metric.name, ...head, fresh }];
  });
}
