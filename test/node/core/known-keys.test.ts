// Lists of series keys that a shard finds again: the same strings, and not more than so many.

import { expect, test } from "vitest";
import * as LIMITS from "../../../src/core/limits.ts";
import { KnownKeys } from "../../../src/durable/known-keys.ts";

test("a text that comes again has the same list", () => {
  const known = new KnownKeys();
  const keys = known.in("cpu\nmemory");
  expect(keys).toEqual(["cpu", "memory"]);
  expect(known.in(["cpu", "memory"].join("\n"))).toBe(keys);
  expect(known.in("cpu")).toEqual(["cpu"]);
  expect(known.in("")).toEqual([]);
});

test("lists are kept up to so many bytes, then anew", () => {
  const known = new KnownKeys();
  const first = known.in("first");
  const most = LIMITS.knownKeysBytes / 64;
  let lists = 1;
  while (known.in("first") === first && lists <= most) known.in(`other.${lists++}`);
  // All went at once, well before so many lists of one key each: a list takes more than its key.
  expect(lists).toBeLessThan(most / 2);
  expect(lists).toBeGreaterThan(most / 4);
  expect(known.in("first")).toEqual(["first"]);
});

test("one that is larger than all that is kept is read all the same", () => {
  const known = new KnownKeys();
  const text = "k".repeat(LIMITS.knownKeysBytes);
  expect(known.in(text)).toEqual([text]);
  expect(known.in(text)).toEqual([text]);
});
