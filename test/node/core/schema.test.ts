// The schema that drizzle sees against the migrations, which are the truth: a column that only one
// of them knows is found here, and not by the first query that needs it.

import { readdirSync, readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { is } from "drizzle-orm";
import { getTableConfig, SQLiteTable } from "drizzle-orm/sqlite-core";
import { describe, expect, test } from "vitest";
import * as schema from "../../../drizzle/schema.ts";

const MIGRATIONS = fileURLToPath(new URL("../../../drizzle/migrations", import.meta.url));

const db = new DatabaseSync(":memory:");
for (const file of readdirSync(MIGRATIONS).sort())
  if (file.endsWith(".sql")) db.exec(readFileSync(`${MIGRATIONS}/${file}`, "utf8"));

/** A table in words that both sides can say. */
interface Table {
  readonly columns: readonly {
    readonly name: string;
    readonly type: string;
    /** What SQLite refuses to be null, whether it was told so or not. */
    readonly notNull: boolean;
  }[];
  /** Columns in the order of the key. */
  readonly primaryKey: readonly string[];
  readonly autoIncrement: boolean;
  /** Columns of each constraint. */
  readonly unique: readonly (readonly string[])[];
}

const text = (value: unknown): string => String(value);

/** The tables of the migrated database, without those of SQLite itself. */
const migrated = db
  .prepare("SELECT name, ncol, wr, strict FROM pragma_table_list WHERE schema = 'main' ORDER BY 1")
  .all()
  .filter(({ name }) => !text(name).startsWith("sqlite_"))
  .map(({ name, wr, strict }) => ({
    name: text(name),
    withoutRowid: wr === 1,
    strict: strict === 1,
    sql: text(db.prepare("SELECT sql FROM sqlite_schema WHERE name = ?").get(text(name))?.sql),
  }));

function tableOf(name: string, sql: string): Table {
  const columns = db.prepare(`SELECT * FROM pragma_table_info(?) ORDER BY cid`).all(name);
  const unique = db.prepare("SELECT name FROM pragma_index_list(?) WHERE origin = 'u'").all(name);
  return {
    columns: columns.map((column) => ({
      name: text(column.name),
      type: text(column.type).toLowerCase(),
      notNull: column.notnull === 1 || Number(column.pk) > 0,
    })),
    primaryKey: columns
      .filter(({ pk }) => Number(pk) > 0)
      .sort((a, b) => Number(a.pk) - Number(b.pk))
      .map((column) => text(column.name)),
    autoIncrement: /\bAUTOINCREMENT\b/i.test(sql),
    unique: unique.map((index) =>
      db
        .prepare("SELECT name FROM pragma_index_info(?) ORDER BY seqno")
        .all(text(index.name))
        .map((column) => text(column.name)),
    ),
  };
}

function drizzleOf(table: SQLiteTable): Table {
  const config = getTableConfig(table);
  const own = config.columns.filter(({ primary }) => primary).map(({ name }) => name);
  const composite = config.primaryKeys.map(({ columns }) => columns.map(({ name }) => name));
  return {
    columns: config.columns.map((column) => ({
      name: column.name,
      type: column.getSQLType(),
      notNull: column.notNull || own.includes(column.name),
    })),
    primaryKey: [own, ...composite].flat(),
    autoIncrement: config.columns.some(
      (column) => "autoIncrement" in column && column.autoIncrement === true,
    ),
    unique: [
      ...config.columns.filter(({ isUnique }) => isUnique).map(({ name }) => [name]),
      ...config.uniqueConstraints.map(({ columns }) => columns.map(({ name }) => name)),
      ...config.indexes
        .filter((index) => index.config.unique)
        .map((index) =>
          index.config.columns.map((column) => ("name" in column ? column.name : "?")),
        ),
    ],
  };
}

const declared = new Map(
  Object.values(schema)
    .filter((value) => is(value, SQLiteTable))
    .map((table) => [getTableConfig(table).name, table]),
);

test("the same tables", () => {
  expect(migrated.map(({ name }) => name)).toEqual([...declared.keys()].sort());
});

describe.each(migrated)("$name", ({ name, withoutRowid, strict, sql }) => {
  const table = tableOf(name, sql);

  test("has the columns, keys and constraints of the schema", () => {
    const of = declared.get(name);
    expect(of && drizzleOf(of)).toEqual(table);
  });

  test("is STRICT", () => {
    expect(strict).toBe(true);
  });

  test("has no rowid when its key is composite: an insert would be billed two rows", () => {
    if (table.primaryKey.length > 1) expect(withoutRowid).toBe(true);
  });

  test("has a key", () => {
    expect(table.primaryKey).not.toEqual([]);
  });
});

test("no index but those of keys and constraints: each would be a row more an insert", () => {
  const indexes = db.prepare(
    "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql NOT NULL",
  );
  expect(indexes.all()).toEqual([]);
});
