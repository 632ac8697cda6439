// Rows of packs, as the texts that a database tells or out of base64: what they take, and the segments in them.

import { CorruptBytes } from "../../core/codec/bytes.ts";
import { PackBytes } from "../../core/codec/pack-bytes.ts";
import { decodeBarePack, idAt } from "../../core/codec/pack.ts";
import type { Segment } from "../../core/codec/segment.ts";
import { bytesOfBody, type PackRow } from "../../d1/rows.ts";
import type { SeriesById } from "./known-series.ts";

interface Bodies {
  readonly minutes: readonly PackRow[];
  readonly hours: readonly PackRow[];
  readonly days: readonly PackRow[];
  /** Bytes of those that were held before. */
  readonly known: number;
}

/** What was read takes so many bytes, but for what was held before: of texts also what is parsed of them. */
export const bytesOf = ({ minutes, hours, days, known }: Bodies): number =>
  [minutes, hours, days].reduce((sum, rows) => sum + bytesOfRows(rows), 0) - known;

const bytesOfRows = (rows: readonly PackRow[]): number =>
  rows.reduce((sum, row) => sum + bytesOfBody(row) * (typeof row.body === "string" ? 2 : 1), 0);

/** By slot, of the series that are wanted. @throws CorruptBytes */
export function segmentsOf(
  { pack, slot, body }: PackRow,
  of: SeriesById,
): Iterable<readonly [slot: number, Segment]> {
  const isWanted = (one: number): boolean => of.has(idAt(pack, one));
  if (body === null) return [];
  if (body instanceof PackBytes) return body.segments(isWanted);
  if (typeof body !== "string") throw new CorruptBytes("a segment is no text");
  return slot === null ? decodeBarePack(body, isWanted) : [[slot, body]];
}
