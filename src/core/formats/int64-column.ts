// Columns of signed 64-bit integers as VictoriaMetrics packs them (lib/encoding), read as doubles. Integers
// stand in two halves of 32 bits: BigInt would cost ten times as much. Nothing here trusts a length.

import { err, ok, type Result } from "../result.ts";
import type { Decompress } from "./format.ts";

/** Reads what stands in bytes [at, end); what is not there makes it `broken`, and zeros. */
export class Int64Reader {
  readonly bytes: Uint8Array;
  at: number;
  end: number;
  broken = false;
  /** The halves of what was read last. */
  high = 0;
  low = 0;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  u8(): number {
    if (this.at < this.end) return this.bytes[this.at++]!;
    this.broken = true;
    return 0;
  }

  /** 32 bits, the first byte first. */
  u32(): number {
    return this.u8() * 0x1_00_00_00 + ((this.u8() << 16) | (this.u8() << 8) | this.u8());
  }

  /** A <varint> of at most 64 bits, as a double: exact up to 2^53, never less than 2^53 beyond. */
  varint(): number {
    this.#varint();
    return (this.high >>> 0) * 2 ** 32 + (this.low >>> 0);
  }

  /** A <varint> whose lowest bit is the sign. */
  zigzag(): number {
    this.#varint();
    this.#unfold();
    return this.value;
  }

  /** The same in 8 bytes, the first byte first. */
  fixed(): number {
    this.high = this.u32() | 0;
    this.low = this.u32() | 0;
    this.#unfold();
    return this.value;
  }

  /** What was read last, as the nearest double. */
  get value(): number {
    return this.high * 2 ** 32 + (this.low >>> 0);
  }

  #unfold(): void {
    const sign = -(this.low & 1);
    this.low = ((this.low >>> 1) | (this.high << 31)) ^ sign;
    this.high = (this.high >>> 1) ^ sign;
  }

  #varint(): void {
    this.high = 0;
    this.low = 0;
    for (let shift = 0; shift < 64; shift += 7) {
      const byte = this.u8();
      const bits = byte & 0x7f;
      if (shift < 32) this.low |= bits << shift;
      if (shift > 28) this.high |= bits << (shift - 32);
      else if (shift === 28) this.high |= bits >>> 4;
      if (byte < 0x80) {
        // The tenth byte has one bit left.
        if (shift === 63 && byte > 1) this.broken = true;
        return;
      }
    }
    this.broken = true;
  }
}

/** Of an integer, 32 bits each. */
export interface Halves {
  readonly high: number;
  readonly low: number;
}

/** What a column's kind says of its steps: the first value stands elsewhere. */
const STEADY = 2;
const CONSTANT = 3;
/** Each a zigzag <varint>, from one value to the next, or from one such step to the next. */
const STEPS = 6;
const STEPS_OF_STEPS = 5;
/** The same behind zstd. */
const PACKED: Readonly<Record<number, number>> = { 1: STEPS_OF_STEPS, 4: STEPS };
/** The most bytes of a varint. */
const LONGEST = 10;

/** Undoes zstd, into at most so many bytes; what is wrong, or the bytes. */
export type Unpack = (bytes: Uint8Array, most: number) => Result<Uint8Array, string>;

export const unpackWith =
  (unzstd: Decompress): Unpack =>
  (bytes, most) => {
    const plain = unzstd(bytes, most);
    if (plain.ok) return plain;
    const { error } = plain;
    return err(error === "too_large" ? `over ${most} bytes are packed in it` : error.message);
  };

/** Whether the kind is one whose bytes have no sum of their own: a value may be changed unseen. */
export const isUnchecked = (kind: number): boolean => kind === STEPS || kind === STEPS_OF_STEPS;

/**
 * A column of so many rows, of which `first` has read the first; what is wrong with it otherwise. Of the
 * values that VictoriaMetrics means otherwise, 2^63 − 1 and −2^63 are infinite and 2^63 − 2 is NaN.
 */
export function int64Column(
  kind: number,
  bytes: Uint8Array,
  first: Halves,
  rows: number,
  unpack: Unpack,
): Result<Float64Array, string> {
  const packed = PACKED[kind];
  if (packed !== undefined) {
    const plain = unpack(bytes, rows * LONGEST);
    return plain.ok ? int64Column(packed, plain.value, first, rows, unpack) : plain;
  }
  const reader = new Int64Reader(bytes);
  let steps = rows - 1;
  let [high, low] = [0, 0];
  if (kind === CONSTANT) steps = 0;
  else if (kind === STEADY || kind === STEPS_OF_STEPS) {
    // Its first step, from which on there are changes of it.
    reader.zigzag();
    ({ high, low } = reader);
    steps = kind === STEADY ? 0 : rows - 2;
  } else if (kind !== STEPS) return err(`kind ${kind} is not known`);
  // A step takes a byte at least: a body that is short makes no long column.
  if (steps < 0 || steps > bytes.length)
    return err(`it has ${bytes.length} bytes for ${rows} rows`);
  const out = new Float64Array(rows);
  fill(out, reader, first, { high, low }, kind);
  if (reader.broken) return err(`it ends before its ${rows} rows do, or a number has over 64 bits`);
  const left = bytes.length - reader.at;
  return left === 0 ? ok(out) : err(`${left} bytes follow its ${rows} rows`);
}

/** All sums wrap around, as those of the sender do. */
function fill(out: Float64Array, reader: Int64Reader, first: Halves, step: Halves, kind: number) {
  const { bytes, end } = reader;
  let { high, low } = first;
  let { high: stepHigh, low: stepLow } = step;
  out[0] = meant(high, low);
  for (let row = 1; row < out.length; row++) {
    if (kind === STEPS || (kind === STEPS_OF_STEPS && row > 1)) {
      let moreHigh: number;
      let moreLow: number;
      const byte = reader.at < end ? bytes[reader.at]! : 0xff;
      if (byte < 0x80) {
        // Most steps are short.
        reader.at++;
        moreLow = (byte >>> 1) ^ -(byte & 1);
        moreHigh = moreLow >> 31;
      } else {
        reader.zigzag();
        if (reader.broken) return;
        moreHigh = reader.high;
        moreLow = reader.low;
      }
      if (kind === STEPS) {
        stepHigh = moreHigh;
        stepLow = moreLow;
      } else {
        const sum = (stepLow >>> 0) + (moreLow >>> 0);
        stepHigh = (stepHigh + moreHigh + (sum > 0xffff_ffff ? 1 : 0)) | 0;
        stepLow = sum | 0;
      }
    }
    const sum = (low >>> 0) + (stepLow >>> 0);
    high = (high + stepHigh + (sum > 0xffff_ffff ? 1 : 0)) | 0;
    low = sum | 0;
    out[row] = meant(high, low);
  }
}

function meant(high: number, low: number): number {
  if (high === 0x7fff_ffff && low >>> 0 >= 0xffff_fffe) return low === -1 ? Infinity : NaN;
  if (high === -0x8000_0000 && low === 0) return -Infinity;
  return high * 2 ** 32 + (low >>> 0);
}
