// An answer that may lack the time before its resolution is kept, and one that has it from coarser
// resolutions. Pure.

import type { QueryAnswer } from "../../core/api.ts";
import type { TierName } from "../../core/tiers.ts";
import type { Older } from "../chart/older.ts";

export interface WholeAnswer extends QueryAnswer {
  /** The earliest, and coarsest, first; absent when everything is in the answer's own resolution. */
  readonly older?: readonly Older[];
}

/** The next resolution that is kept longer. */
export const COARSER: Readonly<Record<TierName, TierName | undefined>> = {
  minute: "hour",
  hour: "day",
  day: undefined,
};

/** Nothing of the range is from before the resolution is kept, or nothing is kept longer. */
export const isWhole = ({ from, keptFrom, resolution }: QueryAnswer): boolean =>
  keptFrom <= from || COARSER[resolution] === undefined;

/** The finest buckets that an answer has room for: its own, or where they are not kept, older ones. */
export function finestOf(answer: WholeAnswer): Pick<QueryAnswer, "step" | "resolution"> {
  const last = answer.older?.at(-1);
  return last !== undefined && last.until >= answer.to ? last : answer;
}

/** From when an answer's own buckets are drawn: the live socket may know older ones. */
export const ownFrom = ({ keptFrom, older }: WholeAnswer): number =>
  Math.max(keptFrom, older?.at(-1)?.until ?? 0);
