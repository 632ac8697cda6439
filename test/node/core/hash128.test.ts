// The 128-bit hash: what others compute, whatever the place of the bytes in memory.

import fc from "fast-check";
import { expect, test } from "vitest";
import { hash128 } from "../../../src/core/hash128.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(hash128(bytes)).toString("hex");

test("what MurmurHash3_x86_128 is known to give", () => {
  const known = (text: string): string => hex(new TextEncoder().encode(text));
  expect(known("")).toBe("0".repeat(32));
  expect(known("a")).toBe("3c9394a71bb056551bb056551bb05655");
  expect(known("The quick brown fox jumps over the lazy dog")).toBe(
    "c383152f672ceeec6cf67b5d2c1de9e5",
  );
});

const bytes = fc.uint8Array({ maxLength: 70 });

test("where the bytes lie does not matter", () => {
  fc.assert(
    fc.property(bytes, fc.nat(9), (content, offset) => {
      const moved = new Uint8Array(content.length + offset + 3);
      moved.set(content, offset);
      expect(hex(moved.subarray(offset, offset + content.length))).toBe(hex(content));
    }),
  );
});

test("one bit, or a zero at the end, makes it another", () => {
  fc.assert(
    fc.property(bytes, fc.nat(), (content, which) => {
      expect(hex(Uint8Array.from([...content, 0]))).not.toBe(hex(content));
      if (content.length === 0) return;
      const bit = which % (content.length * 8);
      const flipped = content.with(bit >> 3, content[bit >> 3]! ^ (1 << (bit & 7)));
      expect(hex(flipped)).not.toBe(hex(content));
    }),
  );
});
