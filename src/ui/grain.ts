// What an answer can be in: buckets of a tier, or the samples themselves. Nothing else.

import type { TierName } from "../core/tiers.ts";

export type Grain = TierName | "raw";
