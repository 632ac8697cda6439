// SQL of D1 stands in src/d1, that of a shard's own storage in src/durable/store.ts, and nowhere else.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const SRC = fileURLToPath(new URL("../../../src", import.meta.url));

/** Whether a file of src (by its path there) may hold SQL. */
const isRoom = (path: string): boolean =>
  /^d1\/[\w.-]+\.ts$/.test(path) || path === "durable/store.ts";

/** Calls that prepare or run SQL, and texts that begin like it. */
const SQL = [
  /\.prepare\(/,
  /\b(?:sql|db|DB|storage|session)\.(?:exec|batch|dump)\(/,
  /["'`]\s*(?:SELECT\s|INSERT\s+(?:OR\s+\w+\s+)?INTO\s|UPDATE\s+\S+\s+SET\s|DELETE\s+FROM\s|WITH\s+(?:RECURSIVE\s+)?\w+\s*(?:\(|AS\s)|CREATE\s+TABLE\s)/,
];

const sqlOf = (text: string): string | undefined =>
  SQL.map((pattern) => pattern.exec(text)?.[0]).find((found) => found !== undefined);

test("no file outside of them prepares SQL", () => {
  const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => /\.tsx?$/.test(path));
  const found = files.flatMap((path) => {
    const sql = isRoom(path) ? undefined : sqlOf(readFileSync(`${SRC}/${path}`, "utf8"));
    return sql === undefined ? [] : [`${path}: ${sql}`];
  });
  expect(found).toEqual([]);
  // The patterns find what is there: else this test would see nothing at all.
  for (const path of ["d1/flush.ts", "d1/catalogue.ts", "d1/database.ts", "durable/store.ts"])
    expect(sqlOf(readFileSync(`${SRC}/${path}`, "utf8")), path).toBeDefined();
});

test.each([
  'db.prepare("x")',
  "sql.exec(statement)",
  "const a = `SELECT 1`",
  'x("insert") + "INSERT OR IGNORE INTO t"',
  "`\n  WITH RECURSIVE days (day) AS (`",
  "'DELETE FROM t'",
  '"UPDATE t SET a = 1"',
])("%s is SQL", (text) => {
  expect(sqlOf(text)).toBeDefined();
});

test.each(['methods: ["DELETE"]', "/x/.exec(text)", '"Select all"', '"WITH care"'])(
  "%s is none",
  (text) => {
    expect(sqlOf(text)).toBeUndefined();
  },
);
