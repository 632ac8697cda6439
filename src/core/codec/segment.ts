// A segment: the minutes or buckets of one series within one span, as text in a pack.
// It must not know tables; its caller gives the start of the span and the bucket's width.

import { Buckets } from "../bucket.ts";
import { inOrder } from "../in-order.ts";
import { Minutes } from "../minutes.ts";
import { HOUR } from "../tiers.ts";
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
import type { Stretch } from "./pack-bytes.ts";
import type { Wanted } from "./row-group.ts";

/** As it is stored, or out of base64. */
export type Segment = string | Stretch;

/*
 * Base64 (RFC 4648 section 4, without padding) of:
 *
 *   ┌─────────┬─────────────────────────────────────────────────────┐
 *   │ version │ of the minute tier: minutes (see minutes.ts)        │   rows by start, ascending, each
 *   │ 1 byte  │ of the others: columns of buckets (see columns.ts)  │   start once; nothing after them
 *   └─────────┴─────────────────────────────────────────────────────┘
 */
const VERSION = 1;

/*
 * Also of the minute tier, and with this as its first byte: an hour as a whole, of which no minutes are known.
 * Columns of one bucket, that of the hour. Readers of minutes find none in it.
 */
const WHOLE_HOUR = 2;

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

/** Packs one row of buckets, the hour that starts at `base`, as one of which no minutes are known. */
export function encodeWholeHour(buckets: Buckets, row: number, base: number): string {
  writer.length = 0;
  writer.u8(WHOLE_HOUR);
  encodeColumns(writer, buckets, [row], base, HOUR);
  return toBase64(writer.written);
}

/**
 * Appends the buckets of a segment, by ascending start; of columns that are not wanted anything.
 * @throws CorruptBytes, with `into` as long as before.
 */
export function decodeSegment(
  body: Segment,
  base: number,
  step: number,
  into: Buckets,
  wanted?: Wanted,
): void {
  decoded(body, into, (reader) => decodeColumns(reader, base, step, into, wanted));
}

/**
 * Appends the minutes of a segment, by ascending start. An hour as a whole has none: it is appended to `hours`.
 * @throws CorruptBytes, with both as long as before.
 */
export function decodeMinuteSegment(
  body: Segment,
  base: number,
  into: Minutes,
  hours: Buckets = nobody,
): void {
  nobody.length = 0;
  decoded(body, into, (reader) => decodeMinutes(reader, base, into), { base, hours });
}

/**
 * Appends the buckets of a segment of minutes, by ascending start, and to `hours`, which may be the same, an
 * hour as a whole.
 * @throws CorruptBytes, with both as long as before.
 */
export function decodeMinuteSegmentAsBuckets(
  body: Segment,
  base: number,
  into: Buckets,
  hours: Buckets = nobody,
): void {
  nobody.length = 0;
  decoded(body, into, (reader) => void decodeMinutesAsBuckets(reader, base, into), { base, hours });
}

/** Of hours as a whole that nobody wants. */
const nobody = new Buckets(1);

/** Reads what stands between the version and the end; `whole`: it may be an hour as a whole. */
function decoded(
  body: Segment,
  into: Buckets | Minutes,
  decode: (reader: ByteReader) => void,
  whole?: { readonly base: number; readonly hours: Buckets },
): void {
  const reader = readerOf(body);
  const version = reader.u8();
  const isWhole = version === WHOLE_HOUR && whole !== undefined;
  if (version !== VERSION && !isWhole)
    throw new CorruptBytes(`segment of version ${version}, where ${VERSION} is known`);
  const rows = isWhole ? whole.hours : into;
  const before = rows.length;
  if (isWhole) decodeColumns(reader, whole.base, HOUR, whole.hours);
  else decode(reader);
  if (reader.left === 0) return;
  rows.length = before;
  throw new CorruptBytes(`${reader.left} bytes after the end of a segment`);
}

function readerOf(body: Segment): ByteReader {
  if (typeof body !== "string") return new ByteReader(body.source, body.end, body.from);
  const needed = base64Bytes(body.length);
  if (scratch.length < needed) scratch = new Uint8Array(2 * needed);
  return new ByteReader(scratch, fromBase64(body, scratch).length);
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
