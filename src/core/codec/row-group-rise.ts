// Of a row group: how firstAt, first and rise are read. The layout is drawn in row-group.ts. It must give
// every bit back.

import type { Buckets } from "../bucket.ts";
import type { ByteReader } from "./bytes.ts";
import { readBits, skipBits } from "./doubles.ts";
import { readInts, skipInts } from "./ints.ts";
import { riseMost, riseSeen } from "../rise.ts";

/** Of the second byte of flags. */
export const FIRST_AT_BITS = 1;
export const FIRST_FROM_LAST = 2;
export const RISE = 28;
export const RISE_SEEN = 0;
export const RISE_ZERO = 4;
export const RISE_INTS = 8;
export const RISE_BITS = 12;
export const RISE_MOST = 16;
export const RISE_MOST_BITS = 20;

/** What a bucket alone says of its rise, or the most that coarse buckets keep; the sign of 0 does not matter. */
export function predictRises(
  most: boolean,
  out: Float64Array,
  { first, last, min, max, sum }: Buckets,
  from: number,
  end: number,
): void {
  for (let i = from; i < end; i++) {
    const rise = most
      ? riseMost(first[i]!, last[i]!, min[i]!, max[i]!, sum[i]!)
      : riseSeen(first[i]!, last[i]!, max[i]!);
    out[i] = Number.isNaN(rise) ? 0 : rise;
  }
}

/** What `first` is with L is made f. */
export function decodeFirst(
  reader: ByteReader,
  valueBits: boolean,
  more: number,
  at: number,
  n: number,
  into: Buckets,
): void {
  const { start, min, first, firstAt, last } = into;
  const end = at + n;
  if (more & FIRST_AT_BITS) {
    firstAt.fill(0, at, end);
    readBits(reader, firstAt, at, n);
  } else {
    readInts(reader, firstAt, at, n);
    for (let i = at; i < end; i++) firstAt[i] = start[i]! + firstAt[i]!;
  }
  if (valueBits) {
    first.set(min.subarray(at, end), at);
    readBits(reader, first, at, n);
    return;
  }
  readInts(reader, first, at, n);
  if (more & FIRST_FROM_LAST)
    for (let i = at + 1; i < end; i++) first[i] = first[i]! + min[i - 1]! + last[i - 1]! - min[i]!;
}

export function decodeRise(
  reader: ByteReader,
  more: number,
  at: number,
  n: number,
  power: number,
  into: Buckets,
): void {
  const { rise } = into;
  const end = at + n;
  switch (more & RISE) {
    case RISE_ZERO:
      rise.fill(0, at, end);
      return;
    case RISE_INTS:
      readInts(reader, rise, at, n);
      for (let i = at; i < end; i++) rise[i] = rise[i]! / power;
      return;
    default:
      predictRises((more & RISE_MOST) > 0, rise, into, at, end);
      if (more & RISE_ZERO) readBits(reader, rise, at, n);
  }
}

/** Steps over the rise, in place of which is nothing. */
export function passRise(
  reader: ByteReader,
  more: number,
  at: number,
  n: number,
  { rise }: Buckets,
): void {
  rise.fill(0, at, at + n);
  const form = more & RISE;
  if (form === RISE_INTS) skipInts(reader, n);
  else if (form === RISE_BITS || form === RISE_MOST_BITS) skipBits(reader, n);
}
