// What an expression reads: samples of series. Types alone; the store's own is the worker's, tests have
// theirs. Deliberately apart from query/source.ts, whose buckets know no single samples: one is made of
// the other where samples are kept.

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
  /**
   * What the samples are for, so that a source may choose a coarser tier: the function over a range
   * that takes them (undefined: an instant selector), that range, and the distance of two results, ms.
   */
  readonly use: {
    readonly name: string | undefined;
    readonly range: number;
    readonly step: number;
  };
}

/** The samples of one series, ascending by time, each time once. The receiver must not keep them. */
export interface SampleSeries {
  /** With the metric's name as `__name__`. */
  readonly labels: Labels;
  /** Unix ms. */
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** End marks, Unix ms, ascending: the series ended then, until its next sample. */
  readonly ends: Float64Array;
}

/** Takes a whole series, each once. What it throws ends the selection and is passed on. */
export type TakeSeries = (series: SampleSeries) => void;

/** What was found besides the samples. */
export interface SamplesFound {
  /** Sentences on what the samples cannot tell: "… is kept as averages of a minute". */
  readonly infos: readonly string[];
  /** Sentences on what is missing. */
  readonly warnings: readonly string[];
}

export interface SampleSource {
  select(question: SampleQuestion, take: TakeSeries): Promise<Result<SamplesFound, ReadError>>;
}
