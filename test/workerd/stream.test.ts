// Bodies that are written as they are read: whole, in turns, and holding up nobody when they end early.

import { afterEach, expect, test, vi } from "vitest";
import { bodyOf } from "../../src/worker/http/stream.ts";
import { Turns } from "../../src/worker/turns.ts";

afterEach(() => {
  vi.useRealTimers();
});

const BLOCK = 65_536;

/** Whether a turn comes while time stands still, in which whoever is gone is waited for. */
async function turnComes(): Promise<boolean> {
  let came = false;
  const turns = new Turns();
  void turns.next().then(() => (came = true));
  for (let i = 0; i < 10; i++) await scheduler.wait(1);
  turns.rest();
  return came;
}

function readerOf(texts: Iterator<string>) {
  const body = bodyOf(texts);
  if (!(body instanceof ReadableStream)) throw new TypeError("it is small");
  return body.getReader();
}

test.each([1, 7, BLOCK - 1, BLOCK, BLOCK + 1])(
  "a body is the bytes of its texts of %d characters, also of several bytes each",
  async (length) => {
    const all = "aé€😀".repeat(60_000);
    function* texts(): Generator<string> {
      for (let at = 0; at < all.length;) {
        // No text ends within a character.
        const end = at + length + (all.codePointAt(at + length - 1)! > 0xffff ? 1 : 0);
        yield all.slice(at, end);
        yield "";
        at = end;
      }
    }
    expect(await new Response(bodyOf(texts())).text()).toBe(all);
  },
);

test("who stops reading while a body waits for its turn leaves it to others", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  let isReturned = false;
  function* texts(): Generator<string> {
    try {
      for (;;) yield "x".repeat(BLOCK);
    } finally {
      isReturned = true;
    }
  }
  const other = new Turns();
  await other.next();
  const reader = readerOf(texts());
  let blocks = 0;
  const reading = (async () => {
    for (let done = false; !done; blocks++) ({ done } = await reader.read());
  })();
  for (let i = 0; i < 10; i++) await scheduler.wait(1);
  expect(blocks).toBe(7);
  await reader.cancel();
  await reading;
  expect(isReturned).toBe(true);
  other.rest();
  for (let i = 0; i < 10; i++) await scheduler.wait(1);
  expect(await turnComes()).toBe(true);
});

test("a body whose texts fail in their turn leaves it to others", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  function* texts(): Generator<string> {
    for (let i = 0; i < 9; i++) yield "x".repeat(BLOCK);
    throw new Error("broken");
  }
  const reader = readerOf(texts());
  await expect(
    (async () => {
      for (let done = false; !done;) ({ done } = await reader.read());
    })(),
  ).rejects.toThrow("broken");
  expect(await turnComes()).toBe(true);
});
