// Which filters the page can apply to what a live socket tells. Pure.

import { type MatcherParts, parseMatcher } from "../../core/query/filter.ts";

/** The matchers of a panel, where all of them can be applied here; else undefined. */
export function exactly(where: readonly string[]): readonly MatcherParts[] | undefined {
  const parts: MatcherParts[] = [];
  for (const text of where) {
    const read = parseMatcher(text);
    if (!read.ok || (read.value.op !== "=" && read.value.op !== "!=")) return undefined;
    parts.push(read.value);
  }
  return parts;
}
