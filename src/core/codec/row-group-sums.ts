// Of a row group: how sums are read. The layout is drawn in row-group.ts. It must give every bit back.

import type { Buckets } from "../bucket.ts";
import { type ByteReader, CorruptBytes } from "./bytes.ts";
import { powerOfTwo, readBits, skipBits } from "./doubles.ts";
import { readInts, skipInts } from "./ints.ts";

/** Of the flags. */
export const SUM_BITS = 32;
export const CARRY_BITS = 64;

/** What sums would be if all points but the largest were the smallest: true of one and of two. */
export function predictSums(out: Float64Array, of: Buckets, from: number, end: number): void {
  const { count, min, max } = of;
  for (let i = from; i < end; i++) {
    // Adding 0 makes +0 of −0: the reader learns the signs of zeros only later.
    const sum = (count[i]! - 1) * min[i]! + max[i]! + 0;
    // The bits of NaN differ from one processor to another.
    out[i] = Number.isNaN(sum) ? 0 : sum;
  }
}

/** `isBits`: whether min, max, first and last are values, and no integers yet. Then they are. */
export function decodeSums(
  reader: ByteReader,
  flags: number,
  isBits: boolean,
  at: number,
  n: number,
  power: number,
  into: Buckets,
): void {
  const { count, sum, carry, min, max, first, last } = into;
  const end = at + n;
  if (flags & SUM_BITS) {
    if (!isBits) toValues(at, end, power, into);
    predictSums(sum, into, at, end);
    readBits(reader, sum, at, n);
    if (flags & CARRY_BITS) {
      carry.fill(0, at, end);
      readBits(reader, carry, at, n);
    } else {
      const size = readUnit(reader);
      readInts(reader, carry, at, n);
      for (let i = at; i < end; i++) carry[i] = carry[i]! * size;
    }
  } else {
    readInts(reader, sum, at, n);
    const size = readUnit(reader);
    readInts(reader, carry, at, n);
    for (let i = at; i < end; i++) {
      const m = min[i]!;
      const x = max[i]!;
      min[i] = m / power;
      max[i] = (m + x) / power;
      first[i] = (m + first[i]!) / power;
      last[i] = (m + last[i]!) / power;
      const decimal = (count[i]! * m + x + sum[i]!) / power;
      const noise = carry[i]! * size;
      const total = decimal + noise;
      sum[i] = total;
      // Dekker's FastTwoSum: D is 0 or larger than its noise, or else the writer would not do so.
      carry[i] = noise - (total - decimal);
    }
  }
}

/** The same but for the sums, which are stepped over: they are what would be predicted, or s = 0. */
export function passSums(
  reader: ByteReader,
  flags: number,
  isBits: boolean,
  at: number,
  n: number,
  power: number,
  into: Buckets,
): void {
  const { count, sum, carry, min, max } = into;
  const end = at + n;
  if (flags & SUM_BITS) skipBits(reader, n);
  else skipInts(reader, n);
  if (flags & SUM_BITS && flags & CARRY_BITS) skipBits(reader, n);
  else {
    readUnit(reader);
    skipInts(reader, n);
  }
  if (isBits) predictSums(sum, into, at, end);
  else {
    for (let i = at; i < end; i++) sum[i] = (count[i]! * min[i]! + max[i]!) / power;
    toValues(at, end, power, into);
  }
  carry.fill(0, at, end);
}

/** Makes values of m, m + x, m + f and m + l. */
function toValues(
  at: number,
  end: number,
  power: number,
  { min, max, first, last }: Buckets,
): void {
  for (let i = at; i < end; i++) {
    const m = min[i]!;
    min[i] = m / power;
    max[i] = (m + max[i]!) / power;
    first[i] = (m + first[i]!) / power;
    last[i] = (m + last[i]!) / power;
  }
}

function readUnit(reader: ByteReader): number {
  const unit = reader.zigzag();
  if (unit < -1074 || unit > 1023) throw new CorruptBytes(`unit 2^${unit}`);
  return powerOfTwo(unit);
}
