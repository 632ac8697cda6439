// What a row group holds beside its columns: a later statistic comes here, and is no new version.
// A reader steps over what it does not know, and must refuse what no writer can have written.

import type { Buckets } from "../bucket.ts";
import { ByteReader, ByteWriter, CorruptBytes } from "./bytes.ts";

/*
 * Behind the columns of a row group:
 *
 *   ┌────────────┬──────────────────────────────────────────────────┐
 *   │ extensions │ each: id <varint>, length <varint>, its bytes    │   ids ascend, each once
 *   │ varint     │                                                  │
 *   └────────────┴──────────────────────────────────────────────────┘
 *
 * Extension 1, huge sums, is there when a row has one:
 *
 *   ┌────────────┬──────────────────────────────────────────────────┐
 *   │ k <varint> │ k × (gap <varint>, sum <f64>, carry <f64>)       │   units of 2^64, see sum.ts
 *   └────────────┴──────────────────────────────────────────────────┘
 *
 * The first gap is an index of a row; every further one is counted from the row after the previous.
 */
const HUGE_SUMS = 1;

/** Writes the extensions of a row group. */
export function encodeExtensions(writer: ByteWriter, group: Buckets): void {
  const rows: number[] = [];
  for (let row = 0; row < group.length; row++) if (group.huge(row) !== undefined) rows.push(row);
  if (rows.length === 0) {
    writer.varint(0);
    return;
  }
  const body = new ByteWriter(16 + rows.length * 18);
  body.varint(rows.length);
  let next = 0;
  for (const row of rows) {
    const [sum, carry] = group.huge(row)!;
    body.varint(row - next);
    body.f64(sum);
    body.f64(carry);
    next = row + 1;
  }
  writer.varint(1);
  writer.varint(HUGE_SUMS);
  writer.varint(body.length);
  writer.bytes(body.finish());
}

/** Reads the extensions of the row group that is the last `n` rows of `into`. @throws CorruptBytes */
export function decodeExtensions(reader: ByteReader, n: number, into: Buckets): void {
  for (let left = reader.varint(), previous = 0; left > 0; left--) {
    const { id, bytes } = nextExtension(reader, previous);
    previous = id;
    if (id === HUGE_SUMS) decodeHuge(new ByteReader(bytes), n, into);
  }
}

/** Steps over extensions, none of which is known. @throws CorruptBytes */
export function skipExtensions(reader: ByteReader): void {
  for (let left = reader.varint(), previous = 0; left > 0; left--)
    previous = nextExtension(reader, previous).id;
}

function nextExtension(
  reader: ByteReader,
  previous: number,
): { readonly id: number; readonly bytes: Uint8Array } {
  const id = reader.varint();
  if (id <= previous) throw new CorruptBytes(`extension ${id} after ${previous}`);
  return { id, bytes: reader.bytes(reader.varint()) };
}

function decodeHuge(reader: ByteReader, n: number, into: Buckets): void {
  let next = 0;
  for (let left = reader.varint(); left > 0; left--) {
    next += reader.varint();
    if (next >= n) throw new CorruptBytes("a huge sum lies outside its row group");
    into.addHuge(into.length - n + next, [reader.f64(), reader.f64()]);
    next++;
  }
  if (reader.left > 0) throw new CorruptBytes(`${reader.left} bytes after the huge sums`);
}
