// Writes row groups of buckets: tries the small forms of each column, and takes one if it is exact.
// It must write nothing that does not come back bit for bit; the layout is drawn in row-group.ts.

import { COUNT_BITS, LAST_AT_BITS, SIGNS, SINGLE, START_BITS, VALUE_BITS } from "./row-group.ts";
import {
  FIRST_AT_BITS,
  FIRST_FROM_LAST,
  predictRises,
  RISE_BITS,
  RISE_INTS,
  RISE_MOST,
  RISE_MOST_BITS,
  RISE_SEEN,
  RISE_ZERO,
} from "./row-group-rise.ts";
import { CARRY_BITS, predictSums, SUM_BITS } from "./row-group-sums.ts";
import { Buckets } from "../bucket.ts";
import type { ByteWriter } from "./bytes.ts";
import { decimalsOf, lowestBit, POWERS_OF_TEN, powerOfTwo, writeBits } from "./doubles.ts";
import { isInt, MAX_INTS, writeInts } from "./ints.ts";
import { choosePacking } from "./packing.ts";

/** What stands for the columns of the row group in the bytes. */
const coded = new Buckets(MAX_INTS);
const signs = new Float64Array(MAX_INTS);
const zeros = new Float64Array(MAX_INTS);
const fromLast = new Float64Array(MAX_INTS);
const seen = new Float64Array(MAX_INTS);
const most = new Float64Array(MAX_INTS);

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
  const timeFits = fitTimes(plain, plain.lastAt, coded.lastAt);
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
  const rise = encodeFirst(writer, plain, values);
  if (unit !== undefined) {
    writeInts(writer, coded.sum, n);
    writer.zigzag(unit);
    writeInts(writer, coded.carry, n);
  } else {
    predictSums(coded.sum, plain, 0, n);
    writeBits(writer, plain.sum, coded.sum, n);
    if (carryUnit !== undefined) {
      writer.zigzag(carryUnit);
      writeInts(writer, coded.carry, n);
    } else writeBits(writer, plain.carry, zeros, n);
  }
  if (rise === RISE_INTS) writeInts(writer, coded.rise, n);
  else if (rise === RISE_BITS) writeBits(writer, plain.rise, seen, n);
  else if (rise === RISE_MOST_BITS) writeBits(writer, plain.rise, most, n);
}

/** Writes `more`, firstAt and first; returns how the rise is to be written. */
function encodeFirst(writer: ByteWriter, plain: Buckets, power: number | undefined): number {
  const n = plain.length;
  const timeFits = fitTimes(plain, plain.firstAt, coded.firstAt);
  const rise = formOfRise(plain, power);
  const chained = power !== undefined && chainFirsts(n);
  writer.u8((timeFits ? 0 : FIRST_AT_BITS) | (chained ? FIRST_FROM_LAST : 0) | rise);
  if (timeFits) writeInts(writer, coded.firstAt, n);
  else writeBits(writer, plain.firstAt, zeros, n);
  if (power === undefined) writeBits(writer, plain.first, plain.min, n);
  else writeInts(writer, chained ? fromLast : coded.first, n);
  return rise;
}

/** Whether `first` is smaller as what it is beside the last value of the row before. */
function chainFirsts(n: number): boolean {
  const { min, first, last } = coded;
  fromLast[0] = first[0]!;
  for (let i = 1; i < n; i++) {
    fromLast[i] = min[i]! + first[i]! - (min[i - 1]! + last[i - 1]!);
    if (!isInt(fromLast[i]!)) return false;
  }
  return choosePacking(fromLast, n).cost < choosePacking(first, n).cost;
}

/** The smallest form of the rise that gives it back. */
function formOfRise(plain: Buckets, power: number | undefined): number {
  const n = plain.length;
  const { rise } = plain;
  predictRises(false, seen, plain, 0, n);
  predictRises(true, most, plain, 0, n);
  let [notSeen, notMost, zero, decimal] = [0, 0, true, power !== undefined];
  for (let i = 0; i < n; i++) {
    const value = rise[i]!;
    if (!same(value, seen[i]!)) notSeen++;
    if (!same(value, most[i]!)) notMost++;
    if (!same(value, 0)) zero = false;
    if (!decimal) continue;
    const r = Math.round(value * power!) + 0;
    coded.rise[i] = r;
    decimal = isInt(r) && same(r / power!, value);
  }
  if (notSeen === 0) return RISE_SEEN;
  if (zero) return RISE_ZERO;
  if (notMost === 0) return RISE_MOST;
  // A few that are not what was predicted are exceptions of a column of zeros.
  if (decimal && Math.min(notSeen, notMost) > n / 4) return RISE_INTS;
  return notSeen <= notMost ? RISE_BITS : RISE_MOST_BITS;
}

/** Same bits, but for NaN. */
const same = (a: number, b: number): boolean => a === b && (a !== 0 || 1 / a === 1 / b);

const isMinusZero = (value: number): boolean => value === 0 && 1 / value < 0;

function isSingle(plain: Buckets): boolean {
  const n = plain.length;
  const { count, sum, carry, min, max, first, firstAt, last, lastAt, rise } = plain;
  for (let i = 0; i < n; i++) {
    const value = min[i]!;
    if (count[i] !== 1 || !same(carry[i]!, 0)) return false;
    if (!same(value + 0, sum[i]!) || !same(value, max[i]!) || !same(value, last[i]!)) return false;
    if (!same(value, first[i]!) || !same(firstAt[i]!, lastAt[i]!) || !same(rise[i]!, 0))
      return false;
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
    if (scale >= 0) scale = decimalsOf(plain.first[i]!, scale);
  }
  // More decimals than its own may have taken an earlier value over the limit.
  for (let i = 0; i < n && scale >= 0; i++)
    if (
      decimalsOf(plain.min[i]!, scale) !== scale ||
      decimalsOf(plain.max[i]!, scale) !== scale ||
      decimalsOf(plain.last[i]!, scale) !== scale ||
      decimalsOf(plain.first[i]!, scale) !== scale
    )
      scale = -1;
  return scale;
}

/** Scales min, max, last and first; tells whether some are −0, whose signs are then kept apart. */
function scaleValues(plain: Buckets, power: number): boolean {
  const n = plain.length;
  let signed = false;
  for (let i = 0; i < n; i++) {
    // Adding 0 makes +0 of −0.
    const m = Math.round(plain.min[i]! * power) + 0;
    coded.min[i] = m;
    coded.max[i] = Math.round(plain.max[i]! * power) - m;
    coded.last[i] = Math.round(plain.last[i]! * power) - m;
    coded.first[i] = Math.round(plain.first[i]! * power) - m;
    const z =
      (isMinusZero(plain.min[i]!) ? 1 : 0) +
      (isMinusZero(plain.max[i]!) ? 2 : 0) +
      (isMinusZero(plain.last[i]!) ? 4 : 0) +
      (isMinusZero(plain.first[i]!) ? 8 : 0);
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

/** Times as what they are beside the start of their period; false if some do not fit. */
function fitTimes(plain: Buckets, times: Float64Array, into: Float64Array): boolean {
  const n = plain.length;
  for (let i = 0; i < n; i++) {
    const start = plain.start[i]!;
    const at = times[i]!;
    const after = at - start + 0;
    if (!isInt(after) || !same(start + after, at)) return false;
    into[i] = after;
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
