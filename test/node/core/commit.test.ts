// Group commit: who is in a hurry waits for nobody; who is not shares a row with others, and is kept
// waiting no longer than is promised.

import fc from "fast-check";
import { expect, test } from "vitest";
import * as LIMITS from "../../../src/core/limits.ts";
import type { Append, Appended } from "../../../src/durable/admit.ts";
import { GroupCommit } from "../../../src/durable/commit.ts";
import { Senders } from "../../../src/durable/senders.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const START = Date.UTC(2026, 10, 29);
const SLOW_DISK = 15;
const APPEND: Append = { batches: [], layout: 1, attempt: undefined, repeats: false };
const STORED: Appended = { kind: "stored", accepted: 1, duplicate: false, rejected: [] };

function start() {
  const clock = new VirtualClock(START);
  /** How many requests each commit has stored, and when. */
  const groups: { readonly at: number; readonly size: number }[] = [];
  const commit = new GroupCommit({
    before: () => undefined,
    store: (group) => {
      groups.push({ at: clock.now() - START, size: group.length });
      return group.map(() => STORED);
    },
    sync: () => clock.wait(SLOW_DISK),
    now: clock.now,
    wait: clock.wait,
  });
  const waits: number[] = [];
  const send = async (sender: string | undefined, bytes = 100): Promise<void> => {
    const at = clock.now();
    await commit.add(APPEND, bytes, sender);
    waits.push(clock.now() - at);
  };
  const sendAt = (at: number, sender: string | undefined, bytes?: number): void =>
    clock.at(START + at, () => void send(sender, bytes));
  return { clock, groups, waits, send, sendAt };
}

test("the first of agents is stored at once, those right after it together", async () => {
  const { clock, groups, waits, sendAt } = start();
  for (const [i, at] of [0, 40, 90, 200].entries()) sendAt(at, `10.0.0.${i}`);
  await clock.until(START + 1_000);
  expect(groups).toEqual([
    { at: 2, size: 1 },
    { at: 252, size: 3 },
  ]);
  expect(waits).toEqual([2, 212, 162, 52]);
});

test("who sends again soon, or is not known, takes all along at once", async () => {
  for (const hurried of ["10.0.0.1", undefined]) {
    const { clock, groups, sendAt } = start();
    sendAt(0, "10.0.0.1");
    sendAt(60, "10.0.0.2");
    sendAt(80, hurried);
    await clock.until(START + 1_000);
    expect(groups).toEqual([
      { at: 2, size: 1 },
      { at: 80, size: 2 },
    ]);
  }
});

test("one after the other, each answer awaited: as fast as the disk", async () => {
  const { clock, groups, send } = start();
  const all = (async () => {
    for (let i = 0; i < 20; i++) await send("10.0.0.1");
  })();
  await clock.until(START + 1_000);
  await all;
  expect(groups).toHaveLength(20);
  expect(groups.at(-1)!.at).toBeLessThanOrEqual(20 * (SLOW_DISK + LIMITS.gatherMs));
});

test("much that waits is stored without waiting for more", async () => {
  const { clock, groups, sendAt } = start();
  sendAt(0, "10.0.0.1");
  sendAt(30, "10.0.0.2");
  sendAt(50, "10.0.0.3", LIMITS.pendingBytes / 4);
  await clock.until(START + 1_000);
  expect(groups.map(({ at }) => at)).toEqual([2, 50, 50 + SLOW_DISK]);
});

test("a commit stores no more at once: small requests wait for one large one, and no large one for ever", async () => {
  const { clock, groups, waits, sendAt } = start();
  const large = LIMITS.groupBytes * 0.8;
  for (const bytes of [large, large, 100, large, 2 * LIMITS.groupBytes, 100])
    sendAt(0, "10.0.0.1", bytes);
  await clock.until(START + 1_000);
  expect(groups).toEqual([
    { at: 2, size: 3 },
    { at: 17, size: 1 },
    { at: 32, size: 1 },
    { at: 47, size: 1 },
  ]);
  expect(waits).toEqual([2, 2, 2, 17, 32, 47]);
});

test("a clock that is set back makes nobody wait", async () => {
  const { clock, groups, send } = start();
  void send("10.0.0.1");
  await clock.until(START + 20);
  clock.set(START - 3_600_000);
  void send("10.0.0.2");
  await clock.until(START - 3_600_000 + 5);
  expect(groups).toHaveLength(2);
});

test("however many send: all are stored in their order, nobody waits longer, and few rows are written", async () => {
  const arrivals = fc.array(
    fc.record({ at: fc.integer({ min: 0, max: 5_000 }), sender: fc.nat({ max: 40 }) }),
    { maxLength: 60 },
  );
  await fc.assert(
    fc.asyncProperty(arrivals, async (list) => {
      const { clock, groups, waits, sendAt } = start();
      for (const { at, sender } of list) sendAt(at, String(sender));
      await clock.until(START + 10_000);
      expect(waits).toHaveLength(list.length);
      expect(groups.reduce((sum, { size }) => sum + size, 0)).toBe(list.length);
      for (const wait of waits)
        expect(wait).toBeLessThanOrEqual(LIMITS.companyMs + SLOW_DISK + LIMITS.gatherMs);
      const isInHurry = new Set(list.map(({ sender }) => sender)).size < list.length;
      if (!isInHurry) expect(groups.length).toBeLessThanOrEqual(5_100 / LIMITS.companyMs + 1);
    }),
    { numRuns: 60 },
  );
});

test("senders are forgotten, and bounded", () => {
  const senders = new Senders();
  expect(senders.isInHurry("a", START)).toBe(false);
  expect(senders.isInHurry("a", START + LIMITS.hurryMs - 1)).toBe(true);
  expect(senders.isInHurry("a", START + 4 * LIMITS.hurryMs)).toBe(false);
  for (let i = 1; i < LIMITS.sendersKnown; i++)
    expect(senders.isInHurry(String(i), START + 4 * LIMITS.hurryMs)).toBe(false);
  expect(senders.isInHurry("one more", START + 4 * LIMITS.hurryMs)).toBe(true);
});
