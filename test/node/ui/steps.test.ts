// Buttons that move the range: by half of what is shown, whatever the first chart is of.

import { signal } from "@preact/signals";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { MINUTE } from "../../../src/core/tiers.ts";
import { view } from "../../../src/ui/models/page.ts";
import { placed } from "../../../src/ui/models/placed.ts";
import { Reading } from "../../../src/ui/models/reading.ts";
import { shift } from "../../../src/ui/models/steps.ts";
import { HOME, panelOf, panelOfExpr } from "../../../src/ui/url.ts";

// The page's address, which its models read as they start.
vi.hoisted(() => vi.stubGlobal("location", new URL("https://minuet.test/")));

/** What is shown ends with the minute. */
const NOON = Date.UTC(2031, 4, 6, 12);
const NOW = NOON + MINUTE / 2;

const before = view.peek();
const pushed = vi.fn<(state: unknown, title: string, address: string) => void>();
beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ["Date"] });
  vi.stubGlobal("history", { state: null, pushState: pushed });
  vi.stubGlobal("requestAnimationFrame", (then: () => void) => setTimeout(then, 0));
  vi.stubGlobal("cancelAnimationFrame", clearTimeout);
  vi.stubGlobal("fetch", (question: string) =>
    Promise.resolve(
      Response.json(
        question.startsWith("/prometheus")
          ? { data: { result: [] } }
          : {
              metric: "cpu",
              resolution: "raw",
              step: 0,
              from: 0,
              to: NOW,
              keptFrom: 0,
              series: [],
            },
      ),
    ),
  );
  view.value = { ...HOME, range: { kind: "last", span: "15m" } };
});
afterEach(() => {
  for (const { reading } of placed.value) reading?.end();
  placed.value = [];
  pushed.mockClear();
  vi.useRealTimers();
});
afterAll(() => {
  view.value = before;
});

/** The range after each, in minutes from noon. */
function moved(...sides: readonly (-1 | 1)[]): (readonly number[])[] {
  return sides.map((side) => {
    shift(side);
    const { range } = view.peek();
    if (range.kind === "last") throw new Error("it still ends now");
    return [range.from, range.to].map((at) => (at - NOON) / MINUTE);
  });
}

test.each([
  ["samples", panelOf("cpu")],
  ["values of an expression", panelOfExpr("sum(cpu)")],
])("a quarter of an hour of %s moves by half of it, and back", async (_, panel) => {
  const reading = new Reading(signal(panel));
  placed.value = [{ key: "0/cpu", index: 0, reading, second: undefined }];
  await expect.poll(() => reading.shown.peek()?.answer.resolution).toBe("raw");
  expect(moved(-1, 1)).toEqual([
    [-23, -7],
    [-15, 1],
  ]);
  expect(pushed.mock.lastCall?.[2]).toContain(`from=${NOON - 15 * MINUTE}&to=${NOON + MINUTE}`);
});

test("so it does before there is an answer", () => {
  expect(moved(-1)).toEqual([[-23, -7]]);
});
