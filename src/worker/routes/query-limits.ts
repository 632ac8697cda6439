// What an answer of GET /api/v1/query may hold. What may be read for it: read/bounds.ts.

import * as LIMITS from "../../core/limits.ts";
import { overHeld } from "../../core/query/held.ts";
import type { Merge } from "../../core/query/merge.ts";
import type { Plan } from "../../core/query/plan.ts";
import type { TooLarge } from "../../core/query/read-error.ts";

const COARSER = { minute: "hour", hour: "day", day: undefined } as const;

/** Undefined while an answer is within its limits. */
export function tooLarge(
  merge: Merge,
  { tier, from, to, step }: Plan,
  isGrouped: boolean,
): TooLarge | undefined {
  const coarser = COARSER[tier];
  return overHeld(merge, () => [
    isGrouped
      ? { way: "fewer_groups" }
      : // Series that are combined are merged each apart first.
        {
          way: "series",
          most: Math.max(1, Math.floor((LIMITS.bucketsPerQuery * step) / (to - from))),
          equality: false,
        },
    ...(coarser === undefined ? [] : [{ way: "coarser", tier: coarser } as const]),
  ]);
}
