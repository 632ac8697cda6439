// When the events of a range are asked for: as soon as somebody looks, and again where there was no answer.

import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { DAY, MINUTE } from "../../../src/core/tiers.ts";
import { startClock } from "../../../src/ui/models/clock.ts";
import { startEvents } from "../../../src/ui/models/events.ts";
import { view } from "../../../src/ui/models/page.ts";
import { HOME } from "../../../src/ui/url.ts";

// The page's address and its tab, in the background, which its models read as they start.
vi.hoisted(() => {
  vi.stubGlobal("location", new URL("https://minuet.test/"));
  vi.stubGlobal("document", { hidden: true });
});

const before = view.peek();
let end: () => void;
/** What the server answers. */
let status = 503;
const asked = vi.fn<(question: string) => void>();

/** Of a tab that goes to the back, or comes to the front. */
const look = (hidden: boolean): void => void vi.stubGlobal("document", { hidden });

beforeAll(() => {
  vi.useFakeTimers();
  vi.stubGlobal("fetch", async (question: string) => {
    if (!question.startsWith("/api/v1/events")) return Response.json({ rules: [] });
    asked(question);
    return Response.json(status === 200 ? { events: [] } : {}, { status });
  });
  look(true);
  view.value = { ...HOME, range: { kind: "fixed", from: DAY * 20_000, to: DAY * 20_001 } };
  startClock();
  end = startEvents();
});
afterAll(() => {
  end();
  view.value = before;
});

const minutes = async (many: number): Promise<number> => {
  asked.mockClear();
  await vi.advanceTimersByTimeAsync(many * MINUTE);
  return asked.mock.calls.length;
};

test("a range that is over has them once its tab is seen, and where it fails a minute later", async () => {
  expect(await minutes(10)).toBe(0);
  look(false);
  expect(await minutes(3)).toBe(3);
  status = 200;
  // Once more at most, since what comes is not looked at before the next minute.
  expect(await minutes(10)).toBeLessThanOrEqual(2);
  expect(await minutes(10)).toBe(0);
});

test("who may see none is not told so each minute", async () => {
  status = 403;
  view.value = { ...HOME, range: { kind: "fixed", from: DAY * 19_000, to: DAY * 19_001 } };
  expect(await minutes(10)).toBeLessThanOrEqual(2);
  expect(await minutes(10)).toBe(0);
});
