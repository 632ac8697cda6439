// Slices of one database are read some at a time, and a request that is gone keeps nobody out. Time is simulated.

import { expect, test } from "vitest";
import * as LIMITS from "../../../src/core/limits.ts";
import { Gate } from "../../../src/worker/read/gate.ts";
import { Waits } from "../../support/waits.ts";

test("so many slices are read at once of a database, and all in the end", async () => {
  const clock = new Waits();
  const gate = new Gate(clock);
  const now = new Map<string, number>();
  const most = new Map<string, number>();
  let done = 0;
  const read = async (database: string, ms: number): Promise<void> => {
    now.set(database, (now.get(database) ?? 0) + 1);
    most.set(database, Math.max(most.get(database) ?? 0, now.get(database)!));
    await clock.wait(ms);
    now.set(database, now.get(database)! - 1);
    if (ms % 5 === 0) throw new Error("D1 failed");
  };
  for (let i = 1; i <= 40; i++) {
    const database = i % 2 === 0 ? "DB" : "DB_1";
    void gate
      .pass(database, () => read(database, i))
      .catch(() => undefined)
      .then(() => done++);
  }
  await clock.run();
  expect(done).toBe(40);
  expect([...most.values()]).toEqual([LIMITS.slicesAtOnce, LIMITS.slicesAtOnce]);
});

test("who has read lets others in before it goes on, also when it failed", async () => {
  const clock = new Waits();
  const gate = new Gate(clock);
  const told: string[] = [];
  void gate.pass("DB", async () => told.push("read")).then(() => told.push("on"));
  void gate
    .pass("DB", () => Promise.reject(new Error("D1 failed")))
    .catch(() => told.push("failed"));
  void clock.wait(0).then(() => told.push("other"));
  await clock.run();
  expect(told).toEqual(["read", "other", "on", "failed"]);
});

test("those of requests that are gone count for as long as D1 has time to answer", async () => {
  const clock = new Waits();
  const gate = new Gate(clock);
  for (let i = 0; i < LIMITS.slicesAtOnce; i++)
    void gate.pass("DB", () => new Promise<never>(() => {}));
  let at = 0;
  void gate.pass("DB", async () => void (at = clock.at));
  await clock.run();
  expect(at).toBeGreaterThan(LIMITS.d1DeadlineMs);
  expect(at).toBeLessThan(LIMITS.d1DeadlineMs + 10);
});
