// What the steps of the cron have in common.

import type { RowCount } from "../../d1/database.ts";

/** A round of a step: when, and a number that no other round has. */
export interface Round {
  /** Unix ms. */
  readonly now: number;
  /** 1 to 2^52, at random. */
  readonly token: number;
  /** How much of what a round of the roll-up may take at most, above 0 and up to 1. */
  readonly share: number;
  /** Most samples that a minute keeps. */
  readonly samplesPerMinute: number;
}

/** What a step did. `more`: it stopped at its bound and has work left. */
export interface StepResult {
  readonly rows: RowCount;
  readonly more: boolean;
}

/** Adds up what several statements were billed. */
export const sum = (...counts: readonly RowCount[]): RowCount => ({
  written: counts.reduce((all, { written }) => all + written, 0),
  read: counts.reduce((all, { read }) => all + read, 0),
});
