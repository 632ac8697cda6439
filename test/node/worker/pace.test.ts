// Callers of one isolate share its time, and who is alone has all of it. Time is simulated.

import { describe, expect, test } from "vitest";
import * as LIMITS from "../../../src/core/limits.ts";
import { Pace, workOf } from "../../../src/worker/pace.ts";
import { Waits } from "../../support/waits.ts";

interface Sharing {
  readonly clock: Waits;
  readonly pace: Pace;
  /** Of each request, when it began. */
  readonly began: Map<string, number[]>;
  /** So many at once. */
  ask(caller: string, workMs: number, count?: number): void;
}

function sharing(): Sharing {
  const clock = new Waits();
  const pace = new Pace(clock);
  const began = new Map<string, number[]>();
  const ask = (caller: string, workMs: number, count = 1): void => {
    for (let i = 0; i < count; i++)
      void pace
        .begin(caller, workMs)
        .then(() => began.set(caller, [...(began.get(caller) ?? []), clock.at]));
  };
  return { clock, pace, began, ask };
}

test("who is alone waits for nothing", async () => {
  const { clock, began, ask } = sharing();
  ask("a", 50, 1_000);
  await clock.run();
  expect(new Set(began.get("a"))).toEqual(new Set([0]));
});

test("beside others they begin as fast as half of the time lets them, but for a few", async () => {
  const { clock, began, ask } = sharing();
  ask("b", 1);
  ask("a", 4, 20);
  await clock.run();
  const times = began.get("a")!;
  expect(began.get("b")).toEqual([0]);
  expect(times).toHaveLength(20);
  // Twice the work of those before, less what may begin at once.
  expect(times).toEqual(times.map((_, i) => Math.max(0, 8 * i - LIMITS.paceBurstMs)));
  expect(times.filter((at) => at === 0).length).toBeGreaterThan(1);
  expect(times.at(-1)).toBeGreaterThan(19 * 8 - 5 * 8);
});

test("a small request of another waits for none of them", async () => {
  const { clock, began, ask } = sharing();
  ask("b", 1);
  ask("a", 20, 40);
  let others = 0;
  await clock.run(() => {
    if (others++ < 10) ask("b", 1);
  });
  const waited = began.get("b")!;
  expect(waited).toHaveLength(11);
  expect(Math.max(...waited)).toBeLessThan(Math.max(...began.get("a")!));
});

test("nobody is held back for longer than a request may be", async () => {
  const { clock, began, ask } = sharing();
  ask("b", 1);
  ask("a", 4, 1_000);
  await clock.run();
  expect(began.get("a")).toHaveLength(1_000);
  expect(Math.max(...began.get("a")!)).toBe(LIMITS.paceMs);
});

test("others that came a while ago are no company any more", async () => {
  const { clock, began, ask } = sharing();
  ask("b", 1);
  ask("a", 4, 5);
  await clock.run();
  clock.at += LIMITS.besideMs;
  const at = clock.at;
  began.clear();
  ask("a", 4, 50);
  await clock.run();
  expect(new Set(began.get("a"))).toEqual(new Set([at]));
});

test("what many callers have asked is forgotten", async () => {
  const { clock, pace, ask } = sharing();
  for (let i = 0; i < 3_000; i++) {
    ask(`caller ${i}`, 1);
    clock.at += 1;
  }
  await clock.run();
  expect(pace.callers).toBeLessThan(1_100);
});

describe("the work of a request", () => {
  const write = (bytes?: number): number =>
    workOf(
      new Request("http://minuet/api/v1/points", {
        method: "POST",
        headers: bytes === undefined ? {} : { "content-length": String(bytes) },
      }),
    );

  test("grows with its body, of large ones less", () => {
    expect(workOf(new Request("http://minuet/api/v1/query"))).toBe(LIMITS.workOfQueryMs);
    expect(write(0)).toBeLessThan(LIMITS.workOfQueryMs);
    const [small, large] = [write(LIMITS.largeBodyBytes), write(2 * LIMITS.largeBodyBytes)];
    expect(small).toBeGreaterThan(5 * LIMITS.workOfQueryMs);
    expect(large - small).toBeLessThan(small / 2);
    expect(large).toBeGreaterThan(small);
  });

  test("of a body whose length nobody tells is that of a large one", () => {
    expect(write()).toBe(write(LIMITS.largeBodyBytes));
  });
});
