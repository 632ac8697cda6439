// A chart whose earlier buckets are wider, since finer ones are no longer kept. Pure.

import type { TierName } from "../../core/tiers.ts";

/** The buckets before a time are those of a coarser resolution. */
export interface Older {
  readonly resolution: TierName;
  /** Width of its buckets, ms. */
  readonly step: number;
  /** Unix ms, where the next finer ones begin: a multiple of `step`. */
  readonly until: number;
}

/** Bucket widths of a chart. */
export interface Steps {
  /** Of the finest buckets, ms. */
  readonly step: number;
  /** Of those before, the earliest first. */
  readonly older: readonly Older[];
}

/** What stands at a place of the axis: [start, start + width), Unix ms; a sample has no width. */
export interface Period {
  readonly start: number;
  readonly width: number;
}

/** Width of the bucket that holds `at`, ms. */
export const stepAt = ({ step, older }: Steps, at: number): number =>
  older.find(({ until }) => at < until)?.step ?? step;
