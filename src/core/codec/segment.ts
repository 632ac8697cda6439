// A segment: the buckets of one series within one span, as the text of one D1 row.
// It must not know tables or tiers; its caller gives the start of the span and the bucket's width.

import { Buckets } from "../bucket.ts";
import {
  base64Bytes,
  ByteReader,
  ByteWriter,
  CorruptBytes,
  fromBase64,
  toBase64,
} from "./bytes.ts";
import { decodeColumns, encodeColumns } from "./columns.ts";

/*
 * Base64 (RFC 4648 section 4, without padding) of:
 *
 *   ┌─────────┬───────────────────────────┐
 *   │ version │ columns (see columns.ts)  │   rows by start, ascending, each start once;
 *   │ 1 byte  │                           │   nothing after them
 *   └─────────┴───────────────────────────┘
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
  encodeColumns(writer, isAscending(buckets) ? buckets : ascending(buckets), undefined, base, step);
  return toBase64(writer.written);
}

/**
 * Appends the buckets of a segment, by ascending start.
 * @throws CorruptBytes, with `into` as long as before.
 */
export function decodeSegment(body: string, base: number, step: number, into: Buckets): void {
  const needed = base64Bytes(body.length);
  if (scratch.length < needed) scratch = new Uint8Array(2 * needed);
  const reader = new ByteReader(fromBase64(body, scratch));
  const version = reader.u8();
  if (version !== VERSION)
    throw new CorruptBytes(`segment of version ${version}, where ${VERSION} is known`);
  const before = into.length;
  decodeColumns(reader, base, step, into);
  if (reader.left > 0) {
    into.length = before;
    throw new CorruptBytes(`${reader.left} bytes after the end of a segment`);
  }
}

function isAscending(buckets: Buckets): boolean {
  for (let row = 1; row < buckets.length; row++)
    if (!(buckets.start[row - 1]! < buckets.start[row]!)) return false;
  return true;
}

function ascending(buckets: Buckets): Buckets {
  const { start } = buckets;
  const order = Array.from({ length: buckets.length }, (_, row) => row);
  order.sort((a, b) => start[a]! - start[b]!);
  const sorted = new Buckets(buckets.length);
  for (const row of order) {
    const top = sorted.length - 1;
    if (top >= 0 && sorted.start[top] === start[row]) sorted.merge(top, buckets, row);
    else sorted.pushCopy(start[row]!, buckets, row);
  }
  return sorted;
}
