// The databases of a store: the bindings DB, DB_1, DB_2, … Each is complete in itself. A shard writes to
// one; readers ask all.

import { databaseName } from "../core/databases.ts";
import * as LIMITS from "../core/limits.ts";

/** A database by the name of its binding. */
export interface Named {
  readonly name: string;
  readonly db: D1Database;
}

/** The first has what is of the whole store: the values of SHARDS. */
export type Databases = readonly [Named, ...Named[]];

/** Those that are bound, by number, from DB on without a gap. */
export function databasesOf(environment: { readonly DB: D1Database }): Databases {
  const bound = new Map(Object.entries(environment));
  const databases: [Named, ...Named[]] = [{ name: "DB", db: environment.DB }];
  for (let index = 1; index < LIMITS.databases; index++) {
    const db = bound.get(databaseName(index));
    if (db === undefined) break;
    // A binding by this name is a database: core/config.ts refuses anything else.
    databases.push({ name: databaseName(index), db: db as unknown as D1Database });
  }
  return databases;
}

/** The one to which a shard writes. */
export const databaseOf = (databases: Databases, shard: number): Named =>
  databases[shard % databases.length]!;
