// Filters of a whole view, which every selector of an expression must match as well: `where`, as of the native
// query.

import { z } from "zod";
import * as LIMITS from "../../../core/limits.ts";
import { type MatcherParts, parseMatcher } from "../../../core/query/filter.ts";
import { compileMatchers } from "../../../core/query/matcher.ts";
import { wrongParameter } from "./dialect.ts";

export const where = z.array(z.string()).optional().meta({
  description: "What every selector must match as well, as of /api/v1/query: host=a, host=~web.*",
});

/** @throws Failed */
export function whereOf(asked: URLSearchParams): readonly MatcherParts[] {
  const given = asked.getAll("where");
  if (given.length > LIMITS.matchersPerQuery)
    wrongParameter("where", `${given.length} are more than ${LIMITS.matchersPerQuery}, the limit`);
  const parts = given.map((text) => {
    const read = parseMatcher(text);
    return read.ok ? read.value : wrongParameter("where", read.error);
  });
  const compiled = compileMatchers(parts);
  // What is too large is so of each selector, and is said of it.
  if (!compiled.ok && compiled.error.kind === "invalid")
    wrongParameter("where", compiled.error.message);
  return parts;
}
