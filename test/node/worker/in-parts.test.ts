// Work on what was gathered, part by part: what it takes is counted after each, and waited for beside others.

import { expect, test } from "vitest";
import { inParts } from "../../../src/worker/read/in-parts.ts";
import { Room, type Share } from "../../../src/worker/room.ts";
import { Waits } from "../../support/waits.ts";

/** Turns that note what becomes of them. */
class Noted {
  readonly seen: string[] = [];

  isOver(done: number): boolean {
    this.seen.push(String(done));
    return done > 5;
  }

  async next(): Promise<void> {
    this.seen.push("next");
  }

  rest(): void {
    this.seen.push("rest");
  }
}

/** Parts of so many bytes each, told to a share. */
function working(share: Share, sizes: readonly number[]) {
  const part = share.part();
  let held = 0;
  function* parts(): Generator<number, string> {
    for (const bytes of sizes) {
      held += bytes;
      yield bytes;
    }
    return "done";
  }
  return { parts: parts(), hold: () => part(held) };
}

test("goes on while there is room, and gives others their turn", async () => {
  const share = new Room(new Waits(), 48, 32).enter();
  const turns = new Noted();
  const { parts, hold } = working(share, [3, 9, 4]);
  expect(await inParts(parts, turns, share, hold)).toEqual({ ok: true, value: "done" });
  expect(share.granted).toBe(16);
  expect(turns.seen).toEqual(["3", "9", "next", "4", "rest"]);
});

test("waits for what others hold, and keeps no turn meanwhile", async () => {
  const clock = new Waits();
  const room = new Room(clock, 48, 32);
  const large = room.enter();
  large.hold(32);
  expect(await large.settled()).toBeUndefined();
  const share = room.enter();
  const turns = new Noted();
  const { parts, hold } = working(share, [3, 5, 1]);
  const work = inParts(parts, turns, share, hold);
  let steps = 0;
  await clock.run(() => {
    if (++steps === 3) {
      // The last part has not begun.
      expect(turns.seen).toEqual(["3", "rest"]);
      large.leave();
    }
  });
  expect(await work).toEqual({ ok: true, value: "done" });
  expect(turns.seen).toEqual(["3", "rest", "5", "1", "rest"]);
});

test("ends with an error where it is too much, and where a part fails", async () => {
  const share = new Room(new Waits(), 48, 32).enter();
  const turns = new Noted();
  const { parts, hold } = working(share, [20, 20, 1]);
  expect(await inParts(parts, turns, share, hold)).toMatchObject({
    ok: false,
    error: { kind: "too_large", limit: "queryBytes" },
  });
  expect(turns.seen).toEqual(["20", "next", "rest", "rest"]);
  function* broken(): Generator<number, string> {
    yield 1;
    throw new Error("broken");
  }
  turns.seen.length = 0;
  await expect(inParts(broken(), turns, undefined, () => {})).rejects.toThrow("broken");
  expect(turns.seen).toEqual(["1", "rest"]);
});
