// What to say when a database or a shard does not answer a read, as a value.

import type { MissingDatabase } from "../../core/api.ts";
import { FIRST_DATABASE } from "../../core/databases.ts";
import type { Overloaded, Unavailable } from "../../core/query/read-error.ts";
import { Failed } from "../http/failure.ts";
import { report } from "../../durable/report.ts";

/** `error` is what a read of the database threw. */
export const d1Unavailable = (database: string, error: unknown): Unavailable => ({
  kind: "unavailable",
  message: `${silentDatabase(database, error).message}; try again`,
  retryAfterSec: 5,
});

/** As above, for a list of what is missing. */
export function silentDatabase(database: string, error: unknown): MissingDatabase {
  report("database_silent", error, { database });
  const name = database === FIRST_DATABASE ? "D1" : `D1 (${database})`;
  return { database, message: `${name} did not answer` };
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
