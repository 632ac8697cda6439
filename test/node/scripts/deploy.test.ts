// The order of the steps of `npm run deploy`.

import { describe, expect, test } from "vitest";
import { addressIn, isDeployed } from "../../../scripts/deploy/after.ts";
import { gapIn, nameOf, needsList, stepsOf } from "../../../scripts/deploy/plan.ts";

const words = (...steps: Parameters<typeof stepsOf>): string[] =>
  stepsOf(...steps).map(({ args }) => args.join(" "));

describe("the steps", () => {
  const db = { binding: "DB", database_name: "minuet" };

  test("on the very first deploy: the database, its tables, then the Worker", () => {
    expect(words("minuet", [db], new Set(["other"]))).toEqual([
      "d1 create minuet",
      "d1 migrations apply DB --remote",
      "deploy",
    ]);
  });

  test("later: the tables, then the Worker", () => {
    expect(words("minuet", [db], new Set(["minuet"]))).toEqual([
      "d1 migrations apply DB --remote",
      "deploy",
    ]);
  });

  test("a database with an id, as the Deploy button writes it, is neither listed nor created", () => {
    const withId = { ...db, database_id: "0d5c" };
    expect(needsList([withId])).toBe(false);
    expect(needsList([withId, db])).toBe(true);
    expect(words("minuet", [withId], new Set())).toEqual([
      "d1 migrations apply DB --remote",
      "deploy",
    ]);
  });

  test("all databases before the Worker", () => {
    const more = { binding: "DB_1" };
    expect(nameOf("minuet", more)).toBe("minuet-db-1");
    expect(words("minuet", [db, more], new Set())).toEqual([
      "d1 create minuet",
      "d1 create minuet-db-1",
      "d1 migrations apply DB --remote",
      "d1 migrations apply DB_1 --remote",
      "deploy",
    ]);
  });
});

describe("the names of the databases", () => {
  const gap = (...names: string[]) => gapIn(names.map((binding) => ({ binding })));

  test("go on from DB", () => {
    expect(gap("DB")).toBeUndefined();
    expect(gap("DB_2", "OTHER", "DB", "DB_1")).toBeUndefined();
    expect(gap("DB", ...Array.from({ length: 15 }, (_, i) => `DB_${i + 1}`))).toBeUndefined();
  });

  test.each([
    [["DB", "DB_2"], "wrangler.toml binds DB, DB_2, but not DB_1: name them"],
    [["DB_1"], "wrangler.toml binds DB_1, but not DB: name them"],
    [["OTHER"], "wrangler.toml binds no database as DB"],
    [["DB", ...Array.from({ length: 16 }, (_, i) => `DB_${i + 1}`)], "binds 17 databases, and 16"],
  ])("%j are refused", (names, words) => {
    expect(gap(...names)).toContain(words);
  });
});

test("a deploy has made a version: a record without one is of a deploy that was not wanted", () => {
  const line = (more: object): string => `${JSON.stringify({ type: "deploy", ...more })}\n`;
  const session = `${JSON.stringify({ type: "wrangler-session", version_id: "1" })}\n`;
  expect(isDeployed(session + line({ version_id: "8f2e" }))).toBe(true);
  for (const record of ["", session, line({}), line({ version_id: null })])
    expect(isDeployed(record)).toBe(false);
});

describe("the address of the store", () => {
  const record = (...targets: string[]): string =>
    `${JSON.stringify({ type: "wrangler-session" })}\n${JSON.stringify({ type: "deploy", targets })}\n`;

  test("is its own, or the custom domain", () => {
    expect(addressIn(record("https://minuet.us.workers.dev"))).toBe(
      "https://minuet.us.workers.dev",
    );
    expect(
      addressIn(record("https://minuet.us.workers.dev", "m.example.com (custom domain)")),
    ).toBe("https://m.example.com");
  });

  test("is not known of a deploy that wrote nothing down", () => {
    expect(addressIn("")).toBeUndefined();
    expect(addressIn(record())).toBeUndefined();
  });
});
