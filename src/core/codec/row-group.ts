// Row groups of buckets: their byte layout, and how they are read.
// It must not guess: what a writer cannot have written is refused.

import type { Buckets } from "../bucket.ts";
import { type ByteReader, CorruptBytes } from "./bytes.ts";
import { POWERS_OF_TEN, readBits } from "./doubles.ts";
import { MAX_INTS, readInts } from "./ints.ts";
import {
  decodeFirst,
  decodeRise,
  FIRST_FROM_LAST,
  passRise,
  RISE,
  RISE_INTS,
  RISE_MOST,
} from "./row-group-rise.ts";
import { decodeSums, passSums, SUM_BITS } from "./row-group-sums.ts";

/*
 * A row group; "integers" are laid out in ints.ts, "bits" in doubles.ts:
 *
 *   ┌────────┬───────┬────────┬───────┬───────┬─────┬───────┬─────┬──────┬ …
 *   │ flags  │ start │ lastAt │ scale │ signs │ min │ count │ max │ last │
 *   │ 1 byte │       │        │ 1 byte│       │     │       │     │      │
 *   └────────┴───────┴────────┴ not V ┴ if Z ─┴─────┴── these only without S
 *   … ┬────────┬─────────┬───────┬─────┬───────┬──────┐
 *     │ more   │ firstAt │ first │ sum │ carry │ rise │
 *     │ 1 byte │         │       │     │       │      │
 *   … ┴────────┴─────────┴───────┴─────┴───────┴──────┘ only without S
 *
 *   flag       set                                   not set
 *   T  bit 0   start: bits, predicted 0              integers (start − base) / step
 *   A  bit 1   lastAt: bits, predicted 0             integers lastAt − start
 *   S  bit 2   count is 1, carry and rise are 0, firstAt is lastAt, and sum, max, first and last are
 *              min; but sum is 0 where min is −0
 *   C  bit 3   count: bits, predicted 0              integers
 *   V  bit 4   min: bits, predicted 0                scale d (0 … 22), then integers m:
 *              max, last, first: bits,               min = m / 10^d, max = (m + x) / 10^d,
 *              predicted min                         last = (m + l) / 10^d, first = (m + f) / 10^d
 *   U  bit 5   sum: bits, predicted p                sum: integers s; carry: unit, integers r
 *                                                    D = (count · m + x + s) / 10^d
 *                                                    sum + carry = D + r · 2^unit
 *   K  bit 6   carry: bits, predicted 0              carry: unit, integers r; carry = r · 2^unit
 *   Z  bit 7   signs: integers z; after all else,    no min, max, last, first is −0, unless as bits
 *              min, max, last, first are −0 where
 *              z has 1, 2, 4, 8
 *
 *   more
 *   F  bit 0   firstAt: bits, predicted 0            integers firstAt − start
 *   L  bit 1   first: integers; f of the first row,  first: integers f
 *              then m + f − (m + l of the row before)
 *   R  bits 2 to 4: what `rise` is
 *      0       nothing: q = last − first, plus max where max > last
 *      1       nothing: 0
 *      2       integers: rise = r / 10^d
 *      3       bits, predicted q
 *      4       nothing: q' = last − first + the larger of 16 · max and sum / 4; q where min < 0
 *      5       bits, predicted q'
 *              q and q' from the left, rounded after each operation; 0 where that is not a number
 *
 * L and R = 2 never stand beside V; other bits of `more` are 0. Without S, V implies U; K stands only beside U, Z never beside V.
 * p = (count − 1) · min + max + 0, rounded to a double after each operation; 0 if that is NaN.
 * count · m + x + s is exact; the quotient D is rounded to the nearest double.
 * unit is a zigzag varint from −1074 to 1023. The values of a decimal gauge are rounded, so that
 * their sum is a little off the decimal sum D, by a small multiple of the lowest bit of the
 * smallest of them: r. Since |carry| ≤ ulp(sum) / 2, sum is D + r · 2^unit rounded to the nearest
 * double, and carry what that rounding took: r · 2^unit − (sum − D).
 */
export const START_BITS = 1;
export const LAST_AT_BITS = 2;
export const SINGLE = 4;
export const COUNT_BITS = 8;
export const VALUE_BITS = 16;
export const SIGNS = 128;
/** Of the row group being read. */
const signs = new Float64Array(MAX_INTS);

/**
 * What of buckets is wanted: of "ends" no sums, of "points" no rise either. In their place stands what costs
 * nothing, also when it is encoded again.
 */
export type Wanted = "all" | "ends" | "points";

/** Appends a row group of n rows. @throws CorruptBytes, after which the new rows hold anything. */
export function decodeRowGroup(
  reader: ByteReader,
  n: number,
  base: number,
  step: number,
  into: Buckets,
  wanted: Wanted = "all",
): void {
  const flags = reader.u8();
  if (
    (flags & (VALUE_BITS | SUM_BITS | SINGLE)) === VALUE_BITS ||
    (flags & (VALUE_BITS | SIGNS)) === (VALUE_BITS | SIGNS)
  )
    throw new CorruptBytes(`flags ${flags} of a row group`);
  const at = into.extend(n);
  decodeTimes(reader, flags, at, n, base, step, into);
  decodeValues(reader, flags, at, n, into, wanted);
  if (flags & SIGNS) {
    const { min, max, first, last } = into;
    for (let i = 0; i < n; i++) {
      const z = signs[i]!;
      if (z & 1) min[at + i] = -0;
      if (z & 2) max[at + i] = -0;
      if (z & 4) last[at + i] = -0;
      if (z & 8) first[at + i] = -0;
    }
  }
}

function decodeTimes(
  reader: ByteReader,
  flags: number,
  at: number,
  n: number,
  base: number,
  step: number,
  into: Buckets,
): void {
  const { start, lastAt } = into;
  const end = at + n;
  if (flags & START_BITS) {
    start.fill(0, at, end);
    readBits(reader, start, at, n);
  } else {
    readInts(reader, start, at, n);
    for (let i = at; i < end; i++) start[i] = base + start[i]! * step;
  }
  if (flags & LAST_AT_BITS) {
    lastAt.fill(0, at, end);
    readBits(reader, lastAt, at, n);
  } else {
    readInts(reader, lastAt, at, n);
    for (let i = at; i < end; i++) lastAt[i] = start[i]! + lastAt[i]!;
  }
}

function decodeValues(
  reader: ByteReader,
  flags: number,
  at: number,
  n: number,
  into: Buckets,
  wanted: Wanted,
): void {
  const { count, sum, carry, min, max, first, firstAt, last, lastAt, rise } = into;
  const end = at + n;
  let power = 1;
  if (flags & VALUE_BITS) {
    min.fill(0, at, end);
    readBits(reader, min, at, n);
  } else {
    const scale = reader.u8();
    if (scale >= POWERS_OF_TEN.length) throw new CorruptBytes(`${scale} decimal places`);
    power = POWERS_OF_TEN[scale]!;
    if (flags & SIGNS) readInts(reader, signs, 0, n);
    readInts(reader, min, at, n);
  }
  if (flags & SINGLE) {
    for (let i = at; i < end; i++) {
      const value = min[i]! / power;
      count[i] = 1;
      min[i] = value;
      max[i] = value;
      first[i] = value;
      firstAt[i] = lastAt[i]!;
      last[i] = value;
      // As a sum it starts from +0, which −0 does not change.
      sum[i] = value + 0;
    }
    carry.fill(0, at, end);
    rise.fill(0, at, end);
    return;
  }
  if (flags & COUNT_BITS) {
    count.fill(0, at, end);
    readBits(reader, count, at, n);
  } else readInts(reader, count, at, n);
  if (flags & VALUE_BITS) {
    max.set(min.subarray(at, end), at);
    readBits(reader, max, at, n);
    last.set(min.subarray(at, end), at);
    readBits(reader, last, at, n);
  } else {
    readInts(reader, max, at, n);
    readInts(reader, last, at, n);
  }
  const more = reader.u8();
  if (
    more >> 2 > 5 ||
    (flags & VALUE_BITS && (more & FIRST_FROM_LAST || (more & RISE) === RISE_INTS))
  )
    throw new CorruptBytes(`flags ${flags} and ${more} of a row group`);
  const isBits = (flags & VALUE_BITS) > 0;
  decodeFirst(reader, isBits, more, at, n, into);
  // A gauge's rise is told by its sums.
  if (wanted === "all" || (wanted === "ends" && (more & RISE_MOST) > 0))
    decodeSums(reader, flags, isBits, at, n, power, into);
  else passSums(reader, flags, isBits, at, n, power, into);
  if (wanted === "points") passRise(reader, more, at, n, into);
  else decodeRise(reader, more, at, n, power, into);
}
