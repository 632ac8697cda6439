// How often a panel asks: once for what it shows, and again only when there is news that no socket tells.

import { signal } from "@preact/signals";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MINUTE } from "../../../src/core/tiers.ts";
import { type Connection, feeds, type Listener } from "../../../src/ui/models/feeds.ts";
import { Reading } from "../../../src/ui/models/reading.ts";
import { Tail } from "../../../src/ui/models/tail.ts";
import { panelOf } from "../../../src/ui/url.ts";

// The page's address, which its models read as they start.
vi.hoisted(() => vi.stubGlobal("location", new URL("https://minuet.test/?metric=cpu")));

const NOW = Date.UTC(2031, 4, 6, 12);

/** The live socket of "cpu", which tells what the test says. */
function feed() {
  const listeners = new Set<Listener>();
  const made = {
    connection: signal<Connection>({ kind: "connecting" }),
    lastAt: signal(0),
    removed: signal(false),
    tail: undefined as Tail | undefined,
    listen: (listener: Listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    hurry: () => {},
    close: () => {},
    /** What a socket that is open says first. */
    snapshot: () => {
      const from = NOW - 5 * MINUTE;
      made.tail = new Tail({
        type: "snapshot",
        metric: "cpu",
        step: MINUTE,
        at: NOW,
        from,
        series: [],
      });
      for (const listener of listeners) listener(true);
    },
  };
  feeds.value = new Map([["cpu", made]]);
  return made;
}

/** Ends of questions that are on their way. */
let answers: (() => void)[] = [];
const asked = vi.fn<(question: string) => void>();
/** Answers all, and lets what follows from it happen. */
async function answer(): Promise<void> {
  for (const end of answers.splice(0)) end();
  await vi.advanceTimersByTimeAsync(0);
}

let reading: Reading | undefined;
beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  asked.mockClear();
  answers = [];
  vi.stubGlobal("document", { visibilityState: "visible" });
  vi.stubGlobal("requestAnimationFrame", (then: () => void) => setTimeout(then, 16));
  vi.stubGlobal("cancelAnimationFrame", clearTimeout);
  vi.stubGlobal("fetch", async (question: string) => {
    asked(question);
    await new Promise<void>((end) => answers.push(end));
    const body = { metric: "cpu", resolution: "minute", step: MINUTE, keptFrom: 0, series: [] };
    return Response.json({ ...body, from: NOW - 60 * MINUTE, to: NOW });
  });
});
afterEach(() => {
  reading?.end();
  feeds.value = new Map();
  vi.useRealTimers();
});

test("a socket that opens while the first question is on its way does not double it", async () => {
  const live = feed();
  reading = new Reading(signal(panelOf("cpu")));
  live.snapshot();
  await answer();
  await vi.advanceTimersByTimeAsync(900);
  expect(asked).toHaveBeenCalledTimes(1);
  // What came between the question and the snapshot is asked for: a panel that is still there has it.
  await vi.advanceTimersByTimeAsync(200);
  expect(asked).toHaveBeenCalledTimes(2);
  await answer();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).toHaveBeenCalledTimes(2);
});

test("nor does one that opens after the first answer", async () => {
  const live = feed();
  reading = new Reading(signal(panelOf("cpu")));
  await answer();
  live.snapshot();
  await vi.advanceTimersByTimeAsync(900);
  expect(asked).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(asked).toHaveBeenCalledTimes(2);
});

test("a panel that has gone asks nothing more", async () => {
  const live = feed();
  reading = new Reading(signal(panelOf("cpu")));
  live.snapshot();
  await answer();
  reading.end();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).toHaveBeenCalledTimes(1);
});

test("a socket that comes back later is asked about at once", async () => {
  const live = feed();
  reading = new Reading(signal(panelOf("cpu")));
  live.snapshot();
  await answer();
  await vi.advanceTimersByTimeAsync(1_100);
  await answer();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(asked).toHaveBeenCalledTimes(2);
  live.snapshot();
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toHaveBeenCalledTimes(3);
});

test("a question that hangs as a socket comes back is asked anew", async () => {
  const live = feed();
  reading = new Reading(signal(panelOf("cpu")));
  live.snapshot();
  await answer();
  await vi.advanceTimersByTimeAsync(1_100);
  expect(asked).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(5_000);
  live.snapshot();
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toHaveBeenCalledTimes(3);
});
