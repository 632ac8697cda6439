// Base64 as workerd reads it, which does so by itself, where Node.js may not: as strictly.

import { expect, test } from "vitest";
import { CorruptBytes, fromBase64, toBase64 } from "../../src/core/codec/bytes.ts";

test("it has a way of its own, and what is written comes back, also into a larger place", () => {
  expect("setFromBase64" in Uint8Array.prototype).toBe(true);
  for (let length = 0; length < 70; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 89 + length * 7) & 0xff);
    expect(fromBase64(toBase64(bytes))).toEqual(bytes);
    expect(fromBase64(toBase64(bytes), new Uint8Array(100))).toEqual(bytes);
  }
});

test("any short text either comes back as it was, or is refused", () => {
  const letters = [..."AQgwZz09+/=- _\n\u00e9\u0141"];
  let state = 1;
  const next = (most: number): number =>
    (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 1) % most;
  for (let i = 0; i < 20_000; i++) {
    const text = Array.from({ length: next(10) }, () => letters[next(letters.length)]).join("");
    try {
      expect(toBase64(fromBase64(text))).toBe(text);
    } catch (error) {
      expect(error).toBeInstanceOf(CorruptBytes);
    }
  }
});
