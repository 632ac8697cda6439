// Packs are read back as they were written, with their quotation marks and without.

import fc from "fast-check";
import { expect, test } from "vitest";
import { CorruptBytes } from "../../../src/core/codec/bytes.ts";
import { decodeBarePack, decodePack, encodePack } from "../../../src/core/codec/pack.ts";

const pack = fc
  .array(fc.tuple(fc.nat(15), fc.stringMatching(/^[A-Za-z0-9+/]{0,12}$/)), { maxLength: 16 })
  .map((entries) => new Map(entries.toSorted(([a], [b]) => a - b)));

test("any pack", () => {
  fc.assert(
    fc.property(pack, (segments) => {
      const body = encodePack(segments);
      expect([...decodePack(body)]).toEqual([...segments]);
      expect([...decodeBarePack(body.replaceAll('"', ""))]).toEqual([...segments]);
    }),
  );
});

test.each([
  "",
  "{",
  "}",
  "x",
  "{3:AQ",
  "{3:AQ,}",
  "{,3:AQ}",
  "{3}",
  "{16:AQ}",
  "{3,4:AQ}",
  '{"3":"AQ"}',
  "[3:AQ]",
])("what is none, %s, is refused", (bare) => {
  expect(() => decodeBarePack(bare)).toThrow(CorruptBytes);
});
