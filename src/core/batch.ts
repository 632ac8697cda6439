// A batch: many points in columnar form. The one form between Worker and shard, and in the journal.

import type { Labels } from "./labels.ts";

/** A metric name with its canonical labels. */
export interface Series {
  readonly metric: string;
  readonly labels: Labels;
}

/** Row i is a point: `at[i]` (Unix ms, integer), `value[i]` (finite) of `series[index[i]]`. */
export interface Batch {
  readonly series: readonly Series[];
  readonly index: Uint32Array;
  readonly at: Float64Array;
  readonly value: Float64Array;
}
