// The log: a line an event, no secret in it, and no flood of it.

import { expect, test } from "vitest";
import * as LIMITS from "../../../src/core/limits.ts";
import { logLine, Sampler } from "../../../src/core/log-line.ts";

test("an event is a line, a stack too", () => {
  const line = logLine("cron", new Error("no such table: pack\nat all"), { database: "DB_1" }, 3);
  expect(line).not.toContain("\n");
  expect(JSON.parse(line)).toEqual({
    event: "cron",
    database: "DB_1",
    message: "no such table: pack\nat all",
    stack: expect.stringContaining("log-line.test.ts"),
    untold: 3,
  });
  expect(JSON.parse(logLine("d1", "gone", {}, 0))).toEqual({ event: "d1", message: "gone" });
});

test("what looks like a token is not written", () => {
  const secret = "0123456789abcdef".repeat(3);
  const said = `minuet_${secret} minuet_view_${secret} Authorization: Bearer abc.def, Basic YTpi"`;
  const line = logLine("bug", new Error(said), { url: `https://a/?token=minuet_${secret}` }, 0);
  for (const part of [secret.slice(0, 12), "abc.def", "YTpi"]) expect(line).not.toContain(part);
  expect(line).toContain("minuet_…");
});

test("of a flood a few lines are written, then one in a hundred, with how many were not", () => {
  const sampler = new Sampler();
  const told: number[] = [];
  for (let i = 0; i < 1_000; i++) {
    const untold = sampler.untold("d1", 1_000 + i);
    if (untold !== undefined) told.push(untold);
  }
  expect(told).toHaveLength(LIMITS.linesPerEvent + 10);
  expect(told.slice(-2)).toEqual([99, 99]);
  expect(sampler.untold("other", 2_000)).toBe(0);
  for (let i = 1_000; i < 1_050; i++) sampler.untold("d1", 1_000 + i);
  expect(sampler.untold("d1", 62_000)).toBe(50);
});
