// What of each table is to be read for a tier: of each bucket one of them has it.

import type { Sources } from "../../core/query/plan.ts";
import { dayOf, hourOf, spanStart, type TierName } from "../../core/tiers.ts";

/** What of a table is to be read there. */
export interface IsWanted {
  /** Whether the bucket of a pack that starts then, Unix ms. */
  readonly bucket: (pack: number, start: number) => boolean;
  /** Whether all that a row has, of which some is: asked once, and not of each of its buckets. */
  readonly row: (pack: number, span: number) => boolean;
}

export const wantedOf = (
  tier: TierName,
  sources: Sources,
): Readonly<Record<TierName, IsWanted>> => ({
  minute: {
    bucket: (pack, start) => sources.minutes(tier, pack, hourOf(start)),
    // All minutes of an hour are wanted, or none.
    row: (pack, hour) => sources.minutes(tier, pack, hour),
  },
  hour: {
    bucket: (pack, start) => tier !== "minute" && sources.hour(tier, pack, hourOf(start)),
    row: (pack, day) => tier !== "minute" && sources.hoursOf(tier, pack, day),
  },
  day: {
    bucket: (pack, start) => sources.day(pack, dayOf(start)),
    row: (pack, year) => sources.daysTo(pack, dayOf(spanStart("day", year + 1)) - 1),
  },
});
