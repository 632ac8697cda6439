// The columnar coding of buckets: rows in row groups, each column in its smallest exact form.
// It must not know tiers, series or where the bytes are kept, and must give every bit back.

import { Buckets } from "../bucket.ts";
import type { ByteReader, ByteWriter } from "./bytes.ts";
import { decodeExtensions, encodeExtensions } from "./extensions.ts";
import { MAX_INTS } from "./ints.ts";
import { decodeRowGroup, type Wanted } from "./row-group.ts";
import { encodeRowGroup } from "./row-group-encode.ts";

/*
 *   ┌────────────┬─────────────┬─────────────┬───┐
 *   │ rows       │ row group 0 │ row group 1 │ … │   each holds 256 rows, the last one the rest
 *   │ varint     │             │             │   │   and its extensions (extensions.ts)
 *   └────────────┴─────────────┴─────────────┴───┘
 */

/** The rows of a row group under work. */
const group = new Buckets(MAX_INTS);

/**
 * Writes the given rows of `buckets` (all when `rows` is undefined), in that order. Every column
 * comes back bit for bit, whatever it holds; it is small when each start is `base` plus a small
 * multiple of `step`, when times lie in their period, and when values are decimals.
 */
export function encodeColumns(
  writer: ByteWriter,
  buckets: Buckets,
  rows: ArrayLike<number> | undefined,
  base: number,
  step: number,
): void {
  const total = rows === undefined ? buckets.length : rows.length;
  writer.varint(total);
  for (let from = 0; from < total; from += MAX_INTS) {
    const n = Math.min(MAX_INTS, total - from);
    group.length = 0;
    for (let i = from; i < from + n; i++) {
      const row = rows === undefined ? i : rows[i]!;
      group.pushCopy(buckets.start[row]!, buckets, row);
    }
    encodeRowGroup(writer, group, base, step);
    encodeExtensions(writer, group);
  }
}

/**
 * Appends to `into` the rows that `encodeColumns` wrote with the same base and step.
 * @throws CorruptBytes, with `into` as long as before.
 */
export function decodeColumns(
  reader: ByteReader,
  base: number,
  step: number,
  into: Buckets,
  wanted?: Wanted,
): void {
  const before = into.length;
  const total = reader.varint();
  try {
    for (let from = 0; from < total; from += MAX_INTS) {
      const n = Math.min(MAX_INTS, total - from);
      decodeRowGroup(reader, n, base, step, into, wanted);
      decodeExtensions(reader, n, into);
    }
  } catch (error) {
    into.length = before;
    throw error;
  }
}
