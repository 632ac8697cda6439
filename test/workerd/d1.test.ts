// The one way to D1: statements run in one transaction and answer by name, and nobody waits for ever.

import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as LIMITS from "../../src/core/limits.ts";
import { batch, D1Failed, only, query } from "../../src/d1/database.ts";
import type { FlushedRow, LayoutRow } from "../../src/d1/rows.ts";

const insert = (shard: number, page: number) =>
  query("INSERT INTO flushed (shard, page) VALUES (?, ?)", shard, page);
const SELECT_FLUSHED = query<FlushedRow>("SELECT shard, page FROM flushed ORDER BY shard");

beforeEach(async () => {
  await env.DB.exec("DELETE FROM flushed");
});

afterEach(() => {
  vi.useRealTimers();
});

test("rows and changes are found by the name of their statement", async () => {
  const { rows, changes, counted } = await batch(env.DB, {
    added: [insert(1, 10), insert(2, 20)],
    flushed: SELECT_FLUSHED,
    layouts: query<LayoutRow>("SELECT shards FROM layouts"),
    nothing: [],
  });
  expect(rows.flushed.map(({ page }) => page)).toEqual([10, 20]);
  expect(only(rows.flushed.slice(1)).shard).toBe(2);
  expect(rows.layouts).toEqual([]);
  expect(rows.nothing).toEqual([]);
  expect(changes).toMatchObject({ added: 2, nothing: 0 });
  expect(counted).toEqual({ written: 2, read: expect.any(Number) });
});

test("one statement that fails undoes all", async () => {
  const failing = batch(env.DB, { one: insert(1, 10), again: insert(1, 11) });
  await expect(failing).rejects.toThrow(D1Failed);
  expect((await batch(env.DB, { SELECT_FLUSHED })).rows.SELECT_FLUSHED).toEqual([]);
});

test("a D1 that never answers is a failure once the deadline is over", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const hanging = {
    prepare: (sql: string) => env.DB.prepare(sql),
    batch: () => new Promise<never>(() => {}),
  } as unknown as D1Database;
  const answer = batch(hanging, { one: SELECT_FLUSHED, two: SELECT_FLUSHED });
  const failed = expect(answer).rejects.toThrow(/did not answer within 10000 ms/);
  await vi.advanceTimersByTimeAsync(LIMITS.d1DeadlineMs);
  await failed;
});
