// The rows of D1's tables as SQL gives them, made of drizzle's schema: a renamed column does not compile.

import type { InferSelectModel } from "drizzle-orm";
import { CorruptBytes } from "../core/codec/bytes.ts";
import { PackBytes } from "../core/codec/pack-bytes.ts";
import type * as schema from "../../drizzle/schema.ts";

type RowsOf<Table extends keyof typeof schema> = InferSelectModel<
  (typeof schema)[Table],
  { dbColumnNames: true }
>;

export type SeriesRow = RowsOf<"series">;
export type MetricRow = RowsOf<"metrics">;
export type MinuteRow = RowsOf<"minute">;
export type HourRow = RowsOf<"hour">;
export type DayRow = RowsOf<"day">;
export type DirtyRow = RowsOf<"dirty">;
export type UnreadableRow = RowsOf<"unreadable">;
export type TombstoneRow = RowsOf<"tombstones">;
export type FlushedRow = RowsOf<"flushed">;
export type LayoutRow = RowsOf<"layouts">;
export type TokenRow = RowsOf<"tokens">;
export type ViewRow = RowsOf<"views">;
export type EventRow = RowsOf<"events">;
export type LinkRow = RowsOf<"links">;
export type AlertRuleRow = RowsOf<"alertRules">;

/** A row of a pack, or of one slot of it. */
export interface PackRow {
  readonly pack: number;
  /** Hour, UTC day or year: the table's own key. */
  readonly span: number;
  /** Of which `body` is the segment; null: `body` is the whole pack. */
  readonly slot: number | null;
  /** A text, of packs without quotation marks, or `PackBytes` of it; null: the slot has none. */
  readonly body: unknown;
}

/** A row with its pack out of base64; what cannot be read is as it was, for who reads it to tell. */
export function opened(row: PackRow): PackRow {
  const { pack, span, slot, body } = row;
  if (slot !== null || typeof body !== "string") return row;
  try {
    return { pack, span, slot, body: new PackBytes(body) };
  } catch (error) {
    if (error instanceof CorruptBytes) return row;
    throw error;
  }
}

/** What the body of a row takes in memory: of a text a byte each letter. */
export function bytesOfBody({ body }: PackRow): number {
  if (body instanceof PackBytes) return body.bytes;
  return typeof body === "string" ? body.length : 0;
}
