// Which series a shard may forget: those that were not seen for days. Pure.

import * as LIMITS from "../core/limits.ts";
import type { Dictionary } from "./dictionary.ts";
import { latestBelieved } from "../core/series/last-seen.ts";

/** Numbers of the series that were not seen for days, and have nothing open. */
export function idleSeries(
  dictionary: Dictionary,
  open: ReadonlySet<number>,
  now: number,
): Set<number> {
  const { lastAt, writtenAt } = dictionary;
  const idle = new Set<number>();
  // Days of the series that are written: a clock that is wrong when nothing comes makes none idle.
  const latest = writtenAt.reduce((last, at) => Math.max(last, at), -Infinity);
  const today = Math.min(now, latest);
  for (let series = 0; series < lastAt.length; series++)
    if (
      (lastAt[series]! < today - LIMITS.idleSeriesMs || lastAt[series]! > latestBelieved(now)) &&
      // Else a repeat would take it for a series that came after its request.
      writtenAt[series]! < today - LIMITS.dedupMs &&
      !open.has(series) &&
      !dictionary.isRemoved(series)
    )
      idle.add(series);
  return idle;
}
