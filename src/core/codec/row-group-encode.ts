// Writes row groups of buckets: tries the small forms of each column, and takes one if it is exact.
// It must write nothing that does not come back bit for bit; the layout is drawn in row-group.ts.

import {
  CARRY_BITS,
  COUNT_BITS,
  LAST_AT_BITS,
  predictSums,
  SIGNS,
  SINGLE,
  START_BITS,
  SUM_BITS,
  VALUE_BITS,
} from "./row-group.ts";
import { Buckets } from "../bucket.ts";
import type { ByteWriter } from "./bytes.ts";
import { decimalsOf, lowestBit, POWERS_OF_TEN, powerOfTwo, writeBits } from "./doubles.ts";
import { isInt, MAX_INTS, writeInts } from "./ints.ts";

/** What stands for the columns of the row group in the bytes. */
const coded = new Buckets(MAX_INTS);
const signs = new Float64Array(MAX_INTS);
const zeros = new Float64Array(MAX_INTS);

/** Writes a row group of 1 … MAX_INTS rows. */
export function encodeRowGroup(
  writer: ByteWriter,
  plain: Buckets,
  base: number,
  step: number,
): void {
  const n = plain.length;
  const single = isSingle(plain);
  const scale = scaleOf(plain, single);
  const values = scale < 0 ? undefined : POWERS_OF_TEN[scale]!;
  const signed = values !== undefined && scaleValues(plain, values);
  const countFits = fits(plain.count, n);
  const startFits = fitStarts(plain, base, step);
  const timeFits = fitTimes(plain);
  const unit = values === undefined || single || !countFits ? undefined : fitSums(plain, values);
  const carryUnit = unit === undefined && !single ? unitOfCarry(plain) : undefined;
  writer.u8(
    (startFits ? 0 : START_BITS) |
      (timeFits ? 0 : LAST_AT_BITS) |
      (single ? SINGLE : 0) |
      (single || countFits ? 0 : COUNT_BITS) |
      (values === undefined ? VALUE_BITS : 0) |
      (single || unit !== undefined ? 0 : SUM_BITS) |
      (single || unit !== undefined || carryUnit !== undefined ? 0 : CARRY_BITS) |
      (signed ? SIGNS : 0),
  );
  if (startFits) writeInts(writer, coded.start, n);
  else writeBits(writer, plain.start, zeros, n);
  if (timeFits) writeInts(writer, coded.lastAt, n);
  else writeBits(writer, plain.lastAt, zeros, n);
  if (values !== undefined) {
    writer.u8(scale);
    if (signed) writeInts(writer, signs, n);
    writeInts(writer, coded.min, n);
  } else writeBits(writer, plain.min, zeros, n);
  if (single) return;
  if (countFits) writeInts(writer, plain.count, n);
  else writeBits(writer, plain.count, zeros, n);
  if (values !== undefined) {
    writeInts(writer, coded.max, n);
    writeInts(writer, coded.last, n);
  } else {
    writeBits(writer, plain.max, plain.min, n);
    writeBits(writer, plain.last, plain.min, n);
  }
  if (unit !== undefined) {
    writeInts(writer, coded.sum, n);
    writer.zigzag(unit);
    writeInts(writer, coded.carry, n);
    return;
  }
  predictSums(coded.sum, plain, 0, n);
  writeBits(writer, plain.sum, coded.sum, n);
  if (carryUnit !== undefined) {
    writer.zigzag(carryUnit);
    writeInts(writer, coded.carry, n);
  } else writeBits(writer, plain.carry, zeros, n);
}

/** Same bits, but for NaN. */
const same = (a: number, b: number): boolean => a === b && (a !== 0 || 1 / a === 1 / b);

const isMinusZero = (value: number): boolean => value === 0 && 1 / value < 0;

function isSingle(plain: Buckets): boolean {
  const n = plain.length;
  const { count, sum, carry, min, max, last } = plain;
  for (let i = 0; i < n; i++) {
    const value = min[i]!;
    if (count[i] !== 1 || !same(carry[i]!, 0)) return false;
    if (!same(value + 0, sum[i]!) || !same(value, max[i]!) || !same(value, last[i]!)) return false;
  }
  return true;
}

/** The decimal places that every value of the row group has at most; −1 if they are no decimals. */
function scaleOf(plain: Buckets, single: boolean): number {
  const n = plain.length;
  let scale = 0;
  for (let i = 0; i < n && scale >= 0; i++) {
    scale = decimalsOf(plain.min[i]!, scale);
    if (single || scale < 0) continue;
    scale = decimalsOf(plain.max[i]!, scale);
    if (scale >= 0) scale = decimalsOf(plain.last[i]!, scale);
  }
  // More decimals than its own may have taken an earlier value over the limit.
  for (let i = 0; i < n && scale >= 0; i++)
    if (
      decimalsOf(plain.min[i]!, scale) !== scale ||
      decimalsOf(plain.max[i]!, scale) !== scale ||
      decimalsOf(plain.last[i]!, scale) !== scale
    )
      scale = -1;
  return scale;
}

/** Scales min, max and last; tells whether some are −0, whose signs are then kept apart. */
function scaleValues(plain: Buckets, power: number): boolean {
  const n = plain.length;
  let signed = false;
  for (let i = 0; i < n; i++) {
    // Adding 0 makes +0 of −0.
    const m = Math.round(plain.min[i]! * power) + 0;
    coded.min[i] = m;
    coded.max[i] = Math.round(plain.max[i]! * power) - m;
    coded.last[i] = Math.round(plain.last[i]! * power) - m;
    const z =
      (isMinusZero(plain.min[i]!) ? 1 : 0) +
      (isMinusZero(plain.max[i]!) ? 2 : 0) +
      (isMinusZero(plain.last[i]!) ? 4 : 0);
    signs[i] = z;
    if (z > 0) signed = true;
  }
  return signed;
}

function fits(column: Float64Array, n: number): boolean {
  for (let i = 0; i < n; i++) if (!isInt(column[i]!)) return false;
  return true;
}

function fitStarts(plain: Buckets, base: number, step: number): boolean {
  const n = plain.length;
  for (let i = 0; i < n; i++) {
    const start = plain.start[i]!;
    const k = (start - base) / step + 0;
    if (!isInt(k) || !same(base + k * step, start)) return false;
    coded.start[i] = k;
  }
  return true;
}

function fitTimes(plain: Buckets): boolean {
  const n = plain.length;
  for (let i = 0; i < n; i++) {
    const start = plain.start[i]!;
    const lastAt = plain.lastAt[i]!;
    const after = lastAt - start + 0;
    if (!isInt(after) || !same(start + after, lastAt)) return false;
    coded.lastAt[i] = after;
  }
  return true;
}

/** Turns coded.carry into integers of the unit returned; undefined if some do not fit. */
function toUnits(n: number): number | undefined {
  let lowest = Infinity;
  for (let i = 0; i < n; i++) {
    const value = coded.carry[i]!;
    if (value - value !== 0) return undefined;
    if (value !== 0) lowest = Math.min(lowest, lowestBit(value));
  }
  const unit = lowest === Infinity ? 0 : lowest;
  const size = powerOfTwo(unit);
  for (let i = 0; i < n; i++) {
    const r = coded.carry[i]! / size;
    if (!isInt(r)) return undefined;
    coded.carry[i] = r;
  }
  return unit;
}

function unitOfCarry(plain: Buckets): number | undefined {
  const n = plain.length;
  for (let i = 0; i < n; i++) coded.carry[i] = plain.carry[i]!;
  return toUnits(n);
}

/** Sums as decimals and their distance from them; the unit of that, or undefined if it is inexact. */
function fitSums(plain: Buckets, power: number): number | undefined {
  const n = plain.length;
  for (let i = 0; i < n; i++) {
    // All of them small, so that the sum of the three is exact for every reader, in any order.
    const total = Math.round(plain.sum[i]! * power) + 0;
    const least = plain.count[i]! * coded.min[i]! + 0;
    const s = total - (least + coded.max[i]!);
    if (!isInt(total) || !isInt(least) || !isInt(s)) return undefined;
    coded.sum[i] = s;
    coded.carry[i] = plain.sum[i]! - total / power + plain.carry[i]! + 0;
  }
  const unit = toUnits(n);
  if (unit === undefined) return undefined;
  const size = powerOfTwo(unit);
  for (let i = 0; i < n; i++) {
    const scaled = plain.count[i]! * coded.min[i]! + coded.max[i]! + coded.sum[i]!;
    const decimal = scaled / power;
    const noise = coded.carry[i]! * size;
    const sum = decimal + noise;
    if (!same(sum, plain.sum[i]!) || !same(noise - (sum - decimal), plain.carry[i]!))
      return undefined;
  }
  return unit;
}
