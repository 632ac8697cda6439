// Laws of the codec of minutes: decode ∘ encode is the identity, bit for bit, into minutes, and into
// buckets what the minutes' buckets are; bytes that no encoder wrote are refused, or read as something.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Buckets } from "../../../src/core/bucket.ts";
import { ByteReader, ByteWriter, CorruptBytes, toBase64 } from "../../../src/core/codec/bytes.ts";
import { decodeMinutes, decodeMinutesAsBuckets } from "../../../src/core/codec/minutes.ts";
import { encodeMinutes } from "../../../src/core/codec/minutes-encode.ts";
import {
  decodeMinuteSegment,
  decodeMinuteSegmentAsBuckets,
  encodeMinuteSegment,
} from "../../../src/core/codec/segment.ts";
import * as LIMITS from "../../../src/core/limits.ts";
import { BUCKET, Minutes } from "../../../src/core/minutes.ts";
import { HOUR, MINUTE } from "../../../src/core/tiers.ts";
import { anySample, anyValue, minutesOf, rowOf, type Sample } from "./minute-points.ts";

const BASE = Date.UTC(2026, 6, 1, 13);

/** Equal bit for bit, sums included: what was encoded once is not added up again. */
function expectBack(actual: Minutes, expected: Minutes): void {
  expect(actual.length).toBe(expected.length);
  for (let row = 0; row < expected.length; row++) {
    expect(rowOf(actual, row)).toStrictEqual(rowOf(expected, row));
    if (expected.kept[row] === BUCKET)
      expect(actual.buckets.at(actual.bucketOf(row))).toStrictEqual(
        expected.buckets.at(expected.bucketOf(row)),
      );
  }
}

function bucketsOf(minutes: Minutes): Buckets {
  const buckets = new Buckets(1);
  for (let row = 0; row < minutes.length; row++)
    if (minutes.count(row) > 0) minutes.bucketInto(row, buckets, buckets.push(minutes.start[row]!));
  return buckets;
}

const valuesOf = (buckets: Buckets): unknown[] =>
  Array.from({ length: buckets.length }, (_, row) => [buckets.start[row], buckets.at(row)]);

const limit = fc.integer({ min: 0, max: LIMITS.samplesPerMinute });

/** Some minutes of the hour, each with any points. */
const anything = fc
  .array(
    fc.nat(59).chain((minute) => fc.array(anySample(BASE + minute * MINUTE), { maxLength: 15 })),
    { maxLength: 30 },
  )
  .map((lists) => lists.flat());

/** As they come: every so many ms, from a phase on, jittered, some missing, values by a walk. */
const regular = fc
  .record({
    every: fc.constantFrom(5_000, 7_000, 10_000, 15_000, 17_003, 20_000, 30_000, 60_000, 150_000),
    phase: fc.nat(59_999),
    jitter: fc.constantFrom(0, 0, 1, 40, 1_000, 15_000),
    unit: fc.constantFrom(1, 1, 1_000),
    missing: fc.constantFrom(0, 0, 0.1, 0.9),
    places: fc.constantFrom(0, 2, 6, 22),
    seeds: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 50 }),
  })
  .map(({ every, phase, jitter, unit, missing, places, seeds }): Sample[] => {
    const points: Sample[] = [];
    let value = 0;
    for (let i = 0; phase + i * every < HOUR; i++) {
      const seed = seeds[i % seeds.length]!;
      value += Math.round((seed - 0.4) * 200);
      const at = Math.floor((phase + i * every + seed * jitter) / unit) * unit;
      if (seed >= missing && at < HOUR) points.push([value / 10 ** places, BASE + at]);
    }
    return points;
  });

/** Zeros of either sign between others. */
const zeros = fc
  .array(fc.constantFrom(0, -0, -0, 1.5, -2), { maxLength: 300 })
  .map((values) => values.map((value, i): Sample => [value, BASE + ((i * 12_000) % HOUR)]));

const CONTENTS: readonly (readonly [string, fc.Arbitrary<readonly Sample[]>])[] = [
  ["any points", anything],
  ["points as they come", regular],
  ["zeros of either sign", zeros],
  ["both", fc.tuple(regular, anything).map((lists) => lists.flat())],
];

describe("decode ∘ encode is the identity", () => {
  test.each(CONTENTS)("segments of %s", (_, content) => {
    fc.assert(
      fc.property(content, limit, (points, most) => {
        const minutes = minutesOf(
          points.toSorted(([, a], [, b]) => a - b),
          most,
        );
        const body = encodeMinuteSegment(minutes, BASE);
        const into = new Minutes(most);
        decodeMinuteSegment(body, BASE, into);
        expectBack(into, minutes);
        const buckets = new Buckets(1);
        decodeMinuteSegmentAsBuckets(body, BASE, buckets);
        expect(valuesOf(buckets)).toStrictEqual(valuesOf(bucketsOf(minutes)));
      }),
      { numRuns: 100 },
    );
  });

  test.each(CONTENTS)("a segment of rows in any order, each minute twice, of %s", (_, content) => {
    fc.assert(
      fc.property(content, content, limit, (points, others, most) => {
        const minutes = minutesOf(points, most);
        const again = minutesOf(others, most);
        for (let row = 0; row < again.length; row++) minutes.pushCopy(again, row);
        const into = new Minutes(most);
        decodeMinuteSegment(encodeMinuteSegment(minutes, BASE), BASE, into);
        const whole = minutesOf([...points, ...others], most);
        const byStart = (of: Minutes): unknown[] =>
          Array.from({ length: of.length }, (_row, row) => rowOf(of, row)).sort(
            (a, b) => Number(a.start) - Number(b.start),
          );
        expect(byStart(into)).toStrictEqual(byStart(whole));
      }),
      { numRuns: 50 },
    );
  });

  test.each(CONTENTS)("rows of several series after each other, of %s", (_, content) => {
    fc.assert(
      fc.property(fc.array(content, { maxLength: 6 }), limit, (parts, most) => {
        const all = new Minutes(most, 1);
        for (const points of parts) {
          const minutes = minutesOf(points, most);
          for (let row = 0; row < minutes.length; row++) all.pushCopy(minutes, row);
        }
        const odd = Array.from({ length: all.length >> 1 }, (_row, i) => 2 * i + 1).toReversed();
        const writer = new ByteWriter(1);
        encodeMinutes(writer, all, undefined, BASE - 7 * MINUTE);
        encodeMinutes(writer, all, odd, BASE + 30 * MINUTE);
        const reader = new ByteReader(writer.finish());
        const [into, expected] = [new Minutes(most), new Minutes(most)];
        decodeMinutes(reader, BASE - 7 * MINUTE, into);
        const without = decodeMinutesAsBuckets(reader, BASE + 30 * MINUTE, new Buckets());
        expect(reader.left).toBe(0);
        for (let row = 0; row < all.length; row++) expected.pushCopy(all, row);
        expectBack(into, expected);
        expect(without).toEqual(odd.flatMap((row, i) => (all.count(row) === 0 ? [i] : [])));
      }),
      { numRuns: 60 },
    );
  });

  test("positions of minutes without points, beyond the first row group", () => {
    const minutes = new Minutes(6);
    for (let i = 0; i < 600; i++) minutes.add(minutes.push(BASE), i % 250 === 9 ? NaN : 1, BASE);
    const writer = new ByteWriter(1);
    encodeMinutes(writer, minutes, undefined, BASE);
    const read = decodeMinutesAsBuckets(new ByteReader(writer.finish()), BASE, new Buckets());
    expect(read).toEqual([9, 259, 509]);
  });

  test("minutes far from each other, and from the base", () => {
    const start = fc.integer({ min: 0, max: 2 ** 36 }).map((minute) => minute * MINUTE);
    const rows = fc.array(fc.tuple(start, anyValue, fc.nat(MINUTE - 1)), { maxLength: 40 });
    fc.assert(
      fc.property(rows, start, limit, (list, base, most) => {
        const minutes = new Minutes(most);
        for (const [at, value, after] of list) minutes.add(minutes.push(at), value, at + after);
        const writer = new ByteWriter(1);
        encodeMinutes(writer, minutes, undefined, base);
        const into = new Minutes(most);
        decodeMinutes(new ByteReader(writer.finish()), base, into);
        expectBack(into, minutes);
      }),
    );
  });

  test("what a reader keeps fewer samples of becomes a bucket, as if it had been added there", () => {
    fc.assert(
      fc.property(anything, limit, limit, (points, written, read) => {
        const into = new Minutes(read);
        decodeMinuteSegment(encodeMinuteSegment(minutesOf(points, written), BASE), BASE, into);
        for (let row = 0; row < into.length; row++) {
          const most = Math.min(written, read);
          expect(into.kept[row]).toBe(into.count(row) > most ? BUCKET : into.count(row));
        }
      }),
    );
  });
});

test("a minute that is no whole one is not written", () => {
  const minutes = new Minutes(6);
  minutes.push(BASE + 1);
  expect(() => encodeMinuteSegment(minutes, BASE)).toThrow("no whole minute");
});

describe("bytes that no encoder wrote", () => {
  /** Reads what may be garbage: it must come to an end in one of two ways. */
  function read(body: string): void {
    const minutes = minutesOf([[1, 5]], 6);
    const buckets = new Buckets(1);
    buckets.push(5);
    let length: number | undefined;
    try {
      decodeMinuteSegment(body, BASE, minutes);
      length = minutes.length;
    } catch (error) {
      expect(error).toBeInstanceOf(CorruptBytes);
      expect(minutes.length).toBe(1);
    }
    try {
      decodeMinuteSegmentAsBuckets(body, BASE, buckets);
      expect(length).toBeGreaterThanOrEqual(buckets.length);
    } catch (error) {
      expect(error).toBeInstanceOf(CorruptBytes);
      expect(length).toBeUndefined();
      expect(buckets.length).toBe(1);
    }
    expect([rowOf(minutes, 0).value, buckets.start[0]]).toEqual([[1], 5]);
    // Memory stays in proportion: no row group of 256 minutes is shorter than 4 bytes.
    expect(minutes.start.length).toBeLessThanOrEqual(16 + 2 * (1 + 256 * (1 + body.length / 4)));
    for (let row = 1; row < minutes.length; row++) {
      const from = row * minutes.stride;
      if (minutes.kept[row] === BUCKET) continue;
      for (let i = from; i < from + minutes.kept[row]!; i++) {
        expect(minutes.offset[i]).toBeLessThan(MINUTE);
        expect(Number.isFinite(minutes.value[i])).toBe(true);
        if (i > from) expect(minutes.offset[i]).toBeGreaterThanOrEqual(minutes.offset[i - 1]!);
      }
    }
  }

  const bytesOf = (minutes: Minutes): Uint8Array => {
    const writer = new ByteWriter();
    writer.u8(1);
    encodeMinutes(writer, minutes, undefined, BASE);
    return writer.finish();
  };

  test.each(CONTENTS)("a segment cut short anywhere, of %s", (_, content) => {
    fc.assert(
      fc.property(content, limit, (points, most) => {
        const body = encodeMinuteSegment(minutesOf(points, most), BASE);
        for (let length = 0; length < body.length; length++)
          expect(() => decodeMinuteSegment(body.slice(0, length), BASE, new Minutes(most))).toThrow(
            CorruptBytes,
          );
        // Nor is what lies behind its end read.
        const source = bytesOf(minutesOf(points, most));
        for (let end = 0; end < source.length; end++)
          expect(() =>
            decodeMinuteSegment({ source, from: 0, end }, BASE, new Minutes(most)),
          ).toThrow(CorruptBytes);
      }),
      { numRuns: 10 },
    );
  });

  test.each(CONTENTS)("a segment with bytes changed, of %s", (_, content) => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(content, limit, changes, (points, most, list) => {
        const bytes = bytesOf(minutesOf(points, most));
        for (const [at, value] of list) bytes[at % bytes.length] = value;
        read(toBase64(bytes));
      }),
      { numRuns: 200 },
    );
  });

  test("garbage behind a good version byte", () => {
    const byte = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat(255));
    const garbage = fc.oneof(fc.array(fc.nat(255)), fc.array(byte, { maxLength: 400 }));
    fc.assert(
      fc.property(garbage, (bytes) => read(toBase64(Uint8Array.of(1, ...bytes)))),
      { numRuns: 2000 },
    );
  });

  test("something behind its end, and samples out of order", () => {
    const minutes = minutesOf(
      [
        [1, BASE],
        [2, BASE + 30_000],
      ],
      6,
    );
    const bytes = bytesOf(minutes);
    expect(() => decodeMinuteSegment(toBase64(Uint8Array.of(...bytes, 0)), BASE, minutes)).toThrow(
      "1 bytes after the end",
    );
    [minutes.offset[0], minutes.offset[1]] = [30_000, 0];
    expect(() => decodeMinuteSegment(toBase64(bytesOf(minutes)), BASE, minutes)).toThrow(
      "not in order",
    );
  });
});
