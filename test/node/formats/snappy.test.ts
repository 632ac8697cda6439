// Snappy's block format: what was put together of any elements comes back, and whatever is none is
// refused: above all a block that was cut off.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { unsnappy } from "../../../src/core/formats/snappy.ts";
import { block, type Element, snappy } from "./snappy-block.ts";

const MOST = 10_000_000;

/** Elements that fit together, and what they hold. */
const blocks = fc
  .array(
    fc.record({
      literal: fc.array(fc.nat(255), { minLength: 1, maxLength: 100 }),
      isCopy: fc.boolean(),
      kind: fc.constantFrom(1, 2, 3),
      offset: fc.nat(),
      length: fc.nat(),
    }),
    { maxLength: 30 },
  )
  .map((list) => {
    const elements: Element[] = [];
    const plain: number[] = [];
    for (const { literal, isCopy, kind, offset, length } of list)
      if (isCopy && plain.length > 0) {
        const back = 1 + (offset % Math.min(plain.length, kind === 1 ? 2_047 : 60_000));
        const many = kind === 1 ? 4 + (length % 8) : 1 + (length % 64);
        elements.push({ kind: kind as 1 | 2 | 3, offset: back, length: many });
        for (let i = 0; i < many; i++) plain.push(plain[plain.length - back]!);
      } else {
        elements.push({ literal });
        plain.push(...literal);
      }
    return { bytes: block(elements, plain.length), plain };
  });

const undone = (bytes: Uint8Array, most = MOST): unknown => {
  const read = unsnappy(bytes, most);
  return read.ok ? [...read.value] : read.error;
};

test("what elements hold comes back, copies that overlap themselves included", () => {
  fc.assert(
    fc.property(blocks, ({ bytes, plain }) => {
      expect(undone(bytes)).toEqual(plain);
    }),
    { numRuns: 1_000 },
  );
});

test("long literals, whose length takes one to three bytes", () => {
  for (const length of [60, 61, 256, 257, 65_536, 65_537]) {
    const body = Uint8Array.from({ length }, (_, i) => i % 251);
    const one = block([{ literal: Array.from(body) }], length);
    const read = unsnappy(one, MOST);
    expect(read.ok && Buffer.compare(read.value, body), String(length)).toBe(0);
  }
});

test("a block that is cut off is none, wherever it is", () => {
  fc.assert(
    fc.property(blocks, ({ bytes, plain }) => {
      for (let end = 0; end < bytes.length; end++)
        if (plain.length > 0) expect(unsnappy(bytes.subarray(0, end), MOST).ok).toBe(false);
    }),
    { numRuns: 100 },
  );
});

test("any bytes are a block or none, and never make more than they may", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const read = unsnappy(bytes, 1_000);
      if (read.ok) expect(read.value.length).toBeLessThanOrEqual(1_000);
    }),
    { numRuns: 5_000 },
  );
});

describe("is refused", () => {
  const refused = (what: string, bytes: readonly number[], error: unknown): void =>
    test(what, () => expect(undone(Uint8Array.from(bytes))).toEqual(error));
  const says = (message: RegExp): unknown => ({ message: expect.stringMatching(message) });
  refused("nothing at all", [], says(/does not begin with its length/));
  refused("a length without end", [0x80, 0x80, 0x80, 0x80, 0x80, 0], says(/its length/));
  refused("a length over the limit", [0xff, 0xff, 0xff, 0x7f], "too_large");
  refused("less than it says", [3, 0, 65], says(/^it holds 1 bytes, and says 3$/));
  refused("more than it says", [1, 4, 65, 66], says(/more bytes than it says/));
  refused("a copy that makes more", [2, 0, 65, 0x0e, 1, 0], says(/more bytes than it says/));
  refused("a literal that is cut", [5, 16, 65], says(/ends within an element/));
  refused("a copy that is cut", [5, 0, 65, 2, 1], says(/ends within an element/));
  refused("a copy from nowhere", [5, 0, 65, 0x01, 0], says(/^a copy begins before/));
  refused("a copy from before", [5, 0, 65, 0x01, 2], says(/^a copy begins before/));
  refused("a literal of 2^32 bytes", [9, 63 * 4, 255, 255, 255, 255, 1], says(/ends within/));
  refused("an offset of 2^31", [9, 0, 65, 3, 0, 0, 0, 128], says(/^a copy begins before/));
  refused(
    "a length that no elements can make",
    [0x80, 0x80, 0x80, 2, 0, 65],
    says(/^it says that it holds 4194304 bytes, more than it can$/),
  );
});

test("nothing is a block of no elements", () => {
  expect(undone(Uint8Array.of(0))).toEqual([]);
  expect(undone(snappy(new Uint8Array()))).toEqual([]);
});
