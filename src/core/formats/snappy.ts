// Snappy's block format (google/snappy, format_description.txt), undone. Written here since the
// libraries of the registry take a block that is shorter or longer than it says, and a body that was cut
// off would end in zeros.

import { err, ok } from "../result.ts";
import type { Decompress } from "./format.ts";

/*
 * A block: the length of what it holds, <varint>, then elements. The two low bits of an element's first
 * byte say what it is:
 *
 *   0  a literal: its length − 1 in the six high bits, or, from 60 on, in the 1 to 4 bytes that follow
 *   1  a copy of 4 to 11 bytes, from up to 2 KB back: 3 bits of length, 11 of the offset
 *   2  a copy of 1 to 64 bytes: 6 bits of length, 2 bytes of offset
 *   3  the same with 4 bytes of offset
 */
export const unsnappy: Decompress = (bytes, most) => {
  const header = lengthOf(bytes);
  if (header === undefined) return err({ message: "it does not begin with its length" });
  if (header.length > most) return err("too_large");
  // An element of three bytes makes at most 64: a length beyond that would only cost memory.
  if (header.length > bytes.length * 22 + 64)
    return err({ message: `it says that it holds ${header.length} bytes, more than it can` });
  const out = new Uint8Array(header.length);
  const why = undo(bytes, header.size, out);
  return why === undefined ? ok(out) : err({ message: why });
};

function lengthOf(
  bytes: Uint8Array,
): { readonly length: number; readonly size: number } | undefined {
  let length = 0;
  for (let i = 0; i < Math.min(5, bytes.length); i++) {
    const byte = bytes[i]!;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return length <= 0xffff_ffff ? { length, size: i + 1 } : undefined;
  }
  return undefined;
}

/** From this length on a call that copies is faster than a loop. */
const LONG = 48;

/** Writes what the elements from `at` on hold; what is wrong with them, or undefined. */
function undo(bytes: Uint8Array, at: number, out: Uint8Array): string | undefined {
  const end = bytes.length;
  let to = 0;
  while (at < end) {
    const first = bytes[at++]!;
    const kind = first & 3;
    if (kind === 0) {
      let length = first >>> 2;
      if (length >= 60) {
        const size = length - 59;
        if (at + size > end) return ENDS;
        length = 0;
        // Integers of 32 bits, here and below: what would be a larger one is negative, and refused.
        for (let i = 0; i < size; i++) length |= bytes[at++]! << (8 * i);
      }
      length = (length + 1) | 0;
      if (length <= 0 || length > end - at) return ENDS;
      if (length > out.length - to) return LONGER;
      if (length < LONG) for (let i = 0; i < length; i++) out[to + i] = bytes[at + i]!;
      else out.set(bytes.subarray(at, at + length), to);
      at += length;
      to += length;
      continue;
    }
    let length = (first >>> 2) + 1;
    let offset: number;
    if (kind === 1) {
      if (at >= end) return ENDS;
      length = ((first >>> 2) & 7) + 4;
      offset = ((first >>> 5) << 8) | bytes[at++]!;
    } else {
      const size = kind === 2 ? 2 : 4;
      if (at + size > end) return ENDS;
      offset = bytes[at]! | (bytes[at + 1]! << 8);
      if (kind === 3) offset |= (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
      at += size;
    }
    if (offset <= 0 || offset > to) return `a copy begins before the ${to} bytes there are`;
    if (length > out.length - to) return LONGER;
    // Where it overlaps what it writes, the loop repeats a pattern, as is meant.
    for (let from = to - offset, i = 0; i < length; i++) out[to + i] = out[from + i]!;
    to += length;
  }
  return to === out.length ? undefined : `it holds ${to} bytes, and says ${out.length}`;
}

const ENDS = "it ends within an element";
const LONGER = "it holds more bytes than it says";
