// A segment: the minutes or buckets of one series within one span, as text in a pack.
// It must not know tables; its caller gives the start of the span and the bucket's width.

import type { Buckets } from "../bucket.ts";
import { inOrder } from "../in-order.ts";
import { Minutes } from "../minutes.ts";
import {
  base64Bytes,
  ByteReader,
  ByteWriter,
  CorruptBytes,
  fromBase64,
  toBase64,
} from "./bytes.ts";
import { decodeColumns, encodeColumns } from "./columns.ts";
import { decodeMinutes, decodeMinutesAsBuckets } from "./minutes.ts";
import { encodeMinutes } from "./minutes-encode.ts";

/*
 * Base64 (RFC 4648 section 4, without padding) of:
 *
 *   ┌─────────┬─────────────────────────────────────────────────────┐
 *   │ version │ of the minute tier: minutes (see minutes.ts)        │   rows by start, ascending, each
 *   │ 1 byte  │ of the others: columns of buckets (see columns.ts)  │   start once; nothing after them
 *   └─────────┴─────────────────────────────────────────────────────┘
 */
const VERSION = 1;

// Bytes under work. Segments are coded by the thousand, and arrays are not freed at once.
const writer = new ByteWriter(4_096);
let scratch = new Uint8Array(4_096);

/**
 * Packs buckets; `base` is the start of the span (Unix ms), `step` the width of a bucket (ms).
 * Rows may come in any order; rows of one start are merged.
 */
export function encodeSegment(buckets: Buckets, base: number, step: number): string {
  writer.length = 0;
  writer.u8(VERSION);
  encodeColumns(writer, inOrder(buckets), undefined, base, step);
  return toBase64(writer.written);
}

/**
 * Packs minutes of the span that starts at `base`: the given rows, by ascending start, each start once;
 * or all rows, as above.
 */
export function encodeMinuteSegment(
  minutes: Minutes,
  base: number,
  rows?: ArrayLike<number>,
): string {
  writer.length = 0;
  writer.u8(VERSION);
  const sorted = rows !== undefined || isAscending(minutes);
  encodeMinutes(writer, sorted ? minutes : ascendingMinutes(minutes), rows, base);
  return toBase64(writer.written);
}

/**
 * Appends the buckets of a segment, by ascending start.
 * @throws CorruptBytes, with `into` as long as before.
 */
export function decodeSegment(body: string, base: number, step: number, into: Buckets): void {
  decoded(body, into, (reader) => decodeColumns(reader, base, step, into));
}

/**
 * Appends the minutes of a segment, by ascending start.
 * @throws CorruptBytes, with `into` as long as before.
 */
export function decodeMinuteSegment(body: string, base: number, into: Minutes): void {
  decoded(body, into, (reader) => decodeMinutes(reader, base, into));
}

/**
 * Appends the buckets of a segment of minutes, by ascending start.
 * @throws CorruptBytes, with `into` as long as before.
 */
export function decodeMinuteSegmentAsBuckets(body: string, base: number, into: Buckets): void {
  decoded(body, into, (reader) => void decodeMinutesAsBuckets(reader, base, into));
}

/** Reads what stands between the version and the end. */
function decoded(
  body: string,
  into: Buckets | Minutes,
  decode: (reader: ByteReader) => void,
): void {
  const needed = base64Bytes(body.length);
  if (scratch.length < needed) scratch = new Uint8Array(2 * needed);
  const reader = new ByteReader(fromBase64(body, scratch));
  const version = reader.u8();
  if (version !== VERSION)
    throw new CorruptBytes(`segment of version ${version}, where ${VERSION} is known`);
  const before = into.length;
  decode(reader);
  if (reader.left === 0) return;
  into.length = before;
  throw new CorruptBytes(`${reader.left} bytes after the end of a segment`);
}

function isAscending({ start, length }: Minutes): boolean {
  for (let row = 1; row < length; row++) if (!(start[row - 1]! < start[row]!)) return false;
  return true;
}

const byStart = ({ start, length }: Minutes): number[] =>
  Array.from({ length }, (_, row) => row).sort((a, b) => start[a]! - start[b]!);

function ascendingMinutes(minutes: Minutes): Minutes {
  const sorted = new Minutes(minutes.limit, minutes.length);
  for (const row of byStart(minutes)) {
    const top = sorted.length - 1;
    if (top >= 0 && sorted.start[top] === minutes.start[row]) sorted.merge(top, minutes, row);
    else sorted.pushCopy(minutes, row);
  }
  return sorted;
}
