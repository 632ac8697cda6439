// The order of the steps of `npm run deploy`.

import { describe, expect, test } from "vitest";
import { nameOf, needsList, stepsOf } from "../../../scripts/deploy/plan.ts";

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
