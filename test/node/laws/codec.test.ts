// Laws of the codec: decode ∘ encode is the identity, bit for bit, on any content; and bytes that
// no encoder wrote are refused or read as something, but never hang and never fail otherwise.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Bucket, Buckets } from "../../../src/core/bucket.ts";
import {
  ByteReader,
  ByteWriter,
  CorruptBytes,
  toBase64,
  fromBase64,
} from "../../../src/core/codec/bytes.ts";
import { decodeColumns, encodeColumns } from "../../../src/core/codec/columns.ts";
import { readBits, writeBits } from "../../../src/core/codec/doubles.ts";
import { isInt, MAX_INTS, readInts, writeInts } from "../../../src/core/codec/ints.ts";
import { decodeSegment, encodeSegment } from "../../../src/core/codec/segment.ts";
import { DAY, HOUR, MINUTE } from "../../../src/core/tiers.ts";

const FIELDS = [
  "start",
  "count",
  "sum",
  "carry",
  "min",
  "max",
  "first",
  "firstAt",
  "last",
  "lastAt",
  "rise",
] as const;

/** Object.is over every field of every row; names the first that differs. */
function expectSame(
  actual: Buckets,
  expected: Buckets,
  fields: readonly (typeof FIELDS)[number][] = FIELDS,
): void {
  expect(actual.length).toBe(expected.length);
  for (const field of fields)
    for (let row = 0; row < expected.length; row++)
      if (!Object.is(actual[field][row], expected[field][row]))
        expect.fail(`${field}[${row}] is ${actual[field][row]}, not ${expected[field][row]}`);
  for (let row = 0; row < expected.length; row++)
    expect(actual.huge(row)).toStrictEqual(expected.huge(row));
}

const bits = (high: number, low: number): number => {
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, high);
  view.setUint32(4, low);
  return view.getFloat64(0);
};

/** Any double but NaN: uniform patterns, each exponent, the odd ones by name. */
const double = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc
    .tuple(fc.nat(0xffffffff), fc.nat(0xffffffff))
    .map(([high, low]) => bits(high, low))
    .filter(Number.isFinite),
  fc.tuple(fc.boolean(), fc.nat(0xfffff), fc.nat(0xffffffff)).map(
    // Subnormals.
    ([negative, high, low]) => bits((negative ? 0x80000000 : 0) + high, low),
  ),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.maxSafeInteger(),
  fc.constantFrom(
    ...[0, 1, 0.1, 1 / 3, 0.1 + 0.2, 1e15, 2 ** 49, 2 ** 50, 2 ** 53, 1e22, 1e23, 1e300].flatMap(
      (value) => [value, -value],
    ),
    ...[Number.MIN_VALUE, 2 ** -1022, Number.MAX_VALUE].flatMap((value) => [value, -value]),
  ),
);

/** Decimals of up to six places, most of them near to each other, a few far off. */
const decimals = (places: number): fc.Arbitrary<number> =>
  fc
    .oneof(
      { weight: 9, arbitrary: fc.integer({ min: -3000, max: 9000 }) },
      { weight: 1, arbitrary: fc.integer({ min: -1e12, max: 1e12 }) },
    )
    .map((n) => n / 10 ** places);

const SPANS = [
  { step: MINUTE, base: Date.UTC(2026, 6, 1, 13), slots: 60 },
  { step: HOUR, base: Date.UTC(2026, 6, 1), slots: 24 },
  { step: DAY, base: Date.UTC(2024, 0, 1), slots: 366 },
] as const;
const span = fc.constantFrom(...SPANS);

/** Fields without any relation between them. */
const wild = (field: fc.Arbitrary<number>, at: fc.Arbitrary<number>): fc.Arbitrary<Bucket> =>
  fc.record({
    count: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 300 }), fc.maxSafeNat()),
    sum: field,
    carry: fc.oneof(fc.constant(0), field),
    min: field,
    max: field,
    first: field,
    firstAt: at,
    last: field,
    lastAt: at,
    rise: fc.oneof(fc.constant(0), field),
  });

const weirdTime = fc.oneof(fc.maxSafeInteger(), fc.nat(60_000), fc.constantFrom(-0, 2 ** 53 - 1));

interface Filled {
  readonly base: number;
  readonly step: number;
  readonly buckets: Buckets;
}

/** Some of the periods of a span, in order. */
const starts = span.chain(({ base, step, slots }) =>
  fc
    .subarray(
      Array.from({ length: slots }, (_, slot) => base + slot * step),
      { minLength: 1 },
    )
    .map((list) => ({ base, step, list })),
);

/** Appends a bucket whose columns hold what no points make. */
function push(into: Buckets, start: number, { huge, ...columns }: Bucket): void {
  const row = into.push(start);
  for (const [name, value] of Object.entries(columns))
    into[name as keyof typeof columns][row] = value;
  if (huge !== undefined) into.addHuge(row, huge);
}

/** Some periods of a span, each with a bucket; a few kinds of bucket are repeated over them. */
const filled = (buckets: fc.Arbitrary<readonly Bucket[]>): fc.Arbitrary<Filled> =>
  fc.tuple(starts, buckets).map(([{ base, step, list }, kinds]) => {
    const into = new Buckets(1);
    list.forEach((start, i) => push(into, start, kinds[i % kinds.length]!));
    return { base, step, buckets: into };
  });

/** Points as they arrive, through the accumulator, each bucket merged of two. */
const accumulated = (values: fc.Arbitrary<readonly number[]>): fc.Arbitrary<Filled> =>
  fc
    .tuple(starts, values, fc.integer({ min: 1, max: 7 }), fc.boolean())
    .map(([{ base, step, list }, points, perPeriod, jitter]) => {
      const into = new Buckets(1);
      let next = 0;
      for (const start of list) {
        const row = into.push(start);
        const other = new Buckets(1);
        other.push(start);
        for (let k = 0; k < perPeriod; k++) {
          const value = points[next % points.length]!;
          const after = Math.floor((step / perPeriod) * k) + (jitter ? (next * 7919) % 997 : 0);
          if (next++ % 3 === 2) other.add(0, value, start + after);
          else into.add(row, value, start + after);
        }
        into.merge(row, other, 0);
      }
      return { base, step, buckets: into };
    });

const walkOf = (places: number): fc.Arbitrary<number[]> =>
  fc
    .tuple(
      fc.integer({ min: -500, max: 1_000_000 }),
      fc.array(fc.integer({ min: -99, max: 99 }), { minLength: 1, maxLength: 80 }),
    )
    .map(([first, steps]) => {
      let at = first;
      return steps.map((step) => Math.round((at += step)) / 10 ** places);
    });

const list = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.array(item, { minLength: 1, maxLength: 70 });

const zero = fc.constantFrom(0, -0);

/** What one point leaves. */
const same = fc
  .tuple(fc.oneof(double, zero, decimals(3)), fc.nat(1e6))
  .map(([value, at]): Bucket => {
    const b = new Buckets(1);
    b.add(b.push(0), value, SPANS[0].base + at);
    return b.at(0);
  });

const CONTENTS: readonly (readonly [string, fc.Arbitrary<Filled>])[] = [
  ["unrelated doubles in every field", filled(list(wild(double, weirdTime)))],
  ["unrelated decimals in every field", filled(list(wild(decimals(2), weirdTime)))],
  [
    "zeros of either sign beside odd sums",
    filled(
      list(
        fc.record({
          count: fc.integer({ min: 1, max: 3 }),
          sum: fc.oneof(zero, double),
          carry: fc.oneof(zero, double),
          min: zero,
          max: zero,
          first: fc.oneof(zero, decimals(1)),
          firstAt: weirdTime,
          rise: fc.oneof(zero, decimals(1), decimals(3)),
          last: fc.oneof(zero, decimals(1)),
          lastAt: weirdTime,
        }),
      ),
    ),
  ],
  ["one and the same value", filled(list(same))],
  [
    "one and the same value but once",
    filled(
      fc
        .tuple(list(same), double, fc.constantFrom(...FIELDS.slice(1)))
        .map(([rows, value, field]) => [...rows, { ...rows[0]!, [field]: value }]),
    ),
  ],
  ["any points, accumulated", accumulated(list(double))],
  [
    "huge points beside small ones",
    accumulated(list(fc.oneof(fc.constantFrom(1.7e308, -1e300, 2 ** 960), decimals(2)))),
  ],
  ["a gauge of two decimals", accumulated(walkOf(2))],
  ["a gauge of six decimals", accumulated(walkOf(6))],
  ["decimals with spikes and zeros", accumulated(list(fc.oneof(decimals(2), fc.constant(-0))))],
  ["small integers", accumulated(list(fc.integer({ min: -3, max: 3 })))],
  ["a huge counter", accumulated(walkOf(0).map((walk) => walk.map((v) => 2 ** 48 + v * 7919)))],
  [
    "values that cancel",
    accumulated(list(fc.constantFrom(0.1, -0.1, 0.2, 0.3, -0.3, 1e16, -1e16))),
  ],
];

describe("decode ∘ encode is the identity", () => {
  test.each(CONTENTS)("segments of %s", (_, content) => {
    fc.assert(
      fc.property(content, ({ base, step, buckets }) => {
        const into = new Buckets(1);
        decodeSegment(encodeSegment(buckets, base, step), base, step, into);
        expectSame(into, buckets);
      }),
      { numRuns: 200 },
    );
  });

  test.each(CONTENTS)("of what is wanted of segments of %s", (_, content) => {
    fc.assert(
      fc.property(content, fc.constantFrom("ends", "points"), ({ base, step, buckets }, wanted) => {
        const into = new Buckets(1);
        decodeSegment(encodeSegment(buckets, base, step), base, step, into, wanted);
        const others = ["sum", "carry", ...(wanted === "points" ? ["rise"] : [])];
        expectSame(
          into,
          buckets,
          FIELDS.filter((field) => !others.includes(field)),
        );
        // What stands in place of the others can be encoded again.
        const again = new Buckets(1);
        decodeSegment(encodeSegment(into, base, step), base, step, again);
        expectSame(again, into);
      }),
      { numRuns: 200 },
    );
  });

  test.each(CONTENTS)("columns of several series after each other, of %s", (_, content) => {
    fc.assert(
      fc.property(fc.array(content, { maxLength: 4 }), double, (parts, base) => {
        const all = new Buckets(1);
        for (const { buckets } of parts)
          for (let row = buckets.length - 1; row >= 0; row--)
            all.pushCopy(buckets.start[row]!, buckets, row);
        const writer = new ByteWriter(1);
        const odd = Array.from({ length: all.length >> 1 }, (_, i) => 2 * i + 1);
        encodeColumns(writer, all, undefined, 0, MINUTE);
        encodeColumns(writer, all, odd.toReversed(), base, HOUR);
        encodeColumns(writer, all, Uint32Array.from(odd), SPANS[0].base, MINUTE);

        const reader = new ByteReader(writer.finish());
        const into = new Buckets(1);
        const expected = new Buckets(1);
        decodeColumns(reader, 0, MINUTE, into);
        for (let row = 0; row < all.length; row++) expected.pushCopy(all.start[row]!, all, row);
        decodeColumns(reader, base, HOUR, into);
        for (const row of odd.toReversed()) expected.pushCopy(all.start[row]!, all, row);
        decodeColumns(reader, SPANS[0].base, MINUTE, into);
        for (const row of odd) expected.pushCopy(all.start[row]!, all, row);
        expect(reader.left).toBe(0);
        expectSame(into, expected);
      }),
      { numRuns: 40 },
    );
  });

  test("columns whose starts are no multiples of the step", () => {
    const start = fc.oneof(double, fc.integer({ min: -9, max: 9 }), fc.constantFrom(0.1, 0.3, -0));
    const rows = list(fc.tuple(start, same));
    fc.assert(
      fc.property(rows, start, start, (rows, base, step) => {
        const all = new Buckets(1);
        for (const [at, bucket] of rows) push(all, at, bucket);
        const writer = new ByteWriter(1);
        encodeColumns(writer, all, undefined, base, step);
        const into = new Buckets(1);
        decodeColumns(new ByteReader(writer.finish()), base, step, into);
        expectSame(into, all);
      }),
      { numRuns: 500 },
    );
  });

  test("columns of integers", () => {
    const small = fc.integer({ min: -5, max: 5 });
    const any = fc
      .tuple(fc.integer({ min: 0, max: 50 }), fc.maxSafeInteger())
      .map(([width, value]) => value % 2 ** width)
      .filter(isInt);
    const values = fc.oneof(
      fc.array(any, { minLength: 1, maxLength: MAX_INTS }),
      fc.array(fc.oneof({ weight: 12, arbitrary: small }, { weight: 1, arbitrary: any }), {
        minLength: 1,
        maxLength: MAX_INTS,
      }),
      // Running sums: deltas with exceptions.
      fc
        .array(
          fc.oneof({ weight: 12, arbitrary: small }, { weight: 1, arbitrary: fc.nat(2 ** 30) }),
          {
            minLength: 1,
            maxLength: MAX_INTS,
          },
        )
        .map((steps) => {
          let at = 0;
          return steps.map((step) => (at += step));
        }),
    );
    fc.assert(
      fc.property(values, fc.nat(3), (list, at) => {
        const writer = new ByteWriter(1);
        writeInts(writer, Float64Array.from(list), list.length);
        const reader = new ByteReader(writer.finish());
        const out = new Float64Array(at + list.length + 1).fill(7);
        readInts(reader, out, at, list.length);
        expect(reader.left).toBe(0);
        expect([...out]).toEqual([...Array<number>(at).fill(7), ...list, 7]);
      }),
      { numRuns: 1000 },
    );
  });

  test("columns of bits, whatever the predictions", () => {
    const pairs = fc.array(fc.tuple(double, double), { minLength: 1, maxLength: MAX_INTS });
    fc.assert(
      fc.property(pairs, (list) => {
        const n = list.length;
        const values = Float64Array.from(list, ([value]) => value);
        const out = Float64Array.from(list, ([, guess]) => guess);
        const writer = new ByteWriter(1);
        writeBits(writer, values, out, n);
        const reader = new ByteReader(writer.finish());
        readBits(reader, out, 0, n);
        expect(reader.left).toBe(0);
        expect(new BigUint64Array(out.buffer)).toEqual(new BigUint64Array(values.buffer));
      }),
    );
  });
});

describe("bytes that no encoder wrote", () => {
  /** Reads what may be garbage: it must come to an end in one of two ways. */
  function read(body: string, longest: number): void {
    const into = new Buckets(1);
    into.push(5);
    try {
      decodeSegment(body, 0, MINUTE, into);
      expect(into.length).toBeLessThanOrEqual(longest);
    } catch (error) {
      expect(error).toBeInstanceOf(CorruptBytes);
      expect(into.length).toBe(1);
    }
    expect(into.start[0]).toBe(5);
    // Memory stays in proportion: no block of 256 rows is shorter than 8 bytes.
    expect(into.start.length).toBeLessThanOrEqual(16 + 2 * longest);
  }
  const longestOf = (bytes: number): number => 1 + 256 * (1 + bytes / 8);

  test.each(CONTENTS)("a segment cut short anywhere, of %s", (_, content) => {
    fc.assert(
      fc.property(content, ({ base, step, buckets }) => {
        const body = encodeSegment(buckets, base, step);
        for (let length = 0; length < body.length; length++)
          expect(() => decodeSegment(body.slice(0, length), base, step, new Buckets())).toThrow(
            CorruptBytes,
          );
        // Nor is what lies behind its end read.
        const source = fromBase64(body);
        for (let end = 0; end < source.length; end++)
          expect(() => decodeSegment({ source, from: 0, end }, base, step, new Buckets())).toThrow(
            CorruptBytes,
          );
      }),
      { numRuns: 5 },
    );
  });

  test.each(CONTENTS)("a segment with bytes changed, of %s", (_, content) => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(content, changes, ({ base, step, buckets }, list) => {
        const writer = new ByteWriter();
        writer.u8(1);
        encodeColumns(writer, buckets, undefined, base, step);
        const bytes = writer.finish();
        for (const [at, value] of list) bytes[at % bytes.length] = value;
        read(toBase64(bytes), longestOf(bytes.length));
      }),
      { numRuns: 200 },
    );
  });

  test("garbage behind a good version byte", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        read(toBase64(Uint8Array.of(1, ...bytes)), longestOf(bytes.length));
      }),
      { numRuns: 3000 },
    );
  });

  test("garbage that is zero for the most part", () => {
    const byte = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat(255));
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 400 }), (bytes) => {
        read(toBase64(Uint8Array.of(1, ...bytes)), longestOf(bytes.length));
      }),
      { numRuns: 3000 },
    );
  });

  test("any text", () => {
    fc.assert(fc.property(fc.string(), (body) => read(body, longestOf(body.length))));
  });
});
