// Columns of the values of samples: decimals as integers, or bits, chunk by chunk, so that one odd series
// of many costs only its neighbours. It must give every bit back.

import { type ByteReader, type ByteWriter, CorruptBytes } from "./bytes.ts";
import { decimalsOf, POWERS_OF_TEN, readBits, writeBits } from "./doubles.ts";
import { MAX_INTS, readInts, writeInts } from "./ints.ts";

/*
 * A column of n finite doubles, in chunks of 256, the last one of the rest. A chunk:
 *
 *   ┌────────┬───────────────────────────┬──────────────────────────────────┐
 *   │ form   │ integers m, or bits       │ zeros                            │
 *   │ 1 byte │ predicted 0 (doubles.ts)  │ varint k, k × gap <varint>: if Z │
 *   └────────┴───────────────────────────┴──────────────────────────────────┘
 *
 *   form    bits 0–4: decimal places d (0 … 22), values are m / 10^d; 31: bits. Bit 7: Z, only with d
 *   zeros   the values at these places, counted as gaps, are −0; all other zeros are 0
 */
const BITS = 31;
const ZEROS = 0x80;

const scaled = new Float64Array(MAX_INTS);
const none = new Float64Array(MAX_INTS);

const isMinusZero = (value: number): boolean => value === 0 && 1 / value < 0;

/** Writes the first n of `values`. */
export function writeValues(writer: ByteWriter, values: Float64Array, n: number): void {
  for (let from = 0; from < n; from += MAX_INTS)
    writeChunk(writer, values.subarray(from, Math.min(n, from + MAX_INTS)));
}

function writeChunk(writer: ByteWriter, values: Float64Array): void {
  const n = values.length;
  const scale = scaleOf(values);
  if (scale < 0) {
    writer.u8(BITS);
    writeBits(writer, values, none, n);
    return;
  }
  const power = POWERS_OF_TEN[scale]!;
  let zeros = 0;
  for (let i = 0; i < n; i++) {
    // Adding 0 makes +0 of −0.
    scaled[i] = Math.round(values[i]! * power) + 0;
    if (isMinusZero(values[i]!)) zeros++;
  }
  writer.u8(scale | (zeros > 0 ? ZEROS : 0));
  writeInts(writer, scaled, n);
  if (zeros === 0) return;
  writer.varint(zeros);
  let next = 0;
  for (let i = 0; i < n; i++) {
    if (!isMinusZero(values[i]!)) continue;
    writer.varint(i - next);
    next = i + 1;
  }
}

/** The decimal places that every value has at most; −1 if they are no decimals. */
function scaleOf(values: Float64Array): number {
  let scale = 0;
  for (let i = 0; i < values.length && scale >= 0; i++) scale = decimalsOf(values[i]!, scale);
  // More decimals than its own may have taken an earlier value over the limit.
  const fit = scale <= 0 || values.every((value) => decimalsOf(value, scale) === scale);
  return fit ? scale : -1;
}

/** Reads n values into the beginning of `out`. @throws CorruptBytes */
export function readValues(reader: ByteReader, out: Float64Array, n: number): void {
  for (let from = 0; from < n; from += MAX_INTS)
    readChunk(reader, out, from, Math.min(MAX_INTS, n - from));
}

function readChunk(reader: ByteReader, out: Float64Array, at: number, n: number): void {
  const form = reader.u8();
  const scale = form & ~ZEROS;
  const end = at + n;
  if (form === BITS) {
    out.fill(0, at, end);
    readBits(reader, out, at, n);
    for (let i = at; i < end; i++)
      if (!Number.isFinite(out[i]!)) throw new CorruptBytes("the value of a sample is not finite");
    return;
  }
  if (scale >= POWERS_OF_TEN.length) throw new CorruptBytes(`values of the form ${form}`);
  readInts(reader, out, at, n);
  const power = POWERS_OF_TEN[scale]!;
  if (scale > 0) for (let i = at; i < end; i++) out[i] = out[i]! / power;
  if (!(form & ZEROS)) return;
  let next = at;
  for (let left = reader.varint(); left > 0; left--) {
    next += reader.varint();
    if (next >= end || out[next] !== 0) throw new CorruptBytes("a sign of what is no zero");
    out[next++] = -0;
  }
}
