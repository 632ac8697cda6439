// Columns of integers, packed in as few bits as most of them need, exceptions apart.
// It must not know what the integers mean. The layout is drawn below.

import { type ByteReader, type ByteWriter, CorruptBytes } from "./bytes.ts";
import { bitLength, choosePacking } from "./packing.ts";

/** Most values that one column may hold: scratch space is allocated once. */
export const MAX_INTS = 256;

/** Magnitudes must stay under this, so that the differences of differences stay exact. */
const LIMIT = 2 ** 50;

/** Whether a column may hold this number: an integer, |value| < 2^50, not −0. */
export const isInt = (value: number): boolean =>
  value < LIMIT && value > -LIMIT && Math.floor(value) === value && (value !== 0 || 1 / value > 0);

/*
 * A column of n integers v[0 … n−1]; n is known to the reader.
 *
 *   ┌────────┬──────────────┬─────────────┬──────────────┬───────────────────────────────┐
 *   │ head   │ first        │ base        │ packed       │ exceptions                    │
 *   │ 1 byte │ zigzag       │ zigzag      │ w bits each  │ varint k, k × (varint, zigzag)│
 *   └────────┴─ if D ───────┴─────────────┴──────────────┴─ if E ────────────────────────┘
 *   head: bits 0–5 the width w (0 … 53), bit 6 the flag D (deltas), bit 7 the flag E (exceptions)
 *
 * Without D the packed x are v itself. With D they are the n − 1 differences v[i] − v[i−1], and
 * `first` is v[0].
 * packed: the offsets x − base, unsigned, in planes of at most 24 bits: first bits 0–23 of every
 *   offset, then bits 24–47, then 48–52; the last plane is w mod 24 bits wide (or 24). Within
 *   a plane, offsets follow each other from the lowest bit of the first byte upwards; each plane is
 *   filled up to a whole byte with zeros. With w = 0 there are no bytes: every x is base.
 * exceptions: k pairs (gap, high). The first gap is an index into x; every further gap is counted
 *   from the index after the previous one. high · 2^w is to be added to that x.
 */
const DELTAS = 0x40;
const EXCEPTIONS = 0x80;
const PLANE = 24;

const deltas = new Float64Array(MAX_INTS);
const offsets = new Float64Array(MAX_INTS);

/** Writes the first n of `values`, each of which `isInt`. 1 ≤ n ≤ MAX_INTS. */
export function writeInts(writer: ByteWriter, values: Float64Array, n: number): void {
  for (let i = 1; i < n; i++) deltas[i - 1] = values[i]! - values[i - 1]!;
  const direct = choosePacking(values, n);
  const stepped = n > 1 && direct.width > 0 ? choosePacking(deltas, n - 1) : undefined;
  const useDeltas = stepped !== undefined && stepped.cost + bitLength(values[0]!) < direct.cost;
  const { base, width } = useDeltas ? stepped : direct;
  const x = useDeltas ? deltas : values;
  const count = useDeltas ? n - 1 : n;

  const reach = 2 ** width;
  let exceptions = 0;
  for (let i = 0; i < count; i++) {
    const offset = x[i]! - base;
    const inside = offset >= 0 && offset < reach;
    offsets[i] = inside ? offset : offset - Math.floor(offset / reach) * reach;
    if (!inside) exceptions++;
  }
  writer.u8(width | (useDeltas ? DELTAS : 0) | (exceptions > 0 ? EXCEPTIONS : 0));
  if (useDeltas) writer.zigzag(values[0]!);
  writer.zigzag(base);
  for (let shift = 0; shift < width; shift += PLANE)
    packPlane(writer, count, 2 ** shift, Math.min(PLANE, width - shift));
  if (exceptions === 0) return;
  writer.varint(exceptions);
  let next = 0;
  for (let i = 0; i < count; i++) {
    const offset = x[i]! - base;
    if (offset >= 0 && offset < reach) continue;
    writer.varint(i - next);
    writer.zigzag(Math.floor(offset / reach));
    next = i + 1;
  }
}

function packPlane(writer: ByteWriter, count: number, scale: number, width: number): void {
  const mask = (1 << width) - 1;
  let pending = 0;
  let bits = 0;
  for (let i = 0; i < count; i++) {
    // The operator takes the quotient modulo 2^32, fraction dropped.
    pending |= ((offsets[i]! / scale) & mask) << bits;
    bits += width;
    while (bits >= 8) {
      writer.u8(pending & 0xff);
      pending >>>= 8;
      bits -= 8;
    }
  }
  if (bits > 0) writer.u8(pending);
}

/** Reads n values into `out` from index `at` on; true: they are all the same, as they stand. @throws CorruptBytes */
export function readInts(reader: ByteReader, out: Float64Array, at: number, n: number): boolean {
  const head = reader.u8();
  const width = head & 0x3f;
  if (width > 53) throw new CorruptBytes(`integers of ${width} bits`);
  let from = at;
  if (head & DELTAS) out[from++] = reader.zigzag();
  const base = reader.zigzag();
  const end = at + n;
  if ((head & ~0x3f) === DELTAS && width <= PLANE) {
    sumPlane(reader, out, from, end, base, width);
    return false;
  }
  if (width === 0) out.fill(base, from, end);
  else {
    unpackPlane(reader, out, from, end, base, Math.min(PLANE, width));
    for (let shift = PLANE; shift < width; shift += PLANE)
      addPlane(reader, out, from, end, 2 ** shift, Math.min(PLANE, width - shift));
  }
  if (head & EXCEPTIONS) {
    const reach = 2 ** width;
    let next = from;
    for (let left = reader.varint(); left > 0; left--) {
      next += reader.varint();
      if (next >= end) throw new CorruptBytes("an exception lies outside its column");
      out[next] = out[next]! + reader.zigzag() * reach;
      next++;
    }
  }
  if (head & DELTAS) {
    let value = out[at]!;
    for (let i = from; i < end; i++) {
      value += out[i]!;
      out[i] = value;
    }
  }
  return head === 0;
}

/** Steps over a column of n values. @throws CorruptBytes */
export function skipInts(reader: ByteReader, n: number): void {
  const head = reader.u8();
  const width = head & 0x3f;
  if (width > 53) throw new CorruptBytes(`integers of ${width} bits`);
  if (head & DELTAS) reader.zigzag();
  reader.zigzag();
  const count = head & DELTAS ? n - 1 : n;
  for (let shift = 0; shift < width; shift += PLANE)
    reader.skip((count * Math.min(PLANE, width - shift) + 7) >> 3);
  if (!(head & EXCEPTIONS)) return;
  for (let left = reader.varint(); left > 0; left--) {
    reader.varint();
    reader.zigzag();
  }
}

/** How many offsets are known to have four bytes each, from the byte on in which the first begins. */
const wholeOffsets = (bytes: Uint8Array, byte: number, width: number): number =>
  width === 0 ? 0 : Math.max(0, Math.floor(((bytes.length - byte - 4) * 8) / width));

/** Reads into `offsets` those of a plane that begins with `bit`, byte by byte. */
function readOffsets(bytes: Uint8Array, bit: number, count: number, width: number): void {
  let byte = bit >>> 3;
  let bits = 8 - (bit & 7);
  let pending = count > 0 && width > 0 ? bytes[byte++]! >>> (bit & 7) : 0;
  for (let i = 0; i < count; i++) {
    while (bits < width) {
      pending |= bytes[byte++]! << bits;
      bits += 8;
    }
    offsets[i] = pending & ((1 << width) - 1);
    pending >>>= width;
    bits -= width;
  }
}

function unpackPlane(
  reader: ByteReader,
  out: Float64Array,
  from: number,
  end: number,
  base: number,
  width: number,
): void {
  const bytes = reader.source;
  const mask = (1 << width) - 1;
  const byte = reader.skip(((end - from) * width + 7) >> 3);
  const whole = Math.min(end, from + wholeOffsets(bytes, byte, width));
  let bit = byte * 8;
  let i = from;
  for (; i < whole; i++, bit += width) {
    const at = bit >>> 3;
    const four =
      bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    out[i] = base + ((four >>> (bit & 7)) & mask);
  }
  readOffsets(bytes, bit, end - i, width);
  for (let rest = 0; i < end; i++, rest++) out[i] = base + offsets[rest]!;
}

/** Reads differences of one plane, each onto what stands before it. */
function sumPlane(
  reader: ByteReader,
  out: Float64Array,
  from: number,
  end: number,
  base: number,
  width: number,
): void {
  const bytes = reader.source;
  const mask = (1 << width) - 1;
  const byte = reader.skip(((end - from) * width + 7) >> 3);
  const whole = Math.min(end, from + wholeOffsets(bytes, byte, width));
  let bit = byte * 8;
  let i = from;
  let value = out[from - 1]!;
  for (; i < whole; i++, bit += width) {
    const at = bit >>> 3;
    const four =
      bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    value += base + ((four >>> (bit & 7)) & mask);
    out[i] = value;
  }
  readOffsets(bytes, bit, end - i, width);
  for (let rest = 0; i < end; i++, rest++) out[i] = value += base + offsets[rest]!;
}

/** Adds a further plane to offsets. */
function addPlane(
  reader: ByteReader,
  out: Float64Array,
  from: number,
  end: number,
  scale: number,
  width: number,
): void {
  const bytes = reader.source;
  const mask = (1 << width) - 1;
  const byte = reader.skip(((end - from) * width + 7) >> 3);
  const whole = Math.min(end, from + wholeOffsets(bytes, byte, width));
  let bit = byte * 8;
  let i = from;
  for (; i < whole; i++, bit += width) {
    const at = bit >>> 3;
    const four =
      bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    out[i]! += ((four >>> (bit & 7)) & mask) * scale;
  }
  readOffsets(bytes, bit, end - i, width);
  for (let rest = 0; i < end; i++, rest++) out[i]! += offsets[rest]! * scale;
}
