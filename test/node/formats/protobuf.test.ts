// The walk over protobuf against an encoder that shares nothing with it; and the table of what bytes were
// found to be.

import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteTable } from "../../../src/core/formats/byte-table.ts";
import { ProtoReader } from "../../../src/core/formats/protobuf.ts";
import * as LIMITS from "../../../src/core/limits.ts";
import { body, double, int, sint } from "./proto.ts";

const readerOf = (bytes: Uint8Array): ProtoReader => {
  const proto = new ProtoReader(bytes);
  proto.field(bytes.length);
  return proto;
};

const safe = fc.oneof(
  fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
  fc.nat(53).map((bits) => 2 ** bits),
  fc.nat(52).map((bits) => -(2 ** bits)),
  fc.constantFrom(0, 1, -1, 127, 128, 2 ** 28 - 1, 2 ** 28, 2 ** 31, 2 ** 32, 2 ** 35),
);

test("integers of 64 bits with a sign, exact up to 2^53", () => {
  fc.assert(
    fc.property(safe, (value) => {
      const proto = readerOf(body([int(1, BigInt(value))]));
      expect(proto.int64() + 0).toBe(value);
      expect([proto.broken, proto.at]).toEqual([false, proto.bytes.length]);
    }),
    { numRuns: 2_000 },
  );
});

test("integers without a sign, 32 bits with their sign below, doubles", () => {
  fc.assert(
    fc.property(safe.map(Math.abs), fc.integer(), fc.double(), (unsigned, signed, real) => {
      expect(readerOf(body([int(3, BigInt(unsigned))])).varint()).toBe(unsigned);
      expect(readerOf(body([sint(3, signed)])).sint32()).toBe(signed);
      expect(readerOf(body([double(3, real)])).double()).toBe(real);
    }),
  );
});

test("any bytes end, at their end, broken or not", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const proto = new ProtoReader(bytes);
      let fields = 0;
      while (proto.field(bytes.length) !== 0) {
        proto.skip(bytes.length);
        expect(++fields).toBeLessThanOrEqual(bytes.length);
      }
      expect(proto.broken || proto.at === bytes.length).toBe(true);
    }),
    { numRuns: 5_000 },
  );
});

test("a table finds what it keeps by its bytes, and forgets when it is full", () => {
  // Others mostly; and the same few again and again, of which some begin like others.
  const few = ["", "a", "ab", "abc", "abd", "b", "abcabc"].map((key) => Buffer.from(key));
  const keys = fc.oneof(
    fc.array(fc.uint8Array({ maxLength: 12 }), { maxLength: 60 }),
    fc.array(fc.constantFrom(...few), { maxLength: 60 }),
  );
  fc.assert(
    fc.property(keys, fc.boolean(), (keys, again) => {
      const table = new ByteTable<string>(16, 200);
      for (const key of keys) {
        const text = String(key);
        const write = (): void => {
          table.begin();
          const half = key.length >> 1;
          table.put(key, 0, half);
          table.put(key, half, key.length);
        };
        write();
        const found = table.find();
        expect([undefined, text]).toContain(found);
        if (found === undefined) table.keep(text);
        if (again) write();
        if (again) expect(table.find()).toBe(text);
      }
    }),
    { numRuns: 500 },
  );
});

test("a key longer than all that a table keeps is not kept, and hurts no other", () => {
  const table = new ByteTable<number>(16, 64);
  table.begin();
  table.put(new Uint8Array(50_000), 0, 50_000);
  expect(table.find()).toBeUndefined();
  table.keep(1);
  table.begin();
  table.putNumber(7);
  expect(table.find()).toBeUndefined();
  table.keep(2);
  table.begin();
  table.putNumber(7);
  expect(table.find()).toBe(2);
});

test("a table keeps so many keys, and so many bytes of them", () => {
  const [SLOTS, BYTES] = [16, 64];
  const knows = (keys: number, length: number): number => {
    const table = new ByteTable<number>(SLOTS, BYTES);
    const key = (i: number): void => {
      table.begin();
      table.put(new Uint8Array(length).fill(i), 0, length);
    };
    for (let i = 0; i < keys; i++) {
      key(i);
      expect(table.find()).toBeUndefined();
      table.keep(i);
    }
    let found = 0;
    for (let i = 0; i < keys; i++) {
      key(i);
      if (table.find() !== undefined) found++;
    }
    return found;
  };
  expect(knows(4, 4)).toBe(4);
  expect(knows(SLOTS + 1, 1)).toBeLessThanOrEqual(SLOTS);
  expect(knows(SLOTS, BYTES / 4)).toBeLessThanOrEqual(4);
});

test("unless it is told otherwise, as many as the limits say", () => {
  /** Of keys that were put one after the other, how many are found. */
  const found = (keys: number, length: number): number => {
    const table = new ByteTable<number>();
    const put = (i: number): void => {
      table.begin();
      const bytes = new Uint8Array(length);
      new DataView(bytes.buffer).setUint32(0, i);
      table.put(bytes, 0, length);
    };
    for (let i = 0; i < keys; i++) {
      put(i);
      if (table.find() === undefined) table.keep(i);
    }
    let count = 0;
    for (let i = 0; i < keys; i++) {
      put(i);
      if (table.find() === i) count++;
    }
    return count;
  };
  const few = LIMITS.knownSeries / 2;
  expect(found(few, 4)).toBe(few);
  expect(found(LIMITS.knownSeries + 1, 4)).toBeLessThanOrEqual(LIMITS.knownSeries);
  const large = LIMITS.knownSeriesBytes / 1_024;
  expect(found(large / 2, 1_024)).toBe(large / 2);
  expect(found(large + 1, 1_024)).toBeLessThanOrEqual(large);
});
