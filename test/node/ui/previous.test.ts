// What is compared with: asked once for what is on view, however often that is told, and said where it fails.

import { signal } from "@preact/signals";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DAY, HOUR, MINUTE } from "../../../src/core/tiers.ts";
import type { Period } from "../../../src/ui/models/earlier.ts";
import { noteServerTime } from "../../../src/ui/models/clock.ts";
import { Previous } from "../../../src/ui/models/previous.ts";
import { ratio } from "../../../src/ui/models/ratio.ts";
import type { Shown } from "../../../src/ui/models/shown.ts";
import { panelOf } from "../../../src/ui/url.ts";

// The page's address, which its models read as they start.
vi.hoisted(() => vi.stubGlobal("location", new URL("https://minuet.test/")));

const NOW = Date.UTC(2031, 4, 6, 12);
const QUESTION = "/api/v1/query?metric=cpu&from=-1h&to=now&resolution=auto";
/** Told anew: another one that is the same. */
const period = (to = NOW, question = QUESTION): Period => ({
  panel: panelOf("cpu"),
  window: { from: to - HOUR, to },
  compare: "day",
  length: HOUR,
  step: MINUTE,
  resolution: "minute",
  question,
});

/** Questions on their way, the first first. */
let asked: { readonly signal: AbortSignal; readonly end: (answer: Response) => void }[] = [];
/** Answers the last: with a point at the start of the day before. */
async function answer(): Promise<void> {
  const [t, one] = [[NOW - DAY - HOUR], [1]];
  const columns = { avg: one, min: one, max: one, sum: one, count: one, first: one, last: one };
  const body = { metric: "cpu", resolution: "minute", step: MINUTE, keptFrom: 0 };
  const times = { from: NOW - DAY - HOUR, to: NOW - DAY };
  const series = [{ labels: {}, t, ...columns }];
  asked.at(-1)!.end(Response.json({ ...body, ...times, series }));
  await settled();
}
async function fail(): Promise<void> {
  asked
    .at(-1)!
    .end(Response.json({ error: { code: "unavailable", message: "D1 sleeps" } }, { status: 503 }));
  await settled();
}
const settled = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 0));

const shown = signal<Period | undefined>(undefined);
let previous: Previous;
beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ["Date"] });
  asked = [];
  vi.stubGlobal(
    "fetch",
    (_: string, { signal }: { readonly signal: AbortSignal }) =>
      new Promise<Response>((resolve, reject) => {
        signal.addEventListener("abort", () => reject(new Error("dropped")));
        asked.push({ signal, end: resolve });
      }),
  );
  shown.value = period();
  previous = new Previous(shown);
});
afterEach(() => {
  previous.end();
  noteServerTime(NOW);
  vi.useRealTimers();
});

/** When points are drawn of it, and why there are none. */
const drawn = (question = QUESTION) => {
  const before = previous.of(question);
  return before && { t: before.series.flatMap(({ t }) => t), failed: before.failed };
};

test("a period that is told anew each second keeps its question on the way", async () => {
  for (let i = 0; i < 5; i++) shown.value = period();
  expect(asked).toHaveLength(1);
  expect(asked[0]!.signal.aborted).toBe(false);
  await answer();
  expect(drawn()).toEqual({ t: [NOW - HOUR], failed: undefined });
  shown.value = period();
  expect(asked).toHaveLength(1);
});

test("another window drops it; so does the end", async () => {
  shown.value = period(NOW + MINUTE);
  expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, false]);
  previous.end();
  expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, true]);
});

test("what is known stays when the same is asked in other words, also on the way", async () => {
  shown.value = period(NOW, "in other words");
  await answer();
  expect(drawn("in other words")?.t).toEqual([NOW - HOUR]);
  shown.value = period();
  expect(drawn()?.t).toEqual([NOW - HOUR]);
  expect(asked).toHaveLength(1);
});

test("a failure is told, and tried again with the next minute, not with each second", async () => {
  await fail();
  expect(drawn()).toEqual({ t: [], failed: "D1 sleeps" });
  shown.value = period();
  expect(asked).toHaveLength(1);
  noteServerTime(NOW + MINUTE);
  expect(asked).toHaveLength(2);
  expect(drawn()?.failed).toBe("D1 sleeps");
  await answer();
  expect(drawn()).toEqual({ t: [NOW - HOUR], failed: undefined });
});

test("what is drawn stays when the next window cannot be asked for, and that is told", async () => {
  await answer();
  shown.value = period(NOW + MINUTE);
  await fail();
  expect(drawn()).toEqual({ t: [NOW - HOUR], failed: "D1 sleeps" });
});

test("a ratio tells it as well, whichever of its two it is of", async () => {
  await fail();
  const failed = previous.of(QUESTION)!;
  const { failed: _, ...whole } = failed;
  const shownWith = (before: NonNullable<Shown["before"]>): Shown => ({
    answer: whole,
    from: NOW - HOUR,
    to: NOW,
    partialFrom: Infinity,
    current: true,
    before,
  });
  const [one, other] = [panelOf("cpu"), panelOf("all")];
  const toldOf = (a: Shown, b: Shown) =>
    ratio({ ...one, over: "all" }, other, a, b)?.before?.failed;
  expect(toldOf(shownWith(failed), shownWith(whole))).toBe("D1 sleeps");
  expect(toldOf(shownWith(whole), shownWith(failed))).toBe("D1 sleeps");
  expect(toldOf(shownWith(whole), shownWith(whole))).toBeUndefined();
});
