// The rules of alerts on their page: one look that fails takes nothing away, and none tells what was before.

import { afterAll, beforeEach, expect, test, vi } from "vitest";
import { alerts, load, silence } from "../../../src/ui/models/alerts.ts";

// The page's address, which its models read as they start.
vi.hoisted(() => vi.stubGlobal("location", new URL("https://minuet.test/")));

/** Looks at the rules that wait for an answer, the first first. */
let looks: ((answer: Response) => void)[] = [];
const rules = (silencedUntil: number): Response => Response.json({ rules: [{ silencedUntil }] });
const unavailable = (): Response =>
  Response.json({ error: { code: "unavailable", message: "D1 sleeps" } }, { status: 503 });

beforeEach(() => {
  looks = [];
  alerts.value = { kind: "loading" };
  vi.stubGlobal("fetch", (path: string) => {
    if (path.includes("/session")) return Promise.resolve(Response.json({ scope: "admin" }));
    if (path.includes("/silence")) return Promise.resolve(Response.json({}));
    return new Promise((resolve) => looks.push(resolve));
  });
});
afterAll(() => {
  alerts.value = { kind: "loading" };
});

async function looked(answer: Response): Promise<void> {
  const done = load();
  looks.at(-1)!(answer);
  await done;
}
/** What the page shows: until when its rule is silent, and why that is old. */
const shown = () => {
  const { value: now } = alerts;
  return now.kind === "ready" ? [now.rules[0]?.silencedUntil, now.failed] : now.kind;
};

test("rules stay when a look fails, and are said to be old until the next one", async () => {
  await looked(unavailable());
  expect(shown()).toBe("failed");
  await looked(rules(1));
  await looked(unavailable());
  expect(shown()).toEqual([1, "D1 sleeps"]);
  await looked(rules(2));
  expect(shown()).toEqual([2, undefined]);
});

test("a slow look that was sent before a change tells nothing after it", async () => {
  await looked(rules(0));
  const slow = load();
  const changed = silence(1, "+1h");
  await vi.waitFor(() => expect(looks).toHaveLength(3));
  looks[2]!(rules(99));
  await changed;
  looks[1]!(rules(0));
  await slow;
  expect(shown()).toEqual([99, undefined]);
});
