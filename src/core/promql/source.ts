// What an expression reads: samples of series, or buckets of them. Types alone; the store's own is the
// worker's, tests have theirs. Deliberately apart from query/source.ts, which knows no dialect.

import type { Buckets } from "../bucket.ts";
import type { Matcher } from "../query/matcher.ts";
import type { ReadError } from "../query/read-error.ts";
import type { Result } from "../result.ts";
import type { Labels } from "../series/labels.ts";

export interface SampleQuestion {
  /** All must match; `__name__` is the metric's name. */
  readonly matchers: readonly Matcher[];
  /** Unix ms, inclusive. */
  readonly from: number;
  /** Unix ms, exclusive. */
  readonly to: number;
  readonly use: Use;
  /** Only asked for until this is over; then it is read and handed out. When it fails, so does the selection. */
  readonly after?: Promise<unknown> | undefined;
}

/** What samples are for, so that a source may choose a tier. */
export interface Use {
  /** The function over a range that takes them, an instant selector, or the samples as they are. */
  readonly by: { readonly call: string } | "instant" | "samples";
  /** How far each result looks back, ms. */
  readonly range: number;
  /** Between two results, ms. The last one is at the last ms of the question. */
  readonly step: number;
}

/** The samples of one series, ascending by time, each time once. The receiver must not keep them. */
export interface SampleSeries {
  /** With the metric's name as `__name__`. */
  readonly labels: Labels;
  readonly buckets?: undefined;
  /** Unix ms. Those of the next series are the same object only if they are the same times. */
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** End marks, Unix ms, ascending: the series ended then, until its next sample. */
  readonly ends: Float64Array;
  /** Unix ms: earlier samples are kept no longer, so that what needs some of them has no value. */
  readonly keptFrom?: number;
}

/** The buckets of one series, ascending by start, each start once. The receiver must not keep them. */
export interface BucketSeries {
  /** With the metric's name as `__name__`. */
  readonly labels: Labels;
  /**
   * The rise of each is that of a counter within it, and with the step into it from the bucket before,
   * where that is here.
   */
  readonly buckets: Buckets;
  /** Of each, ms. */
  readonly width: number;
}

/**
 * Takes a whole series, each once, and is waited for before the next: it may let others have their turn. What it
 * throws ends a selection, and is passed on.
 */
export type TakeSeries = (series: SampleSeries | BucketSeries) => void | Promise<void>;

/** What was found besides the samples. */
export interface SamplesFound {
  /** Sentences on what the samples cannot tell: "… is kept as averages of a minute". */
  readonly infos: readonly string[];
  /** Sentences on what is missing. */
  readonly warnings: readonly string[];
}

/** What was handed out is not what it should have been: the query begins anew, and then gets that. */
export interface Again {
  readonly kind: "again";
}

export interface SampleSource {
  select(
    question: SampleQuestion,
    take: TakeSeries,
  ): Promise<Result<SamplesFound, ReadError | Again>>;
}
