// From when on a shard may say that its sockets tell all: only where nobody else holds minutes.

import { expect, test } from "vitest";
import { type Held, othersTo } from "../../../src/core/others.ts";
import { HOUR } from "../../../src/core/tiers.ts";

const own = { shard: 2, shards: 4, watermarks: new Map([["DB", 100]]) };
const heldBy = (held: Partial<Held>): Held => ({
  database: "DB",
  layouts: [4],
  flushed: [],
  lastHour: null,
  ...held,
});
const to = (held: Partial<Held>): number => othersTo([heldBy(held)], own);

test("nobody has flushed anything", () => {
  expect(to({})).toBe(0);
  expect(to({ layouts: [] })).toBe(0);
});
test("only this shard has, and it knows of it", () => {
  expect(to({ flushed: [{ shard: 2, page: 100 }], lastHour: 7 })).toBe(0);
});
test("this shard has, and has lost its memory of it", () => {
  expect(to({ flushed: [{ shard: 2, page: 101 }], lastHour: 7 })).toBe(8 * HOUR);
});
test("another shard has: perhaps of a metric that is here now", () => {
  expect(to({ flushed: [{ shard: 0, page: 1 }], lastHour: 7 })).toBe(8 * HOUR);
  expect(to({ flushed: [{ shard: 0, page: 1 }], lastHour: null })).toBe(0);
});
test("SHARDS is changing: another shard may get points at any time", () => {
  expect(to({ layouts: [1, 4] })).toBe(Infinity);
  expect(to({ layouts: [1] })).toBe(Infinity);
});
test("of several databases the one that holds the latest says it", () => {
  const other = heldBy({
    database: "DB_1",
    layouts: [],
    flushed: [{ shard: 2, page: 5 }],
    lastHour: 9,
  });
  expect(othersTo([heldBy({}), other], own)).toBe(10 * HOUR);
  const watermarks = new Map([...own.watermarks, ["DB_1", 5]]);
  expect(othersTo([heldBy({}), other], { ...own, watermarks })).toBe(0);
});
