// What to say when D1 or a shard does not answer a read, as a value.

import type { Overloaded, Unavailable } from "../../core/query/read-error.ts";
import { Failed } from "../http/failure.ts";

/** `error` is what a read of D1 threw. */
export function d1Unavailable(error: unknown): Unavailable {
  console.error(`D1: ${error instanceof Error ? error.message : String(error)}`);
  return { kind: "unavailable", message: "D1 did not answer; try again", retryAfterSec: 5 };
}

/** `error` is what a call to a shard threw. @throws `error` when a shard did not fail */
export function shardUnavailable(error: unknown): Unavailable | Overloaded {
  if (!(error instanceof Failed)) throw error;
  const { failure } = error;
  switch (failure.kind) {
    case "unavailable":
      return { ...failure, kind: "unavailable" };
    case "too_many_requests":
      return { ...failure, kind: "overloaded" };
    default:
      throw error;
  }
}
