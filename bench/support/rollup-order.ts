// What bench/rollup.ts asks its Worker to do, and what it is told.

export type StepName = "closed" | "days" | "dirty" | "minutes" | "tombstones";

export type Order =
  /** Packs 0 to `packs` of the hours [from, to). */
  | { readonly do: "fill"; readonly packs: number; readonly from: number; readonly to: number }
  /** Day packs with all days of the year of an hour before it. */
  | { readonly do: "years"; readonly packs: number; readonly hour: number }
  | { readonly do: "sql"; readonly sql: string }
  /** A run of the cron, of one step: until it is done, or the time of a run is up. */
  | { readonly do: "run"; readonly step: StepName; readonly now: number };

export interface Ran {
  readonly rounds: number;
  readonly ms: number;
  /** Of the longest round. */
  readonly longestMs: number;
  readonly written: number;
  readonly read: number;
  readonly more: boolean;
}
