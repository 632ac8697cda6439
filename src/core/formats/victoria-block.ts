// A block of one series as VictoriaMetrics stores it, and exports it in its native format (lib/storage,
// Block.MarshalPortable): times and values in columns. Values are decimals, of which all of a block have
// the same exponent.

import { err, ok, type Result } from "../result.ts";
import { type Halves, int64Column, Int64Reader, isUnchecked, type Unpack } from "./int64-column.ts";

/*
 * min <zigzag>      the first time, Unix ms: the first value of the column of times
 * max <zigzag>      the last; since version 1.82
 * first <zigzag>    the first value of the column of values
 * rows <varint>     1 … 16,384
 * scale <zigzag>    values are multiples of 10^scale
 * kinds 2 × <u8>    how the columns of times and of values are packed (int64-column.ts)
 * precision <u8>    1 … 64: below 64 bits were cut off, and times may be out of order; since 1.82
 * times, values     each <varint> bytes, and these
 *
 * Nothing says of which version a block is: but all its bytes are used in one way only.
 */
interface Layout {
  readonly min: Halves;
  /** Unix ms; undefined where it is not said. */
  readonly max: number | undefined;
  readonly first: Halves;
  readonly rows: number;
  readonly scale: number;
  readonly timesKind: number;
  readonly valuesKind: number;
  readonly precision: number;
  readonly times: Uint8Array;
  readonly values: Uint8Array;
}

export interface Block {
  /** Unix ms, ascending; any numbers, those beyond 2^53 rounded. */
  readonly at: Float64Array;
  /** NaN: the series had ended. Infinite where that was stored, or beyond a double. */
  readonly value: Float64Array;
}

/** What a block spans, without its values. */
export interface Extent {
  /** Unix ms, both included. */
  readonly min: number;
  readonly max: number;
  readonly rows: number;
}

/** Rows of a block; its writer makes at most half of that. */
const MOST_ROWS = 16_384;
const KINDS = 6;
const SCALES = 32_768;
const EXACT = 64;

/** The block in bytes [from, to); what is wrong with it. */
export function decodeBlock(
  bytes: Uint8Array,
  from: number,
  to: number,
  unpack: Unpack,
): Result<Block, string> {
  const layout = layoutOf(bytes, from, to);
  if (!layout.ok) return layout;
  const at = timesOf(layout.value, unpack);
  if (!at.ok) return at;
  const { valuesKind, values, first, rows, scale } = layout.value;
  const value = int64Column(valuesKind, values, first, rows, unpack);
  if (!value.ok) return err(`its values: ${value.error}`);
  scaled(value.value, scale);
  return ok({ at: at.value, value: value.value });
}

/** What the block in bytes [from, to) spans; what is wrong with it. */
export function extentOf(
  bytes: Uint8Array,
  from: number,
  to: number,
  unpack: Unpack,
): Result<Extent, string> {
  const layout = layoutOf(bytes, from, to);
  if (!layout.ok) return layout;
  const { min, max, rows } = layout.value;
  if (max !== undefined) return ok({ min: double(min), max, rows });
  const at = timesOf(layout.value, unpack);
  return at.ok ? ok({ min: double(min), max: at.value.at(-1)!, rows }) : at;
}

const double = ({ high, low }: Halves): number => high * 2 ** 32 + (low >>> 0);

function layoutOf(bytes: Uint8Array, from: number, to: number): Result<Layout, string> {
  const layout = readLayout(new Int64Reader(bytes, from, to), true);
  if (layout.ok) return layout;
  const old = readLayout(new Int64Reader(bytes, from, to), false);
  return old.ok ? old : layout;
}

function readLayout(reader: Int64Reader, isNew: boolean): Result<Layout, string> {
  const halves = (): Halves => {
    reader.zigzag();
    return { high: reader.high, low: reader.low };
  };
  const min = halves();
  const max = isNew ? reader.zigzag() : undefined;
  const first = halves();
  const rows = reader.varint();
  const scale = reader.zigzag();
  const [timesKind, valuesKind] = [reader.u8(), reader.u8()];
  const precision = isNew ? reader.u8() : EXACT;
  const times = bytesOf(reader);
  const values = bytesOf(reader);
  if (reader.broken) return err("it is cut off, or a number in it has over 64 bits");
  const left = reader.end - reader.at;
  if (left > 0) return err(`${left} bytes follow its end`);
  if (rows < 1 || rows > MOST_ROWS) return err(`it has ${rows} rows, not 1 to ${MOST_ROWS}`);
  if (Math.abs(scale) > SCALES) return err(`its scale is ${scale}`);
  for (const kind of [timesKind, valuesKind])
    if (kind < 1 || kind > KINDS) return err(`it is packed in a way that is not known: ${kind}`);
  if (precision < 1 || precision > EXACT) return err(`its precision is ${precision} bits`);
  if (max !== undefined && max < double(min)) return err("its last time is before its first");
  return ok({ min, max, first, rows, scale, timesKind, valuesKind, precision, times, values });
}

/** Bytes behind their length; none where the length is a lie. */
function bytesOf(reader: Int64Reader): Uint8Array {
  const length = reader.varint();
  const start = reader.at;
  if (length > reader.end - start) reader.broken = true;
  else reader.at += length;
  return reader.bytes.subarray(start, reader.at);
}

function timesOf(layout: Layout, unpack: Unpack): Result<Float64Array, string> {
  const { timesKind, times, min, max = Infinity, rows, precision } = layout;
  const at = int64Column(timesKind, times, min, rows, unpack);
  if (!at.ok) return err(`its times: ${at.error}`);
  if (precision < EXACT) mend(at.value, double(min), max);
  else if (isUnchecked(timesKind) && !isOrdered(at.value, double(min), max))
    return err("its times are not in order");
  return at;
}

function isOrdered(at: Float64Array, min: number, max: number): boolean {
  let before = min;
  for (const time of at) {
    if (!(time >= before)) return false;
    before = time;
  }
  return before <= max;
}

/** Makes times ascend from `min` to `max` that were stored with fewer bits. */
function mend(at: Float64Array, min: number, max: number): void {
  let before = min;
  for (let row = 0; row < at.length; row++) {
    before = Math.min(max, Math.max(before, at[row]!));
    at[row] = before;
  }
  at[at.length - 1] = max;
}

/** Multiplies by 10^scale, as its writer expects to be read: small numbers are divided, which is closer. */
function scaled(value: Float64Array, scale: number): void {
  if (scale === 0) return;
  const power = powerOfTen(Math.abs(scale));
  for (let row = 0; row < value.length; row++) {
    const one = value[row]!;
    // What is infinite stays so: divided by what is, it would be nothing.
    if (one - one === 0) value[row] = scale < 0 ? one / power : one * power;
  }
}

/** 10^exponent in the steps in which the sender's language makes it, to the last bit. */
export const powerOfTen = (exponent: number): number =>
  exponent > 308
    ? Infinity
    : Number(`1e${Math.floor(exponent / 32) * 32}`) * Number(`1e${exponent % 32}`);
