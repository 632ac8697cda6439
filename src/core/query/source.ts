// The one seam of reading: what a query language may ask of the store, and what it gets. Data and types
// alone; worker/read/source.ts has it of D1 and the shards. It must not know any dialect.

import type { Buckets } from "../bucket.ts";
import type { Wanted } from "../codec/row-group.ts";
import type { Minutes } from "../minutes.ts";
import type { Result } from "../result.ts";
import type { Description } from "../series/description.ts";
import type { Labels } from "../series/labels.ts";
import type { TierName } from "../tiers.ts";
import type { Matcher } from "./matcher.ts";
import type { ReadError, Unreadable } from "./read-error.ts";

/** The label under which matchers see the name of a metric. */
export const METRIC_NAME = "__name__";

export interface Series {
  readonly metric: string;
  /** Without the metric's name. The same array each time that this object is handed out. */
  readonly labels: Labels;
}

/** Which series, and of when. */
export interface SeriesQuestion {
  /**
   * All must match; none: every series. Those on `__name__` are about the metric's name, of which =
   * and a regular expression of plain alternatives (a|b) are the cheap ones: without one, the names
   * of all metrics are looked through.
   */
  readonly matchers: readonly Matcher[];
  /** Unix ms, inclusive. */
  readonly from: number;
  /** Unix ms, exclusive. */
  readonly to: number;
  /**
   * Of a selection: databases and shards are asked, and what they answer is decoded when this is over, so that
   * nothing of it is gathered before. When it fails, so does the selection.
   */
  readonly after?: Promise<unknown> | undefined;
}

export interface Selection extends SeriesQuestion {
  /** `from` and `to` are widened to whole buckets of it. */
  readonly tier: TierName;
  /** What of buckets is wanted: the rest may be anything; default all. */
  readonly wanted?: Wanted;
  /**
   * The reader merges all series of a metric that have the same of these labels, whole buckets: rows of several
   * may come merged, as those of a series with these labels alone. Of sums the last of their digits, twice those
   * of a double, may be others then. Default: each series comes apart.
   */
  readonly by?: readonly string[] | undefined;
}

/** Columns that have one of the starts of their rows. */
export interface Rows {
  length: number;
  /** Unix ms. */
  readonly start: Float64Array;
}

/**
 * Takes rows [first, end), all of one series, ascending by start, each start once.
 *
 * - Starts are Unix ms, within the selection, and not before what is still kept. Rows are as wide as
 *   the tier's buckets or finer: they are to be merged into the reader's own steps.
 * - A series comes in many runs, in any order, also of the same bucket: each point is in exactly one.
 * - `rows` is the source's, and holds something else as soon as the call returns.
 *
 * An error that it returns ends the selection with that error.
 */
export type TakeRows<R extends Rows> = (
  series: Series,
  rows: R,
  first: number,
  end: number,
) => ReadError | undefined;

export type Take = TakeRows<Buckets>;

/** Takes the only row of `hour`, the bucket of an hour of which no minutes are known. */
export type TakeHour = (series: Series, hour: Buckets) => void;

/**
 * Told of series of which no more comes, each once at most, and waited for, so that none of them has to be gathered with
 * all others; `keptFrom` as in `Selected`. Of those that it was never told of all has come when the selection is over.
 */
export type Ended = (series: readonly Series[], keptFrom: number) => Promise<ReadError | undefined>;

export interface BesidesMinutes {
  readonly takeHour?: TakeHour;
  /** Then a selection of more than LIMITS.minutesInTurn is refused before anything of it is handed out. */
  readonly ended?: Ended;
}

export interface Selected {
  /** Whether the store knows any series that matches, with points in the range or without. */
  readonly known: boolean;
  /** Unix ms: from when the tier is kept. What was before is deleted, and was not handed out. */
  readonly keptFrom: number;
  /** Parts that are there and could not be read; all the rest was handed out. */
  readonly unreadable: readonly Unreadable[];
  /** What is known of the metric besides, where one was asked for by its name and anything is. */
  readonly description?: Description;
}

export interface FoundSeries {
  /** By name, then by labels, each once. */
  readonly series: readonly Series[];
  /** There are more than `limit`. */
  readonly cut: boolean;
}

export interface Source {
  /**
   * At most `limit` series that match. Those without points in the range are left out where that can
   * be told without reading them: none that has points is missing.
   */
  series(question: SeriesQuestion, limit: number): Promise<Result<FoundSeries, ReadError>>;

  /**
   * The values of a label of the series that match (of METRIC_NAME, the names of metrics), or the names of
   * their labels, METRIC_NAME among them. What is left out is as in `series`.
   */
  texts(
    question: SeriesQuestion,
    label: string | undefined,
  ): Promise<Result<ReadonlySet<string>, ReadError>>;

  /**
   * Hands out all buckets of the series that match: each point once that was acknowledged before the
   * call, also while shards flush. A limit is met before much is read; on an error, what was handed
   * out until then is worth nothing.
   */
  select(selection: Selection, take: Take): Promise<Result<Selected, ReadError>>;

  /**
   * The same of minutes as they are kept: with their samples, while those are few, and end marks. A
   * minute may come in several rows, each with some of its samples, or a bucket of some. Hours that an
   * import put as a whole beside the minutes of others go to `takeHour`.
   */
  minutes(
    question: SeriesQuestion,
    take: TakeRows<Minutes>,
    besides?: BesidesMinutes,
  ): Promise<Result<Selected, ReadError>>;
}
