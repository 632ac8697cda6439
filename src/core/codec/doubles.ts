// Doubles as integers: decimals scaled by a power of ten, dyadic residues in a power of two, and
// the bit pattern itself for all else. It must never lose a bit, nor know what the doubles mean.

import { type ByteReader, type ByteWriter, CorruptBytes } from "./bytes.ts";
import { MAX_INTS, readInts, skipInts, writeInts } from "./ints.ts";

/** 10^0 … 10^22: the powers of ten that a double holds exactly. */
export const POWERS_OF_TEN: readonly number[] = Array.from({ length: 23 }, (_, d) =>
  Number(`1e${d}`),
);

/** Scaled decimals stay under this, so that the difference of two is still a column's integer. */
const DECIMAL_LIMIT = 2 ** 49;

const view = new DataView(new ArrayBuffer(8));
const highs = new Float64Array(MAX_INTS);
const lows = new Float64Array(MAX_INTS);

/**
 * The smallest d ≥ `from` for which value = n / 10^d, bit for bit, with an integer |n| < 2^49;
 * −1 if there is none. −0 counts as 0. A larger d than the smallest works as well, until n leaves
 * its limit.
 */
export function decimalsOf(value: number, from: number): number {
  if (value === 0) return from;
  for (let d = from; d < POWERS_OF_TEN.length; d++) {
    const power = POWERS_OF_TEN[d]!;
    const n = Math.round(value * power);
    if (!(Math.abs(n) < DECIMAL_LIMIT)) return -1;
    if (n / power === value) return d;
  }
  return -1;
}

/** Exponent of the lowest set bit of a finite double that is not 0: value = odd · 2^exponent. */
export function lowestBit(value: number): number {
  view.setFloat64(0, value, true);
  const high = view.getInt32(4, true);
  const low = view.getInt32(0, true);
  const biased = (high >>> 20) & 0x7ff;
  const top = biased === 0 ? high & 0xfffff : (high & 0xfffff) | 0x100000;
  const trailing = low !== 0 ? trailingZeros(low) : 32 + trailingZeros(top);
  return Math.max(biased, 1) - 1075 + trailing;
}

const trailingZeros = (word: number): number => 31 - Math.clz32(word & -word);

/** 2^exponent, exactly. −1074 ≤ exponent ≤ 1023; `**` does not promise to be exact. */
export function powerOfTwo(exponent: number): number {
  if (exponent < -1022) return Number.MIN_VALUE * powerOfTwo(exponent + 1074);
  view.setInt32(4, (exponent + 1023) << 20, true);
  view.setInt32(0, 0, true);
  return view.getFloat64(0, true);
}

/*
 * A column of n doubles as they are, beside n predictions that the reader can make as well:
 *
 *   ┌───────────────┬───────────┬──────────────┐
 *   │ highs         │ shift     │ lows         │
 *   │ integers (n)  │ 1 byte    │ integers (n) │
 *   └───────────────┴───────────┴──────────────┘
 *   high: bits 32–63 as a signed integer, minus that of the prediction
 *   low:  bits 0–31 minus those of the prediction modulo 2^32, shifted right by `shift` (0 … 31)
 */

/** Writes the first n doubles of `values`. */
export function writeBits(
  writer: ByteWriter,
  values: Float64Array,
  predicted: Float64Array,
  n: number,
): void {
  let used = 0;
  for (let i = 0; i < n; i++) {
    view.setFloat64(0, predicted[i]!, true);
    const high = view.getInt32(4, true);
    const guess = view.getInt32(0, true);
    view.setFloat64(0, values[i]!, true);
    highs[i] = view.getInt32(4, true) - high;
    const low = (view.getInt32(0, true) - guess) >>> 0;
    lows[i] = low;
    used |= low;
  }
  const shift = used === 0 ? 0 : trailingZeros(used);
  for (let i = 0; i < n; i++) lows[i] = lows[i]! / 2 ** shift;
  writeInts(writer, highs, n);
  writer.u8(shift);
  writeInts(writer, lows, n);
}

/** Reads n doubles into `out` from `at` on; the predictions are what `out` holds. @throws CorruptBytes */
export function readBits(reader: ByteReader, out: Float64Array, at: number, n: number): void {
  readInts(reader, highs, 0, n);
  const shift = reader.u8();
  if (shift > 31) throw new CorruptBytes(`low words shifted by ${shift} bits`);
  readInts(reader, lows, 0, n);
  const scale = 2 ** shift;
  for (let i = 0; i < n; i++) {
    view.setFloat64(0, out[at + i]!, true);
    view.setInt32(4, view.getInt32(4, true) + highs[i]!, true);
    view.setInt32(0, view.getInt32(0, true) + lows[i]! * scale, true);
    out[at + i] = view.getFloat64(0, true);
  }
}

/** Steps over n doubles. @throws CorruptBytes */
export function skipBits(reader: ByteReader, n: number): void {
  skipInts(reader, n);
  reader.u8();
  skipInts(reader, n);
}
