// Where groups of a query wait that nothing is added to: as the columns of a segment, which take a tenth of
// the memory. Nothing of it is ever stored.

import { ByteReader, ByteWriter } from "../codec/bytes.ts";
import { decodeColumns, encodeColumns } from "../codec/columns.ts";
import type { Shelf } from "./merge.ts";
import type { Plan } from "./plan.ts";

/** Some 8 MB of buckets. */
const ROOM = 65_536;

export const shelfOf = ({ from, step }: Plan, room = ROOM): Shelf => ({
  room,
  pack(sorted) {
    const writer = new ByteWriter(16 + 12 * sorted.length);
    encodeColumns(writer, sorted, undefined, from, step);
    return writer.finish();
  },
  unpack: (packed, into) => decodeColumns(new ByteReader(packed), from, step, into),
});
