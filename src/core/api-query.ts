// The shapes of the answers of GET /api/v1/query, of api.ts.

import type { MetricType } from "./metric-type.ts";
import type { PercentileName, StatName } from "./stats.ts";
import type { TierName } from "./tiers.ts";

/** Buckets in columns; row i of each column belongs to the bucket that starts at `t[i]`. */
export type Columns = { readonly t: readonly number[] } & Readonly<
  Record<StatName, readonly number[]>
>;

/** What else the columns of a counter are. */
export interface CounterColumns {
  /**
   * How much its series rose in each bucket, the step into it included; a step down is a reset, and the
   * new value counts. They add up to what they rose over the range.
   */
  readonly increase: readonly number[];
  /** The same per second of the bucket's width; null where nothing is known that it could have risen from. */
  readonly rate: readonly (number | null)[];
}

/** Percentiles of the samples of each bucket, those that were asked for; null: absent. */
export type PercentileAnswer = Partial<
  Readonly<Record<PercentileName, readonly (number | null)[]>>
>;

export type SeriesAnswer = Columns &
  Partial<CounterColumns> &
  PercentileAnswer & { readonly labels: Readonly<Record<string, string>> };

/** Of several series, one value in each bucket. */
export interface AcrossColumns {
  readonly t: readonly number[];
  /** The sum, average, smallest or largest of the series' averages. */
  readonly avg: readonly number[];
  /** Of how many series it was made. */
  readonly series: readonly number[];
}

/** The answer when series are combined by `across`. */
export type AcrossAnswer = Omit<QueryAnswer, "series"> & {
  readonly series: readonly (AcrossColumns & {
    readonly labels: Readonly<Record<string, string>>;
  })[];
};

/** The answer of `resolution=raw`: the samples, which have no step. The range is as it was asked for. */
export type RawAnswer = Omit<QueryAnswer, "series" | "resolution"> & {
  readonly resolution: "raw";
  /** Minutes that keep no samples, since they had too many, and are not in the answer. */
  readonly collapsed?: { readonly minutes: number; readonly from: number; readonly to: number };
  readonly series: readonly {
    readonly labels: Readonly<Record<string, string>>;
    /** Unix ms, ascending; points of one time are all there. */
    readonly t: readonly number[];
    readonly value: readonly number[];
    /** When a sender said that the series ended, Unix ms; absent: never in the range. */
    readonly ends?: readonly number[];
  }[];
};

/** What the series that are not in an answer lie between, in each bucket. */
export interface RestColumns {
  /** How many they are. */
  readonly series: number;
  readonly t: readonly number[];
  readonly min: readonly number[];
  readonly max: readonly number[];
}

export interface QueryAnswer {
  readonly metric: string;
  /** How series are combined, when they are: see `AcrossAnswer`. */
  readonly across?: "sum" | "avg" | "min" | "max";
  /** What was set, else what senders say, else what the name says; absent: nothing does. */
  readonly type?: MetricType;
  /** The same, but for names: as it came. */
  readonly unit?: string;
  readonly resolution: TierName;
  /** Bucket width, ms. */
  readonly step: number;
  /** The range, widened to whole buckets: [from, to). */
  readonly from: number;
  readonly to: number;
  /** Buckets that start here or later may still change; absent when the range is closed. */
  readonly partialFrom?: number;
  /** There were more series than `limit`; the largest by `order` are shown. */
  readonly truncated?: true;
  /** The number of all of them, when cut. */
  readonly seriesTotal?: number;
  /** Of those that are cut, when it was asked for. */
  readonly rest?: RestColumns;
  /**
   * Unix ms: from when this resolution is kept, 0 when nothing of it was ever deleted. Before it the
   * answer is empty, whatever there was.
   */
  readonly keptFrom: number;
  /** What is stored in the range and could not be read, so that buckets may lack it: the first 20. */
  readonly unreadable?: readonly UnreadablePart[];
  /** How many there are, when more than are listed. */
  readonly unreadableCount?: number;
  /** Why percentiles that were asked for are null in some buckets. */
  readonly absent?: readonly Absent[];
  readonly series: readonly SeriesAnswer[];
}

/** The answer when `stat` says which of the columns it has. */
export type PartAnswer = Omit<QueryAnswer, "series"> & {
  readonly series: readonly (Pick<SeriesAnswer, "labels" | "t"> &
    Partial<Omit<SeriesAnswer, "labels" | "t">>)[];
};

/** Buckets, of each series, whose percentiles are not known. */
export interface Absent {
  /**
   * collapsed: a minute of theirs had more samples than are kept; deleted: their minutes are kept no longer;
   * unreadable: see the answer's field of that name.
   */
  readonly why: "collapsed" | "deleted" | "unreadable";
  readonly buckets: number;
  /** From the first to the end of the last, Unix ms. */
  readonly from: number;
  readonly to: number;
}

/** A part of one series: bytes that are corrupt, or of a newer version. */
export interface UnreadablePart {
  readonly labels: Readonly<Record<string, string>>;
  /** What it holds is of [from, to), Unix ms. */
  readonly from: number;
  readonly to: number;
  readonly message: string;
}
