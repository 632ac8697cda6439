// Points of minutes for laws, and when two lists of minutes are the same.

import fc from "fast-check";
import { expect } from "vitest";
import { BUCKET, Minutes } from "../../../src/core/minutes.ts";
import { MINUTE } from "../../../src/core/tiers.ts";

/** NaN: an end mark. */
export type Sample = readonly [value: number, at: number];

/** Values that are hard to keep: zeros of either sign, the smallest, the largest, many digits. */
export const anyValue = fc.oneof(
  fc.integer({ min: -99_999, max: 99_999 }).map((n) => n / 100),
  fc.integer({ min: -3, max: 3 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, 0.1, 5e-324, -5e-324, 2 ** -1022, 1.7e308, -1.7e308, 2 ** 960, 2 ** 53),
);

/** Times that meet: now and then the same ms. */
const after = fc.oneof(
  fc.nat(MINUTE - 1),
  fc.nat(3),
  fc.constantFrom(0, MINUTE - 1, 15_000, 30_000),
);

/** Points of the minute that starts at `start`; one in nine is an end mark. */
export const anySample = (start: number): fc.Arbitrary<Sample> =>
  fc.tuple(
    fc.oneof({ weight: 8, arbitrary: anyValue }, { weight: 1, arbitrary: fc.constant(NaN) }),
    after.map((ms) => start + ms),
  );

/** Minutes of points; those of `starts` are there in any case, first. */
export function minutesOf(
  points: Iterable<Sample>,
  limit: number,
  starts: Iterable<number> = [],
): Minutes {
  const minutes = new Minutes(limit, 1);
  const rows = new Map<number, number>();
  const rowOf = (start: number): number => {
    const row = rows.get(start) ?? minutes.push(start);
    rows.set(start, row);
    return row;
  };
  for (const start of starts) rowOf(start);
  for (const [value, at] of points) minutes.add(rowOf(Math.floor(at / MINUTE) * MINUTE), value, at);
  return minutes;
}

/** A row as a plain value; sums apart, which depend on the order in their last digits. */
export function rowOf(minutes: Minutes, row: number): { readonly [name: string]: unknown } {
  const n = minutes.kept[row]!;
  const from = row * minutes.stride;
  const common = { start: minutes.start[row], end: minutes.endOf(row) };
  if (n !== BUCKET)
    return {
      ...common,
      value: [...minutes.value.subarray(from, from + n)],
      offset: [...minutes.offset.subarray(from, from + n)],
    };
  const { sum: _sum, carry: _carry, huge, ...bucket } = minutes.buckets.at(minutes.bucketOf(row));
  return { ...common, ...bucket, huge: huge !== undefined };
}

/** Equal bit for bit but for sums, which may differ by rounding in twice a double's precision. */
export function expectSameMinutes(actual: Minutes, expected: Minutes): void {
  expect(actual.length).toBe(expected.length);
  for (let row = 0; row < expected.length; row++) {
    expect(rowOf(actual, row)).toStrictEqual(rowOf(expected, row));
    if (expected.kept[row] !== BUCKET) continue;
    const a = actual.buckets.at(actual.bucketOf(row));
    const b = expected.buckets.at(expected.bucketOf(row));
    const largest = Math.max(Math.abs(b.min), Math.abs(b.max));
    expect(Math.abs(a.sum - b.sum + (a.carry - b.carry))).toBeLessThanOrEqual(2 ** -90 * largest);
  }
}
