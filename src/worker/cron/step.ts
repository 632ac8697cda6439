// What the steps of the cron have in common.

import type { RowCount } from "../../d1/database.ts";

/** What a step did. `more`: it stopped at its bound and has work left. */
export interface StepResult {
  readonly rows: RowCount;
  readonly more: boolean;
}

export const sum = (...counts: readonly RowCount[]): RowCount => ({
  written: counts.reduce((all, { written }) => all + written, 0),
  read: counts.reduce((all, { read }) => all + read, 0),
});

/** Sums the rows that D1 reports of some statements. */
export const rowsOf = (results: readonly D1Result[]): RowCount => ({
  written: results.reduce((sum, { meta }) => sum + meta.rows_written, 0),
  read: results.reduce((sum, { meta }) => sum + meta.rows_read, 0),
});

/** The 24 hours of a day as a table, for seeks by (hour, series). */
export const HOURS_OF_DAY = `json_each('${JSON.stringify([...Array(24).keys()])}')`;
