// Rows of packs as a database tells them: what they take, and the segments in them.

import { CorruptBytes } from "../../core/codec/bytes.ts";
import { decodeBarePack, idAt, type Pack } from "../../core/codec/pack.ts";
import type { PackRow } from "../../d1/rows.ts";
import type { SeriesById } from "./known-series.ts";

/** What rows take while they are read: their texts, and what is parsed of them. */
export const bytesOf = (rows: readonly PackRow[]): number =>
  rows.reduce((sum, { body }) => sum + (typeof body === "string" ? 2 * body.length : 0), 0);

/** Of the series that are wanted. @throws CorruptBytes */
export function segmentsOf({ pack, slot, body }: PackRow, of: SeriesById): Pack {
  if (body === null) return NO_SEGMENTS;
  if (typeof body !== "string") throw new CorruptBytes("a segment is no text");
  return slot === null
    ? decodeBarePack(body, (one) => of.has(idAt(pack, one)))
    : new Map([[slot, body]]);
}

const NO_SEGMENTS: Pack = new Map();
