// Jobs that draw take turns: a frame that has spent its time leaves the rest to the next, the latest
// job of an owner is the one that runs, and trifles wait for what is awaited.

import { beforeEach, expect, test, vi } from "vitest";
import type * as Frames from "../../../src/ui/chart/frames.ts";

/** Frames that wait to be run, and the clock, ms. */
let frames: (() => void)[] = [];
let clock = 0;
let queue: typeof Frames;

beforeEach(async () => {
  frames = [];
  clock = 0;
  vi.resetModules();
  vi.stubGlobal("requestAnimationFrame", (then: () => void) => frames.push(then));
  vi.spyOn(performance, "now").mockImplementation(() => clock);
  queue = await import("../../../src/ui/chart/frames.ts");
});

/** Runs what was asked for the next frame, and all that follows within it. */
async function frame(): Promise<void> {
  const now = frames;
  frames = [];
  for (const run of now) run();
  await new Promise((done) => setTimeout(done));
}

/** Runs frames until nothing is left; what happened in each. */
async function all(log: string[]): Promise<string[]> {
  const seen: string[] = [];
  for (let i = 0; frames.length > 0 && i < 100; i++) {
    log.length = 0;
    await frame();
    seen.push(log.join(" "));
  }
  return seen;
}

const owners = { a: {}, b: {}, c: {}, d: {} };
const costing = (log: string[], name: string, ms: number) => (): void => {
  log.push(name);
  clock += ms;
};

test("a frame takes what fits, at least one", async () => {
  const log: string[] = [];
  queue.soon(owners.a, costing(log, "a", 100));
  queue.soon(owners.b, costing(log, "b", 1));
  queue.soon(owners.c, costing(log, "c", 1));
  queue.soon(owners.d, costing(log, "d", 1));
  expect(await all(log)).toEqual(["a", "b c d"]);
});

test("what a job renders counts as well", async () => {
  const log: string[] = [];
  // As Preact does: in a microtask.
  queue.soon(owners.a, () => queueMicrotask(costing(log, "a", 100)));
  queue.soon(owners.b, costing(log, "b", 1));
  expect(await all(log)).toEqual(["a", "b"]);
});

test("a later job takes the place of the one before; who leaves has none", async () => {
  const log: string[] = [];
  queue.soon(owners.a, costing(log, "old", 1));
  queue.soon(owners.b, costing(log, "b", 1));
  queue.soon(owners.a, costing(log, "new", 1));
  queue.forget(owners.b);
  expect(await all(log)).toEqual(["new"]);
});

test("all have their turn, whoever comes back", async () => {
  const log: string[] = [];
  const again = (): void => {
    costing(log, "a", 100)();
    if (clock < 350) queue.soon(owners.a, again);
  };
  queue.soon(owners.a, again);
  queue.soon(owners.b, costing(log, "b", 100));
  expect(await all(log)).toEqual(["a", "b", "a", "a"]);
});

test("a job that throws does not end the others", async () => {
  const log: string[] = [];
  const thrown = vi.fn<(error: unknown) => void>();
  process.once("unhandledRejection", thrown);
  queue.soon(owners.a, () => {
    throw new Error("of a");
  });
  queue.soon(owners.b, costing(log, "b", 1));
  await all(log);
  expect(log).toEqual(["b"]);
  expect(thrown).toHaveBeenCalledOnce();
});

test("trifles come after panels, and when nothing is awaited any more", async () => {
  const log: string[] = [];
  const arrived = [queue.awaiting(), queue.awaiting()];
  queue.later(owners.a, costing(log, "line", 1));
  queue.soon(owners.b, costing(log, "panel", 1));
  expect(await all(log)).toEqual(["panel"]);
  arrived[0]!();
  arrived[0]!();
  expect((await all(log)).join("")).toBe("");
  arrived[1]!();
  // The frame that draws what has arrived is not theirs.
  expect(await all(log)).toEqual(["", "line"]);
});

test("an answer that never comes does not hold them for ever", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const log: string[] = [];
  queue.awaiting();
  queue.later(owners.a, costing(log, "line", 1));
  expect(frames).toEqual([]);
  vi.advanceTimersByTime(300);
  vi.useRealTimers();
  expect(await all(log)).toEqual(["", "line"]);
});
