// What an answer may hold while it is made: the one check of a merge against its limits.

import * as LIMITS from "../limits.ts";
import type { Merge } from "./merge.ts";
import type { TooLarge, Way } from "./read-error.ts";

/** Undefined while it is within them. */
export function overHeld(
  { size, packedBytes }: Pick<Merge, "size" | "packedBytes">,
  ways: () => readonly Way[],
): TooLarge | undefined {
  if (size > LIMITS.bucketsPerQuery)
    return {
      kind: "too_large",
      limit: "bucketsPerQuery",
      value: LIMITS.bucketsPerQuery,
      what: "buckets in the answer",
      ways: ways(),
    };
  if (packedBytes > LIMITS.packedBytesPerQuery)
    return {
      kind: "too_large",
      limit: "packedBytesPerQuery",
      value: LIMITS.packedBytesPerQuery,
      what: "bytes for the buckets of the answer",
      ways: ways(),
    };
  return undefined;
}
