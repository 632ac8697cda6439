// Laws of bytes: what is written is read back, and nothing else is accepted.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ByteReader,
  ByteWriter,
  CorruptBytes,
  fromBase64,
  toBase64,
} from "../../../src/core/codec/bytes.ts";

const written = (write: (writer: ByteWriter) => void): Uint8Array => {
  const writer = new ByteWriter(1);
  write(writer);
  return writer.finish();
};

/** Integers of every magnitude, not only the small and the largest. */
const sized = (max: number): fc.Arbitrary<number> =>
  fc
    .tuple(fc.integer({ min: 0, max: Math.log2(max + 1) }), fc.maxSafeNat())
    .map(([bits, value]) => Math.min(max, value % 2 ** bits));

const base64 = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes)).replaceAll("=", "");

describe("numbers and texts", () => {
  test("varints from 0 to 2^53 − 1", () => {
    fc.assert(
      fc.property(fc.array(sized(Number.MAX_SAFE_INTEGER)), (values) => {
        const reader = new ByteReader(written((w) => values.forEach((value) => w.varint(value))));
        expect(values.map(() => reader.varint())).toEqual(values);
        expect(reader.left).toBe(0);
      }),
    );
  });

  test("a varint takes a byte for every seven bits", () => {
    for (const [value, length] of [
      [0, 1],
      [127, 1],
      [128, 2],
      [2 ** 49 - 1, 7],
      [2 ** 49, 8],
      [Number.MAX_SAFE_INTEGER, 8],
    ] as const)
      expect(written((w) => w.varint(value))).toHaveLength(length);
  });

  test("zigzags below 2^52, small magnitudes first", () => {
    fc.assert(
      fc.property(sized(2 ** 52 - 1), fc.boolean(), (magnitude, negative) => {
        const value = negative && magnitude > 0 ? -magnitude : magnitude;
        expect(new ByteReader(written((w) => w.zigzag(value))).zigzag()).toBe(value);
      }),
    );
    expect([0, -1, 1, -2, 2].map((value) => written((w) => w.zigzag(value))[0])).toEqual([
      0, 1, 2, 3, 4,
    ]);
  });

  test("doubles, every bit", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (value) => {
        expect(new ByteReader(written((w) => w.f64(value))).f64()).toBe(value);
      }),
    );
  });

  test("texts, whatever their script", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" })), (texts) => {
        const reader = new ByteReader(written((w) => texts.forEach((text) => w.text(text))));
        expect(texts.map(() => reader.text())).toEqual(texts);
      }),
    );
  });

  test("bytes, as a view that counts from where it is", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        const whole = written((w) => {
          w.bytes(a);
          w.u8(7);
          w.bytes(b);
        });
        const reader = new ByteReader(whole.subarray(0));
        expect(reader.bytes(a.length)).toEqual(a);
        expect(reader.u8()).toBe(7);
        expect(reader.bytes(b.length)).toEqual(b);
        expect(() => reader.u8()).toThrow(CorruptBytes);
      }),
    );
  });
});

test("a part of some bytes is read as if it were alone", () => {
  const reads: readonly ((reader: ByteReader) => unknown)[] = [
    (reader) => reader.u8(),
    (reader) => reader.varint(),
    (reader) => reader.zigzag(),
    (reader) => reader.f64(),
    (reader) => [...reader.bytes(3)],
    (reader) => reader.text(),
    (reader) => reader.left,
  ];
  const some = fc.uint8Array({ maxLength: 20 });
  fc.assert(
    fc.property(
      some,
      some,
      some,
      fc.array(fc.nat(reads.length - 1)),
      (before, part, after, ops) => {
        const whole = Uint8Array.of(...before, ...part, ...after);
        const from = before.length;
        const within = new ByteReader(whole, from + part.length, from);
        const alone = new ByteReader(part);
        const read = (reader: ByteReader, op: number): unknown => {
          try {
            return reads[op]!(reader);
          } catch (error) {
            if (error instanceof CorruptBytes) return error.message;
            throw error;
          }
        };
        for (const op of ops) expect(read(within, op)).toEqual(read(alone, op));
      },
    ),
    { numRuns: 300 },
  );
});

describe("corrupt numbers and texts", () => {
  const of = (...bytes: number[]): ByteReader => new ByteReader(Uint8Array.from(bytes));

  test("ends too early", () => {
    expect(() => of().u8()).toThrow(CorruptBytes);
    expect(() => of(0x80).varint()).toThrow(CorruptBytes);
    expect(() => of(1, 2, 3, 4, 5, 6, 7).f64()).toThrow(CorruptBytes);
    expect(() => of(2, 65).text()).toThrow(CorruptBytes);
    expect(() => of(1).skip(2)).toThrow(CorruptBytes);
  });

  test("a varint that is too large or too long", () => {
    expect(() => of(...Array<number>(7).fill(0xff), 0x1f).varint()).toThrow(CorruptBytes);
    expect(() => of(...Array<number>(200).fill(0x80), 0).varint()).toThrow(CorruptBytes);
  });

  test("a text that is not UTF-8", () => {
    expect(() => of(2, 0xc3, 0x28).text()).toThrow(CorruptBytes);
  });
});

describe("base64", () => {
  test("is that of RFC 4648 without its padding, and comes back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const text = toBase64(bytes);
        expect(text).toBe(base64(bytes));
        expect(fromBase64(text)).toEqual(bytes);
      }),
    );
  });

  test("every pair of bytes", () => {
    for (let value = 0; value < 0x10000; value += 17) {
      const bytes = Uint8Array.of(value >> 8, value & 0xff);
      expect(toBase64(bytes)).toBe(base64(bytes));
      expect(fromBase64(toBase64(bytes))).toEqual(bytes);
    }
  });

  test("any text either comes back as it was, or is refused", () => {
    const letters = fc.constantFrom(..."AQgwZz09+/=- _\n\u00e9\u0141\u4141\ud83d");
    fc.assert(
      fc.property(fc.string({ unit: letters, maxLength: 9 }), (text) => {
        try {
          expect(toBase64(fromBase64(text))).toBe(text);
        } catch (error) {
          expect(error).toBeInstanceOf(CorruptBytes);
        }
      }),
    );
  });

  test.each([
    ["padding", "QQ=="],
    ["a space", "QUFB QUF"],
    ["a letter of base64url", "QUF-"],
    ["a letter whose low byte is in the alphabet", "QUF\u0141"],
    ["the same in the last, short group", "QUFBQ\u0141"],
    ["one letter too many", "QUFBQ"],
    ["bits beyond the last byte", "QR"],
  ])("refuses %s", (_, text) => {
    expect(() => fromBase64(text)).toThrow(CorruptBytes);
  });
});
