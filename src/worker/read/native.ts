// How the native API says what a read could not do: the one switch over read errors of this dialect.

import type { ReadError, Way } from "../../core/query/read-error.ts";
import { labelsJson } from "../../core/series/labels.ts";
import { Failed, type Failure } from "../http/failure.ts";
import type { Result } from "../../core/result.ts";

export function failureOf(error: ReadError): Failure {
  switch (error.kind) {
    case "too_large":
      return {
        kind: "query_too_large",
        message: `the query needs more than ${error.value} ${error.what}, the limit ${error.limit}: ${error.ways.map(adviceOf).join(", or ") || ANY_WAY}`,
      };
    case "unavailable":
      return error;
    case "overloaded":
      return { ...error, kind: "too_many_requests" };
    case "unreadable":
      return {
        kind: "unreadable",
        message: `nothing of what is stored could be read: ${error.metric}${labelsJson(error.labels)} from ${iso(error.from)} to ${iso(error.to)}: ${error.message}`,
      };
  }
}

function adviceOf(way: Way): string {
  switch (way.way) {
    case "from":
      return `start the range later, at from=${iso(way.from)}`;
    case "series":
      return way.equality
        ? `filter with where= and an = or != until at most ${way.most} series are left`
        : `filter with where= until at most ${way.most} series are left`;
    case "metrics":
      return `name the metrics, at most ${way.most}`;
    case "coarser":
      return `ask for resolution=${way.tier}`;
    case "fewer_groups":
      return "split by fewer labels, or leave out by=";
    case "simpler_regex":
      return "write a simpler expression, without large repeats and \\p classes, or rule out more series with = and !=";
  }
}

/** Where nothing was worked out. */
const ANY_WAY = "ask for fewer series, a shorter range or a larger step";

const iso = (at: number): string => new Date(at).toISOString();

/** What a reading gave. @throws Failed */
export function orFail<T>(result: Result<T, ReadError>): T {
  if (result.ok) return result.value;
  throw new Failed(failureOf(result.error));
}
