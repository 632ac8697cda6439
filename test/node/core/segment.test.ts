// Segments whose bytes are known: stored bytes must never change silently. A change here needs
// a new version byte, and a decoder that still reads the old one.

import { describe, expect, test } from "vitest";
import { Buckets } from "../../../src/core/bucket.ts";
import { ByteWriter, CorruptBytes, toBase64 } from "../../../src/core/codec/bytes.ts";
import { encodeColumns } from "../../../src/core/codec/columns.ts";
import { decodeSegment, encodeSegment } from "../../../src/core/codec/segment.ts";
import { DAY, HOUR, MINUTE } from "../../../src/core/tiers.ts";

const BASE = Date.UTC(2026, 0, 5, 13);

/** Buckets of points (value, ms after BASE), as the accumulator makes them. */
function bucketsOf(points: readonly (readonly [value: number, after: number])[], step = MINUTE) {
  const buckets = new Buckets();
  for (const [value, after] of points) {
    const at = BASE + after;
    const start = Math.floor(at / step) * step;
    const top = buckets.length - 1;
    buckets.add(top >= 0 && buckets.start[top] === start ? top : buckets.push(start), value, at);
  }
  return buckets;
}

const rowsOf = (buckets: Buckets) =>
  Array.from({ length: buckets.length }, (_, row) => ({
    start: buckets.start[row],
    ...buckets.at(row),
  }));

const read = (body: string, base = BASE, step = MINUTE) => {
  const into = new Buckets();
  decodeSegment(body, base, step, into);
  return rowsOf(into);
};

const every = (count: number, step: number, value: (i: number) => number) =>
  Array.from({ length: count }, (_, i): [number, number] => [value(i), i * step]);

describe("golden bytes", () => {
  test.each([
    ["no buckets", bucketsOf([]), "AQA"],
    ["one point", bucketsOf([[72.5, 1234]]), "AQEEAAAApBMBAKoLAA"],
    [
      "a point a minute, for an hour",
      bucketsOf(every(60, MINUTE, (i) => 20 + i / 100)),
      "ATwEQAACAAACQKAfAgA",
    ],
    [
      "a gauge, four a minute",
      bucketsOf(every(24, 15_000, (i) => (7250 + ((i * 37) % 23)) / 100)),
      "AQYAQAACAJC/BQJEpHEPmdkAAAgDHAUJAgUAszhQAAwAAAUAIEmSCAQaFgoBWwIDXgwXzPl/zeR5pAAAAAAAAACAFAAIAAAAAB+OhdfHAj5SuAAAAB+F6yCF6wEAACCF6x5ANAqIAgA",
    ],
    [
      "a spike between gaps",
      bucketsOf([
        ...every(9, 2 * MINUTE, (i) => (i === 5 ? 123456.789 : 3 + (i % 2))),
        [1, 59 * MINUTE],
      ]),
      "AQoEwAAEAQhSAAADgPAuBQHQDwHQDwG6hd51AdAPAZ8fAA",
    ],
    [
      "zeros of either sign",
      bucketsOf([
        [-0, 0],
        [0, 1],
        [-0, MINUTE],
        [-1.5, 2 * MINUTE],
      ]),
      "AQOAQAACAQABAQQA+QBEAB0PAQIBAAAAAAAAAAAAAAAAAAAA",
    ],
    [
      "no decimals",
      bucketsOf([
        [Math.PI, 5],
        [-Math.E, 6],
        [1e300, MINUTE],
        [5e-324, 2 * MINUTE],
      ]),
      "AQMwQAACAwAGACDrg9L/BwAAADIlMvZA+gC+PwAgAmhXFJt1AAAAAIuIAAECASAA8WIDAAAAAAAAgAAAACAAr9UvAAAAAAAAyQAAAAAAAAAMAwAFACAA8WIDAAAAAAAAgAAAACAAr9UvAAAAAAAAyQAAYAD3kL/jDwAAAHjIbwD8Ah0AAAAAmeL/AAAAoAMAAAAAAAABAAEBARIBAZx1AIg85Dd6AAAAAAAAAAA",
    ],
    [
      "huge sums",
      bucketsOf([
        [1.7e308, 0],
        [1.7e308, 1],
        [0.25, 2],
        [3, MINUTE],
      ]),
      "AQIwAQACAgACQICAgP0HgIDAAwAAAEAGAx8A0UIeAAAAQAABHQC7nTsAAAAYAAAAAAAADAAAHwDRQh4AAABAAAEdALudOwAAABgAQKGL8oEIoovygQgBHwBFYsQAAABnAAAAAB4AAADQAAAAPwAAAAABARIBAHY7dzDRQv57AAAAAAAAAAA",
    ],
    [
      "sums that cancel",
      bucketsOf([
        [0.1, 0],
        [0.2, 1],
        [-0.3, 2],
        [1e15, 3],
        [-1e15, 4],
      ]),
      "AQEwAAAACACV0JzPBxIAmiYACgCAgICAEAAAAAAAAAAABAAAAMi26coPAQCas5abBwCSvNWVDxAAso0BAAAAAA",
    ],
  ])("%s", (_, buckets, body) => {
    expect(encodeSegment(buckets, BASE, MINUTE)).toBe(body);
    expect(read(body)).toStrictEqual(rowsOf(buckets));
  });

  test("hours of a day", () => {
    const hours = bucketsOf(
      every(90, 400_000, (i) => i / 4),
      HOUR,
    );
    const day = Math.floor(BASE / DAY) * DAY;
    const body = "AQoAQBoCAIDQhgMCQADCAwASAJADAJADAAAAAAAA+AoAAAAA";
    expect(encodeSegment(hours, day, HOUR)).toBe(body);
    expect(read(body, day, HOUR)).toStrictEqual(rowsOf(hours));
  });

  test("days of a year", () => {
    const days = bucketsOf(
      every(700, DAY / 2, (i) => i / 4),
      DAY,
    );
    const year = Date.UTC(2026, 0, 1);
    const body =
      "Ad8CAEAIAgCA8tAsAsAAZAEAMYAEAQABgDIBADGAMgEAMQCAgLq3AwEAgLiZKQAAAAAAAAAAAECIBAKAgPLQLAFe/7eZKQJAzscBZIAEAV4BgDIBXjGAMgFeMQAAgLq3AwAAAAAAAAAA";
    expect(encodeSegment(days, year, DAY)).toBe(body);
    expect(read(body, year, DAY)).toStrictEqual(rowsOf(days));
  });
});

describe("encoding", () => {
  test("sorts by start and merges what has the same", () => {
    const buckets = new Buckets();
    for (const [slot, value] of [
      [2, 5],
      [0, 1],
      [2, 7],
      [1, 3],
    ] as const)
      buckets.add(buckets.push(BASE + slot * MINUTE), value, BASE + slot * MINUTE + value);
    const rows = read(encodeSegment(buckets, BASE, MINUTE));
    expect(rows.map((row) => [row.start! - BASE, row.count, row.sum, row.last])).toEqual([
      [0, 1, 1, 1],
      [MINUTE, 1, 3, 3],
      [2 * MINUTE, 2, 12, 7],
    ]);
    expect(buckets.length).toBe(4);
  });

  test("a carry of any magnitude", () => {
    for (const carry of [Number.MIN_VALUE, -(2 ** 975), 2 ** 1023, Number.MAX_VALUE]) {
      const buckets = bucketsOf([[1, 0]]);
      buckets.carry[0] = carry;
      expect(read(encodeSegment(buckets, BASE, MINUTE))).toStrictEqual(rowsOf(buckets));
    }
  });

  test("decoding appends", () => {
    const into = bucketsOf([[1, 0]]);
    decodeSegment(encodeSegment(bucketsOf([[2, MINUTE]]), BASE, MINUTE), BASE, MINUTE, into);
    expect(rowsOf(into)).toStrictEqual(
      rowsOf(
        bucketsOf([
          [1, 0],
          [2, MINUTE],
        ]),
      ),
    );
  });

  test("minutes one after the other cost no bytes of their own", () => {
    const size = (count: number) =>
      encodeSegment(bucketsOf(every(count, MINUTE, () => 7)), BASE, MINUTE).length;
    expect(size(60)).toBeLessThanOrEqual(size(2) + 2);
  });
});

describe("corrupt segments", () => {
  const bytesOf = (...bytes: number[]) => toBase64(Uint8Array.from(bytes));
  const one = (() => {
    const writer = new ByteWriter();
    encodeColumns(writer, bucketsOf([[1, 0]]), undefined, BASE, MINUTE);
    return writer.finish();
  })();
  /** Without its (empty) list of extensions. */
  const columns = one.slice(0, -1);

  test("an extension that this code does not know is stepped over", () => {
    const body = bytesOf(1, ...columns, 2, 2, 3, 7, 7, 7, 200, 1, 1, 5);
    expect(read(body)).toStrictEqual(rowsOf(bucketsOf([[1, 0]])));
  });

  test.each([
    ["an empty text", "", "ends too early"],
    ["no base64", "AQ?", "is not base64"],
    ["another version", bytesOf(2, ...one), "segment of version 2, where 1 is known"],
    ["bytes after the end", bytesOf(1, ...one, 0), "1 bytes after the end of a segment"],
    ["rows that are not there", bytesOf(1, 1), "ends too early"],
    ["2^53 − 1 rows", bytesOf(1, ...Array<number>(7).fill(255), 15, 4), "ends too early"],
    ["flags that exclude each other", bytesOf(1, 1, 16), "flags 16 of a row group"],
    ["integers of 63 bits", bytesOf(1, 1, 4, 63), "integers of 63 bits"],
    ["a scale over 22", bytesOf(1, 1, 4, 0, 0, 0, 0, 23), "23 decimal places"],
    [
      "a unit that is no double",
      bytesOf(1, 1, ...Array<number>(21).fill(0), 0xff, 0x7f),
      "unit 2^",
    ],
    ["an exception outside", bytesOf(1, 1, 4, 128, 0, 1, 1, 2), "an exception lies outside"],
    ["an extension that ends too early", bytesOf(1, ...columns, 1, 9, 2, 0), "ends too early"],
    ["extensions out of order", bytesOf(1, ...columns, 2, 9, 0, 7, 0), "extension 7 after 9"],
    ["huge sums of no row", bytesOf(1, ...columns, 1, 1, 2, 1, 1), "lies outside its row group"],
    ["more than huge sums", bytesOf(1, ...columns, 1, 1, 2, 0, 0), "1 bytes after the huge sums"],
  ])("%s", (_, body, message) => {
    const into = bucketsOf([[1, 0]]);
    const read = () => decodeSegment(body, BASE, MINUTE, into);
    expect(read).toThrow(CorruptBytes);
    expect(read).toThrow(message);
    expect(into.length).toBe(1);
  });
});
