// What readers keep beside rows of packs that the cache holds: rows come as the same object again and again, for as
// long as the database has them so. Nothing is kept of a row that came once.

import type { PackRow } from "../../d1/rows.ts";

/** Asks for room for bytes beside a row; false: there is none, or the row is not held. */
export type Keep = (row: PackRow, bytes: number) => boolean;

const seen = new WeakSet<PackRow>();

/** Whether a row came before, and notes that it has come. */
export function cameBefore(row: PackRow): boolean {
  if (seen.has(row)) return true;
  seen.add(row);
  return false;
}
