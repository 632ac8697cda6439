// The steps of a deploy, in their order: a Worker must never run before its tables are there. Pure.

import { databaseName } from "../../src/core/databases.ts";
import * as LIMITS from "../../src/core/limits.ts";

/** A D1 database as wrangler.toml has it. */
export interface Database {
  readonly binding: string;
  readonly database_name?: string | undefined;
  /** The Deploy button writes it; without, the database is found by its name. */
  readonly database_id?: string | undefined;
}

export interface Step {
  /** What it does, for who watches. */
  readonly what: string;
  /** The arguments of wrangler. */
  readonly args: readonly string[];
}

/** What a database is called in the account: without a name, as wrangler itself would call it. */
export const nameOf = (worker: string, { binding, database_name }: Database): string =>
  database_name ?? `${worker}-${binding.toLowerCase().replaceAll("_", "-")}`;

/** Why the Worker would refuse its databases; undefined when it takes them. */
export function gapIn(databases: readonly Database[]): string | undefined {
  const bound = databases.map(({ binding }) => binding).filter((name) => /^DB(_\d+)?$/.test(name));
  const wanted = bound.map((_, index) => databaseName(index));
  const missing = wanted.find((name) => !bound.includes(name));
  if (missing !== undefined)
    return `wrangler.toml binds ${bound.join(", ")}, but not ${missing}: name them DB, DB_1, DB_2, … without a gap`;
  if (bound.length > LIMITS.databases)
    return `wrangler.toml binds ${bound.length} databases, and ${LIMITS.databases} are the most`;
  return bound.length === 0 ? "wrangler.toml binds no database as DB" : undefined;
}

/** Whether the databases of the account must be known, to see which are missing. */
export const needsList = (databases: readonly Database[]): boolean =>
  databases.some(({ database_id }) => database_id === undefined);

/** `existing`: the names of the account's databases. */
export function stepsOf(
  worker: string,
  databases: readonly Database[],
  existing: ReadonlySet<string>,
): Step[] {
  const missing = databases
    .filter(({ database_id }) => database_id === undefined)
    .map((database) => nameOf(worker, database))
    .filter((name) => !existing.has(name));
  return [
    ...missing.map((name) => ({
      what: `Creating the D1 database ${name}`,
      args: ["d1", "create", name],
    })),
    ...databases.map(({ binding }) => ({
      what: `Applying the migrations to ${binding}`,
      args: ["d1", "migrations", "apply", binding, "--remote"],
    })),
    { what: "Deploying the Worker and its page", args: ["deploy"] },
  ];
}
