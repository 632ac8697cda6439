// Why a query has no answer, and where in its text. Within this room a failure is thrown and caught at
// its two doors (parse.ts, evaluate.ts), which return it as a value; nothing else may throw it.

import type { LimitName, ReadError } from "../query/read-error.ts";
import type { Place } from "./ast.ts";

export type QueryError =
  /** The text is no query: Prometheus' bad_data. `message` begins with line and column. */
  | { readonly kind: "parse"; readonly message: string; readonly place: Place }
  /** It is one that these series have no answer to: execution. */
  | { readonly kind: "execution"; readonly message: string }
  /** Over a limit: execution, and the same query fails again. */
  | { readonly kind: "limit"; readonly limit: LimitName; readonly message: string }
  /** It took longer than it may. */
  | { readonly kind: "timeout"; readonly message: string }
  /** The store did not answer. */
  | { readonly kind: "read"; readonly error: ReadError };

export class Failure extends Error {
  readonly failure: QueryError;

  constructor(failure: QueryError) {
    super(failure.kind === "read" ? failure.error.kind : failure.message);
    this.failure = failure;
  }
}

/** The evaluation is worth nothing, and begins anew: it is caught where it began. */
export class StartOver extends Error {}

export function fail(message: string): never {
  throw new Failure({ kind: "execution", message });
}

export function failLimit(limit: LimitName, message: string): never {
  throw new Failure({ kind: "limit", limit, message: `${message} (limit ${limit})` });
}

/** "line:column", each from 1, of a character of the query. */
export function lineAndColumn(query: string, at: number): string {
  const before = query.slice(0, at);
  const line = before.split("\n").length;
  return `${line}:${at - before.lastIndexOf("\n")}`;
}

export function failParse(query: string, place: Place, what: string): never {
  const message = `${lineAndColumn(query, place.start)}: parse error: ${what}`;
  throw new Failure({ kind: "parse", message, place });
}
