// Callers of one isolate share its time, and who is alone has all of it. Time is simulated.

import { describe, expect, test } from "vitest";
import { ADMINISTRATOR } from "../../../src/core/caller.ts";
import * as LIMITS from "../../../src/core/limits.ts";
import { Pace, workOf } from "../../../src/worker/pace.ts";
import { Waits } from "../../support/waits.ts";

interface Sharing {
  readonly clock: Waits;
  readonly pace: Pace;
  /** How many have been held back. */
  readonly held: { readonly count: number };
  /** Of each request, when it began. */
  readonly began: Map<string, number[]>;
  /** So many at once. */
  ask(caller: string, workMs: number, count?: number): void;
}

function sharing(): Sharing {
  const clock = new Waits();
  const held = { count: 0 };
  const wait = (ms: number): Promise<void> => {
    held.count++;
    return clock.wait(ms);
  };
  const pace = new Pace({ now: clock.now, wait });
  const began = new Map<string, number[]>();
  const ask = (caller: string, workMs: number, count = 1): void => {
    for (let i = 0; i < count; i++)
      void pace
        .begin(caller, workMs)
        .then(() => began.set(caller, [...(began.get(caller) ?? []), clock.at]));
  };
  return { clock, pace, began, held, ask };
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
});

test("when the isolate has stood still, what was held back begins one after the other", async () => {
  const { clock, began, ask } = sharing();
  ask("b", 1);
  ask("a", 4, 40);
  let stood = false;
  await clock.run(() => {
    if (clock.at < 100 || stood) return;
    stood = true;
    clock.at += 100;
  });
  const times = began.get("a")!;
  expect(times).toHaveLength(40);
  const late = times.filter((at) => at >= 200);
  expect(late.length).toBeGreaterThan(15);
  for (const [i, at] of late.entries())
    if (i > 0) expect(at - late[i - 1]!).toBeGreaterThanOrEqual(6);
  // They catch up.
  expect(Math.max(...times)).toBeLessThan(8 * 39 - LIMITS.paceBurstMs + 100);
});

test("while it goes on, nobody waits for longer than their part of the time", async () => {
  const { clock, began, ask } = sharing();
  // A flood of large ones, and then, alone for a while, small ones with company.
  ask("b", 1);
  ask("a", 400, 20);
  await clock.run();
  expect(Math.max(...began.get("a")!)).toBeLessThanOrEqual(LIMITS.paceMs);
  clock.at += 1;
  ask("a", 4);
  await clock.run();
  began.clear();
  const from = clock.at;
  ask("b", 1);
  ask("a", 4, 20);
  await clock.run();
  expect(began.get("a")).toEqual(
    Array.from({ length: 20 }, (_, i) => from + Math.max(0, 8 * i - LIMITS.paceBurstMs)),
  );
});

test("a clock that is set back meanwhile holds nobody back for as long as that", async () => {
  const clock = new Waits();
  const waits: number[] = [];
  const wait = (ms: number): Promise<void> => {
    waits.push(ms);
    return clock.wait(ms);
  };
  let back = 0;
  const pace = new Pace({ now: () => clock.at - back, wait });
  void pace.begin("b", 1);
  for (let i = 0; i < 20; i++) void pace.begin("a", 4);
  await clock.run(() => {
    if (clock.at >= 20) back = 3_600_000;
  });
  expect(back).toBeGreaterThan(0);
  expect(Math.max(...waits)).toBeLessThanOrEqual(LIMITS.paceMs);
});

test("who was refused counts four times, until something is answered", async () => {
  const { clock, pace, began, ask } = sharing();
  const spread = async (): Promise<number> => {
    began.clear();
    clock.at += 2 * LIMITS.paceMs;
    ask("b", 1);
    ask("a", 4, 20);
    await clock.run();
    return Math.max(...began.get("a")!) - Math.min(...began.get("a")!) + LIMITS.paceBurstMs;
  };
  const once = await spread();
  pace.ended("a", true);
  pace.ended("nobody", true);
  expect(await spread()).toBe(4 * once);
  pace.ended("a", false);
  expect(await spread()).toBe(once);
});

test("of three each shares, and what another asks meanwhile waits for nothing", async () => {
  const { clock, held, began, ask } = sharing();
  ask("b", 1);
  for (const caller of ["a", "c"]) ask(caller, 20, 40);
  let asked = 0;
  await clock.run(() => {
    const before = held.count;
    if (asked++ < 20) ask("b", 1);
    expect(held.count).toBe(before);
  });
  expect(began.get("b")).toHaveLength(21);
  for (const caller of ["a", "c"]) expect(Math.max(...began.get(caller)!)).toBeGreaterThan(500);
});

test("the administrator has no company of themselves", async () => {
  const { clock, began, ask } = sharing();
  ask(ADMINISTRATOR.id, 4, 100);
  await clock.run();
  expect(new Set(began.get(ADMINISTRATOR.id))).toEqual(new Set([0]));
});

test("nobody is held back for longer than a request may be, nor after what they sent", async () => {
  const { clock, began, ask } = sharing();
  // A flood of ten times as much as there is time for.
  for (let i = 0; i < 100; i++) {
    ask("b", 1);
    ask("a", 100, 10);
    await clock.run();
    clock.at += 100;
  }
  expect(began.get("a")).toHaveLength(1_000);
  began.clear();
  const from = clock.at;
  ask("b", 1);
  ask("a", 4, 1_000);
  await clock.run();
  expect(Math.max(...began.get("a")!) - from).toBe(LIMITS.paceMs);
  began.clear();
  clock.at += LIMITS.paceMs;
  const later = clock.at;
  ask("b", 1);
  ask("a", 4);
  await clock.run();
  expect(began.get("a")).toEqual([later]);
});

test("others that came a while ago are no company any more", async () => {
  const { clock, began, ask } = sharing();
  ask("b", 1);
  clock.at += LIMITS.paceCompanyMs;
  ask("a", 4, 50);
  await clock.run();
  expect(new Set(began.get("a"))).toEqual(new Set([LIMITS.paceCompanyMs]));
  ask("b", 1);
  clock.at += LIMITS.paceCompanyMs - 1;
  ask("a", 4, 50);
  await clock.run();
  expect(new Set(began.get("a")).size).toBeGreaterThan(10);
  // The clock is set back by a day.
  clock.at -= 86_400_000;
  began.clear();
  ask("a", 4, 50);
  await clock.run();
  expect(new Set(began.get("a")).size).toBe(1);
});

test("so many callers are known, those that came last", async () => {
  const { clock, pace, ask } = sharing();
  for (let i = 0; i < 3 * LIMITS.pacedCallers; i++) {
    ask(`caller ${i}`, 1);
    clock.at += 10;
  }
  await clock.run();
  expect(pace.callers).toBe(LIMITS.pacedCallers);
});

describe("the work of a request", () => {
  const write = (bytes?: number, headers: Readonly<Record<string, string>> = {}): number =>
    workOf(
      "write",
      new Request("http://minuet/api/v1/points", {
        method: "POST",
        body: "[]",
        headers: { ...headers, ...(bytes !== undefined && { "content-length": String(bytes) }) },
      }),
    );

  test("grows with its body, of large ones less", () => {
    const query = new Request("http://minuet/api/v1/query", { method: "POST", body: "query=x" });
    expect(workOf("read", query)).toBe(LIMITS.workOfQueryMs);
    expect(write(0)).toBeLessThan(LIMITS.workOfQueryMs);
    const [small, large] = [write(LIMITS.largeBodyBytes), write(2 * LIMITS.largeBodyBytes)];
    expect(small).toBeGreaterThan(2 * LIMITS.workOfQueryMs);
    expect(large - small).toBeLessThan(small / 2);
    expect(large).toBeGreaterThan(small);
    expect(write(1_000, { "content-encoding": "gzip" })).toBe(write(4_000));
  });

  test("of a body whose length nobody tells is that of a large one, without a body that of a small one", () => {
    expect(write()).toBe(write(LIMITS.largeBodyBytes));
    expect([write(NaN), write(-1)]).toEqual([write(), write()]);
    expect(write(Infinity)).toBe(write(LIMITS.bodyBytes));
    const bare = new Request("http://minuet/api/v1/validate");
    expect(workOf("write", bare)).toBe(LIMITS.workOfWriteMs);
  });
});
