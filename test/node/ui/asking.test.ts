// How often a panel asks: once for what it shows, and again only when there is news that no socket tells.

import { signal } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
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

/** A panel is seen: its socket is about to open, and its first question is on its way. */
let live: ReturnType<typeof feed>;
let reading: Reading;
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
  live = feed();
  reading = new Reading(signal(panelOf("cpu")));
});
afterEach(() => {
  reading.end();
  feeds.value = new Map();
  vi.useRealTimers();
});

/** So much later, so many questions have been asked in all. */
async function asks(times: number, ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  expect(asked).toHaveBeenCalledTimes(times);
}

test("a socket that opens while the first question is on its way does not double it", async () => {
  live.snapshot();
  await answer();
  await asks(1, 900);
  // What came between the question and the snapshot is asked for: a panel that is still there has it.
  await asks(2, 200);
  await answer();
  await asks(2, 10_000);
});

test("nor does one that opens after the first answer", async () => {
  await answer();
  live.snapshot();
  await asks(1, 900);
  await asks(2, 200);
});

test("a panel that has gone asks nothing more", async () => {
  live.snapshot();
  await answer();
  reading.end();
  await asks(1, 10_000);
});

describe("when a socket comes back,", () => {
  beforeEach(async () => {
    live.snapshot();
    await answer();
    await asks(2, 1_100);
  });

  test("it is asked at once what lies between", async () => {
    await answer();
    await asks(2, 30_000);
    live.snapshot();
    await asks(3, 0);
  });

  test("a question that hangs since is asked anew", async () => {
    await asks(2, 5_000);
    live.snapshot();
    await asks(3, 0);
  });

  test("one that is on its way since a moment is waited for", async () => {
    live.snapshot();
    await asks(2, 2_000);
  });
});
