// Packs are read back as they were written, with their quotation marks and without.

import fc from "fast-check";
import { expect, test } from "vitest";
import { base64Bytes, CorruptBytes, toBase64 } from "../../../src/core/codec/bytes.ts";
import { PackBytes } from "../../../src/core/codec/pack-bytes.ts";
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

test("a pack out of base64 has its segments, those that are wanted", () => {
  const bytes = fc.uint8Array({ maxLength: 12 }).map(toBase64);
  const any = fc.array(fc.tuple(fc.nat(15), bytes), { maxLength: 16 });
  fc.assert(
    fc.property(any, fc.nat(15), (entries, most) => {
      const segments = new Map(entries.toSorted(([a], [b]) => a - b));
      const pack = new PackBytes(encodePack(segments).replaceAll('"', ""));
      const found = [...pack.segments((slot) => slot <= most)].map(
        ([slot, { source, from, end }]) => [slot, toBase64(source.subarray(from, end))] as const,
      );
      expect(found).toEqual([...segments].filter(([slot]) => slot <= most));
      const size = [...segments.values()].reduce((sum, { length }) => sum + base64Bytes(length), 0);
      expect(pack.bytes).toBeGreaterThan(size);
    }),
  );
});

test.each(["{3:A}", "{3:AQ,4:A=}", "{3:A Q}", "{3:AR}"])(
  "what is not base64, %s, is refused",
  (bare) => {
    expect(() => new PackBytes(bare)).toThrow(CorruptBytes);
  },
);

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
