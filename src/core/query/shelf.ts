// Where groups of a query wait that nothing is added to: as the columns of a segment, which take a tenth of
// the memory. Nothing of it is ever stored.

import { ByteReader, ByteWriter } from "../codec/bytes.ts";
import { decodeColumns, encodeColumns } from "../codec/columns.ts";
import type { Shelf } from "./group.ts";
import type { Plan } from "./plan.ts";

/** Some 6 MB of buckets. */
const ROOM = 65_536;

export function shelfOf({ from, step }: Plan, room = ROOM): Shelf {
  // One for all groups: it would be garbage as large as all of them.
  const writer = new ByteWriter(65_536);
  return {
    room,
    pack(sorted) {
      writer.length = 0;
      encodeColumns(writer, sorted, undefined, from, step);
      return writer.finish();
    },
    unpack: (packed, into) => decodeColumns(new ByteReader(packed), from, step, into),
  };
}
