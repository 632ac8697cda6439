// The room that reads of an isolate share: never more is held than there is, nobody waits in vain, and whoever
// cannot wait longer is told so. Time is simulated.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as LIMITS from "../../../src/core/limits.ts";
import { Room, type Share } from "../../../src/worker/room.ts";
import { Waits } from "../../support/waits.ts";

const BYTES = 48;
const OF_ONE = 32;

function rooms(): { clock: Waits; room: Room } {
  const clock = new Waits();
  return { clock, room: new Room(clock, BYTES, OF_ONE) };
}

test("that of an isolate is as large as the limits say", async () => {
  const clock = new Waits();
  const room = new Room(clock);
  const read = (bytes: number): { readonly share: Share; readonly ends: Promise<unknown> } => {
    const share = room.enter();
    share.hold(bytes);
    return { share, ends: Promise.resolve(share.settled()).then((error) => error?.kind) };
  };
  expect(await read(LIMITS.queryBytes + 1).ends).toBe("too_large");
  expect(await read(LIMITS.queryBytes).ends).toBeUndefined();
  const quarter = (LIMITS.isolateQueryBytes - LIMITS.queryBytes) / 4;
  for (let i = 0; i < 4; i++) expect(await read(quarter).ends).toBeUndefined();
  expect(room.held).toBe(LIMITS.isolateQueryBytes);
});

test("what is kept for later is told to give way each time that somebody got room", async () => {
  const { room } = rooms();
  const told: number[] = [];
  room.onGrant = () => void told.push(room.held);
  const share = room.enter();
  share.hold(OF_ONE);
  expect(await share.settled()).toBeUndefined();
  expect(await room.enter().settled()).toBeUndefined();
  expect(told).toEqual([OF_ONE]);
});

interface Read {
  /** What is gathered one after the other, and how long each takes, ms. */
  readonly parts: readonly { readonly bytes: number; readonly ms: number }[];
}

type Outcome = "answered" | "too_large" | "unavailable";

async function read({ parts }: Read, share: Share, clock: Waits): Promise<Outcome> {
  try {
    for (const { bytes, ms } of parts) {
      share.hold(bytes);
      const error = await share.settled();
      if (error !== undefined) return error.kind as Outcome;
      await clock.wait(ms);
    }
    return "answered";
  } finally {
    share.leave();
  }
}

const partsOf = (bytes: readonly number[], ms: number): Read => ({
  parts: bytes.map((one) => ({ bytes: one, ms })),
});

describe("what reads hold", () => {
  test("is never more than the room, and each is answered but for what is too much alone", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            starts: fc.nat(50),
            parts: fc.array(
              fc.record({ bytes: fc.integer({ min: -10, max: 20 }), ms: fc.nat(40) }),
              { minLength: 1, maxLength: 8 },
            ),
          }),
          { maxLength: 12 },
        ),
        async (reads) => {
          const { clock, room } = rooms();
          const outcomes = reads.map(async (one) => {
            await clock.wait(one.starts);
            return read(one, room.enter(), clock);
          });
          await clock.run(() => expect(room.held).toBeLessThanOrEqual(BYTES));
          const most = reads.map(({ parts }) => {
            let [held, most] = [0, 0];
            for (const { bytes } of parts)
              most = Math.max(most, (held = Math.max(0, held + bytes)));
            return most;
          });
          expect(await Promise.all(outcomes)).toEqual(
            most.map((one) => (one > OF_ONE ? "too_large" : "answered")),
          );
          expect(room.held).toBe(0);
          expect(room.peak).toBeLessThanOrEqual(BYTES);
        },
      ),
      { numRuns: 300 },
    ));

  test("the largest are read one after the other, small ones beside them", async () => {
    const { clock, room } = rooms();
    const ended: string[] = [];
    const run = async (name: string, one: Read): Promise<void> => {
      expect(await read(one, room.enter(), clock)).toBe("answered");
      ended.push(`${name} at ${Math.round(clock.at / 10) * 10}`);
    };
    void run("a", partsOf([10, 10, 10], 100));
    void run("b", partsOf([10, 10, 10], 100));
    void run("c", partsOf([10, 10, 10], 100));
    void run("small", partsOf([1, 1], 50));
    await clock.run();
    expect(ended).toEqual(["small at 100", "a at 300", "b at 600", "c at 900"]);
  });

  test("who waits too long is told to come again, and no more is held for it", async () => {
    const { clock, room } = rooms();
    // They go on, and are heard of.
    const goesOn = (bytes: number): Read =>
      partsOf([bytes, 0, 0, 0, 0, 0, 0, 0], LIMITS.roomMs / 4);
    const large = read(goesOn(32), room.enter(), clock);
    const others = [1, 2, 3, 4].map(() => read(goesOn(4), room.enter(), clock));
    const late = room.enter();
    late.hold(1);
    const full = late.settled()!.then((error) => {
      late.leave();
      return { error, at: clock.at };
    });
    await clock.run();
    expect(await full).toMatchObject({
      at: expect.closeTo(LIMITS.roomMs, -2),
      error: {
        kind: "unavailable",
        message: expect.stringContaining("limit isolateQueryBytes"),
        retryAfterSec: 5,
      },
    });
    expect(await Promise.all([large, ...others])).toEqual(Array(5).fill("answered"));
  });

  test("what is too much alone names the limit, at once", async () => {
    const { clock, room } = rooms();
    const share = room.enter();
    share.hold(OF_ONE + 1);
    expect(await share.settled()).toMatchObject({ kind: "too_large", limit: "queryBytes" });
    expect(clock.at).toBe(0);
  });

  test("a request that is gone is not waited for", async () => {
    const { clock, room } = rooms();
    const gone = room.enter();
    gone.hold(32);
    expect(gone.settled()).toBeUndefined();
    clock.at = LIMITS.roomSilenceMs;
    const [one, other] = [room.enter(), room.enter()];
    one.hold(32);
    const waits = one.settled()!;
    await clock.run();
    expect(await waits).toBeUndefined();
    // It is not: it waits as others do.
    expect(room.held).toBe(32);
    other.hold(4);
    expect(other.settled()).toBeUndefined();
    gone.hold(1);
    const late = gone.settled()!;
    one.leave();
    await clock.run();
    expect(await late).toMatchObject({ kind: "too_large" });
  });
});

test("what is gone keeps nobody waiting for as long as they may wait", async () => {
  const { clock, room } = rooms();
  const gone = room.enter();
  gone.hold(20);
  expect(gone.settled()).toBeUndefined();
  const next = room.enter();
  next.hold(20);
  const waits = next.settled();
  await clock.run();
  expect(await waits).toBeUndefined();
  expect(clock.at).toBeGreaterThan(LIMITS.roomSilenceMs);
  expect(clock.at).toBeLessThan(LIMITS.roomMs);
});

test("what goes on beside a part that failed holds nothing when the answer is over", async () => {
  const { room } = rooms();
  const share = room.enter();
  share.hold(20);
  expect(share.settled()).toBeUndefined();
  share.leave();
  share.hold(5);
  expect(await share.settled()).toMatchObject({ message: "the query is over" });
  const other = room.enter();
  other.hold(32);
  expect(other.settled()).toBeUndefined();
  expect(room.held).toBe(32);
});

describe("an answer", () => {
  const texts = (): Iterator<string> => ["a", "b"][Symbol.iterator]();

  test("whose text fails holds nothing", () => {
    const { room } = rooms();
    const share = room.enter();
    share.hold(20);
    expect(share.settled()).toBeUndefined();
    const failing = {
      next: (): never => {
        throw new Error("away");
      },
    };
    expect(() => share.until(failing).next()).toThrow("away");
    expect(room.held).toBe(0);
  });

  test("is held until its last text was taken, or nobody wants more", async () => {
    for (const end of ["read", "cancelled"]) {
      const { room } = rooms();
      let kept: Iterator<string> | undefined;
      await room.answer(async (share) => {
        share.hold(20);
        expect(share.settled()).toBeUndefined();
        kept = share.until(texts());
        return new Response(null);
      });
      expect(room.held).toBe(20);
      if (end === "read") while (kept?.next().done !== true);
      else kept?.return?.();
      expect(room.held).toBe(0);
    }
  });

  test("that fails, or has no text, holds nothing", async () => {
    const { room } = rooms();
    const held = async (share: Share): Promise<Response> => {
      share.hold(20);
      await share.settled();
      return new Response(null);
    };
    await room.answer(held);
    expect(room.held).toBe(0);
    await expect(
      room.answer(async (share) => {
        await held(share);
        throw new Error("away");
      }),
    ).rejects.toThrow("away");
    expect(room.held).toBe(0);
  });

  test("that is small enough leaves the place of the large one to others", async () => {
    const { room } = rooms();
    const [share, other] = [room.enter(), room.enter()];
    share.hold(32);
    expect(share.settled()).toBeUndefined();
    share.hold(-30);
    share.until(texts());
    other.hold(32);
    expect(other.settled()).toBeUndefined();
    expect(room.held).toBe(34);
  });
});
