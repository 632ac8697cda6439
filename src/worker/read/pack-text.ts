// Rows of packs as a database tells them: what they take, and the segments in them.

import { CorruptBytes } from "../../core/codec/bytes.ts";
import { decodeBarePack, idAt, type Pack } from "../../core/codec/pack.ts";
import type { PackRow } from "../../d1/rows.ts";
import type { SeriesById } from "./known-series.ts";

interface Texts {
  readonly minutes: readonly PackRow[];
  readonly hours: readonly PackRow[];
  readonly days: readonly PackRow[];
  /** Characters of those that were held before. */
  readonly known: number;
}

/** What was read takes so many bytes, but for texts that were held before: texts, and what is parsed of them. */
export const bytesOf = ({ minutes, hours, days, known }: Texts): number =>
  [minutes, hours, days].reduce((sum, rows) => sum + charactersOf(rows), 0) - known;

const charactersOf = (rows: readonly PackRow[]): number =>
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
