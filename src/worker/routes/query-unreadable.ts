// What of a query's range is stored and could not be read, as its answer says it.

import type { QueryAnswer, UnreadablePart } from "../../core/api.ts";
import * as LIMITS from "../../core/limits.ts";
import type { Unreadable } from "../../core/query/read-error.ts";
import { labelsJson, labelsObject } from "../../core/series/labels.ts";

/** `byLink`: for who has a link to a view, which may not split by these labels. */
export function unreadableIn(
  all: readonly Unreadable[],
  byLink: boolean,
): Pick<QueryAnswer, "unreadable" | "unreadableCount"> {
  // A part that is read for the buckets and for percentiles is one.
  const parts = [
    ...new Map(
      all.map((one) => [`${one.from} ${labelsJson(one.labels)} ${one.message}`, one]),
    ).values(),
  ];
  return {
    ...(parts.length > 0 && {
      unreadable: parts.slice(0, LIMITS.issuesListed).map((part) => partOf(part, byLink)),
    }),
    ...(parts.length > LIMITS.issuesListed && { unreadableCount: parts.length }),
  };
}

const partOf = ({ labels, from, to, message }: Unreadable, byLink: boolean): UnreadablePart => ({
  labels: byLink ? {} : labelsObject(labels),
  from,
  to,
  message,
});
