// When the events of a range are asked for: as soon as somebody looks, and again where there was no answer.

import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { DAY, MINUTE } from "../../../src/core/tiers.ts";
import { startEvents } from "../../../src/ui/models/events.ts";
import { view } from "../../../src/ui/models/page.ts";
import { HOME } from "../../../src/ui/url.ts";

// The page's address and its tab, in the background, which its models read as they start.
vi.hoisted(() => {
  vi.stubGlobal("location", new URL("https://minuet.test/"));
  vi.stubGlobal("document", { hidden: true });
});

const before = view.peek();
/** Whether the server answers. */
let answers = false;
const asked = vi.fn<(question: string) => void>();

let onVisibility: (() => void) | undefined;
/** Of a tab that goes to the back, or comes to the front. */
function look(hidden: boolean): void {
  vi.stubGlobal("document", { hidden, addEventListener: (_: string, on: () => void) => (onVisibility = on) }); // prettier-ignore
  onVisibility?.();
}

beforeAll(() => {
  vi.useFakeTimers();
  vi.stubGlobal("fetch", async (question: string) => {
    if (!question.startsWith("/api/v1/events")) return Response.json({ rules: [] });
    asked(question);
    return answers ? Response.json({ events: [] }) : Response.json({}, { status: 503 });
  });
  look(true);
  view.value = { ...HOME, range: { kind: "fixed", from: DAY * 20_000, to: DAY * 20_001 } };
  startEvents();
});
afterAll(() => {
  // They ask nothing more.
  look(true);
  view.value = before;
});

test("a range that is over has them once its tab is seen, and where it fails a minute later", async () => {
  await vi.advanceTimersByTimeAsync(10 * MINUTE);
  expect(asked).not.toHaveBeenCalled();
  look(false);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked).toHaveBeenCalledTimes(1);
  answers = true;
  await vi.advanceTimersByTimeAsync(MINUTE);
  expect(asked).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(10 * MINUTE);
  expect(asked).toHaveBeenCalledTimes(2);
});
