// What of a query's range is stored and could not be read, as its answer says it.

import type { QueryAnswer, UnreadablePart } from "../../core/api.ts";
import * as LIMITS from "../../core/limits.ts";
import type { Unreadable } from "../../core/query/read-error.ts";
import { labelsJson, labelsObject } from "../../core/series/labels.ts";

export function unreadableIn(
  all: readonly Unreadable[],
): Pick<QueryAnswer, "unreadable" | "unreadableCount"> {
  // A part that is read for the buckets and for percentiles is one.
  const parts = [
    ...new Map(
      all.map((one) => [`${one.from} ${labelsJson(one.labels)} ${one.message}`, one]),
    ).values(),
  ];
  return {
    ...(parts.length > 0 && { unreadable: parts.slice(0, LIMITS.issuesListed).map(partOf) }),
    ...(parts.length > LIMITS.issuesListed && { unreadableCount: parts.length }),
  };
}

const partOf = ({ labels, from, to, message }: Unreadable): UnreadablePart => ({
  labels: labelsObject(labels),
  from,
  to,
  message,
});
