// The shapes of the native API's answers, shared by the Worker, the page and the shard's live push.
// Times are Unix ms; a bucket's time is its start. Limits and parameters: docs and /openapi.json.

import type { MetricType } from "./metric-type.ts";
import type { SeriesAnswer, UnreadablePart } from "./api-query.ts";

export type * from "./api-query.ts";

export interface MetricSummary {
  readonly name: string;
  readonly series: number;
  readonly labelNames: readonly string[];
  readonly firstAt: number;
  readonly lastAt: number;
  readonly last: number;
  /** What was set, else what senders say, else what the name says; absent: nothing does. */
  readonly type?: MetricType;
  /** The same, but for names: as it came. */
  readonly unit?: string;
  readonly help?: string;
}

export interface ListedMetric extends MetricSummary {
  /**
   * The average of each of the last 60 minutes, all series merged, oldest first; the last one is
   * still filling. Null where there is no point. Absent when the answer had no room for it.
   */
  readonly sparkline?: readonly (number | null)[];
}

export interface MissingShard {
  readonly shard: number;
  readonly message: string;
}

/** By the name of its binding. */
export interface MissingDatabase {
  readonly database: string;
  readonly message: string;
}

export interface MetricsAnswer {
  readonly metrics: readonly ListedMetric[];
  /** Start of the first minute of all sparklines, Unix ms; absent when they were not asked for. */
  readonly sparklineFrom?: number;
  /** Pass as `cursor` for the next page; absent on the last. */
  readonly cursor?: string;
  /** What did not answer: what only it knows is not in the list. Absent when all did. */
  readonly missing?: readonly (MissingShard | MissingDatabase)[];
}

/** What was set of a metric by hand. */
export type SetOfMetric = Pick<MetricSummary, "type" | "unit" | "help">;

export interface MetricAnswer extends MetricSummary {
  /** Of type, unit and help what was set by hand; absent: nothing. */
  readonly set?: SetOfMetric;
  readonly labels: readonly {
    readonly name: string;
    readonly values: readonly { readonly value: string; readonly series: number }[];
    /** Number of different values; `values` lists the most frequent 100. */
    readonly distinct: number;
  }[];
  /** As in the list. */
  readonly missing?: readonly (MissingShard | MissingDatabase)[];
}

/** One series' changed minute buckets, absolute: they replace what the client had. */
export type LiveSeries = SeriesAnswer & {
  /** Unix ms of the earliest point: of several series, the earliest value counts. */
  readonly firstAt: readonly number[];
  /** Unix ms of the latest point, likewise. */
  readonly lastAt: readonly number[];
  /** What rounding took from `sum`: series that are merged have their exact average. */
  readonly carry: readonly number[];
  /**
   * The samples of each minute that keeps them: ms after its start, value, and so on in turn, by time.
   * Null: it had too many, and keeps none, or see `reloadSamples`. Absent: all are null.
   */
  readonly samples?: readonly (readonly number[] | null)[];
  /** When a sender said that the series ended, within minutes that changed, Unix ms. */
  readonly ends?: readonly number[];
};

/**
 * Minutes on the live socket. A `snapshot` comes first, then `changed`, at most one a second.
 * Whoever connects (again) and then queries the time before `from` has everything.
 */
export interface LiveMinutes {
  readonly type: "snapshot" | "changed";
  readonly metric: string;
  readonly step: 60000;
  /** Server time of the message, Unix ms. */
  readonly at: number;
  /**
   * Minutes that start here or later are complete in these messages; earlier ones in /query. Null
   * while the metric moves to another shard: then none is, and a new snapshot says when that is over.
   */
  readonly from: number | null;
  readonly series: readonly LiveSeries[];
  /** Minutes in [from, to) changed too late, or too many at once, to be sent: ask /query for them. */
  readonly reload?: { readonly from: number; readonly to: number };
  /** Samples of minutes in [from, to) were too many to be sent: ask /query for them. */
  readonly reloadSamples?: { readonly from: number; readonly to: number };
}

/** The metric is no more. What comes later on the same socket makes it anew, from nothing. */
export interface LiveRemoved {
  readonly type: "removed";
  readonly metric: string;
  /** Server time of the message, Unix ms. */
  readonly at: number;
}

/** Asks the client to send the text `pong`: who does not read is closed with 1013. */
export interface LivePing {
  readonly type: "ping";
}

export type LiveMessage = LiveMinutes | LiveRemoved | LivePing;

/** Something wrong with a request: the item's position in it, the field, and what. */
export interface Issue {
  readonly index?: number;
  readonly path: string;
  readonly message: string;
}

export interface ErrorAnswer {
  readonly error: {
    readonly code: string;
    readonly message: string;
    /** Of an unknown metric: the names that look most like it. */
    readonly nearest?: readonly string[];
    readonly issues?: readonly Issue[];
    /** How many issues there were when more than are listed. */
    readonly issueCount?: number;
  };
}

export const REJECTIONS = [
  "too_far_ahead",
  "too_old",
  "too_many_series",
  "forbidden",
  "invalid_point",
] as const;

/** A point that was understood and not stored, or a bad one that was passed over. */
export interface Rejection {
  /** Its item's position in the request. */
  readonly index: number;
  readonly code: (typeof REJECTIONS)[number];
  readonly message: string;
}

export interface WriteAnswer {
  readonly accepted: number;
  readonly duplicate?: true;
}

/** Of a request that is stored in part: of the rest, the first are listed, and all are counted. */
export interface PartlyAnswer extends WriteAnswer, ErrorAnswer {
  readonly rejected: readonly Rejection[];
  readonly rejectedCount: number;
}

/** How much of a limit of a shard is used, 0 to 1: at 1 it refuses. */
export interface Saturation {
  readonly series: number;
  /** Characters of all names and labels. */
  readonly names: number;
  /** Bytes that D1 has not taken yet. */
  readonly backlog: number;
  /** Bytes of requests that wait for a commit at this moment. */
  readonly commit: number;
  /** Live sockets. */
  readonly sockets: number;
}

export interface ShardStatus {
  readonly shard: number;
  readonly series: number;
  readonly unflushedBuckets: number;
  readonly unflushedBytes: number;
  /** Unix ms of the last flush that is known to have reached D1; null before the first. */
  readonly lastFlushAt: number | null;
  /** Age of the oldest point that is not in D1 yet, ms. */
  readonly lagMs: number;
  /** Shares of its limits, 1 is full. */
  readonly saturation: Saturation;
  readonly error?: string;
}

/** A shard that did not answer, and why. */
export interface SilentShard {
  readonly shard: number;
  readonly error: string;
}

export const answered = <S extends ShardStatus>(shard: S | SilentShard): shard is S =>
  "series" in shard;

/** An hour of a series that is not rolled up, since a segment of it cannot be read. */
export interface UnreadableHour extends UnreadablePart {
  readonly metric: string;
}

/** A database by the name of its binding: DB, DB_1, … */
interface DatabaseNamed {
  readonly name: string;
  /** What Cloudflare lets it grow to, bytes. */
  readonly limitBytes: number;
}

export interface DatabaseStatus extends DatabaseNamed {
  readonly sizeBytes: number;
  /**
   * Since midnight UTC; absent where a shard that writes to it does not answer, or none does. What was
   * read is known of all together.
   */
  readonly rowsWritten?: number;
  /** Unix ms, at most now: what it holds of before is rolled up, but for what cannot be read. */
  readonly rolledUpTo: number;
  /** Pairs of an hour and a pack that are to be rolled up again. */
  readonly dirtyHours: number;
  /** Such pairs that cannot be read; absent when all can. They are kept, and tried again each hour. */
  readonly unreadableHours?: number;
  /** Some of the series that they are about. */
  readonly unreadable?: readonly UnreadableHour[];
}

/** A database that did not answer, and why. */
export interface SilentDatabase extends DatabaseNamed {
  readonly error: string;
}

export const told = <D extends DatabaseStatus>(database: D | SilentDatabase): database is D =>
  "sizeBytes" in database;

/** Bytes of all databases; undefined while one of them is silent. */
export const bytesOf = (databases: StatusAnswer["databases"]): number | undefined =>
  databases.every(told) ? databases.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) : undefined;

/** Something that an operator should look at: the runbook has a part for each `sign`. */
export interface Sign {
  readonly sign: (typeof SIGNS)[number];
  /** What it is about: `shard 0`, `DB_1`; absent: the whole store. */
  readonly of?: string;
  /** What is seen, and the first thing to do. */
  readonly message: string;
}

/** In the order in which they matter. */
export const SIGNS = [
  "shard-silent",
  "database-silent",
  "flush-failing",
  "backlog",
  "lag",
  "database-full",
  "series-full",
  "overload",
  "rollup-behind",
  "unreadable",
  "bugs",
  "points-refused",
  "requests-refused",
  "sockets-full",
  "dirty-hours",
] as const;

export interface StatusAnswer {
  readonly version: string;
  readonly now: number;
  readonly shards: readonly (ShardStatus | SilentShard)[];
  /** In the order of their numbers. */
  readonly databases: readonly (DatabaseStatus | SilentDatabase)[];
  /** Since midnight UTC. */
  readonly today: {
    /** When the first of them was counted, Unix ms. */
    readonly since: number;
    readonly d1RowsWritten: number;
    readonly d1RowsRead: number;
    readonly shardRowsWritten: number;
    /** Calls, sockets and alarms: what Durable Objects are billed by. */
    readonly shardRequests: number;
    /** Points that were acknowledged, those of repeated requests too. */
    readonly pointsAccepted: number;
    /** Points that were not stored, by the code of the reason. */
    readonly pointsRefused: Readonly<Record<string, number>>;
    /** Requests that were answered with an error, by its code. */
    readonly requestsRefused: Readonly<Record<string, number>>;
    /** A shard started anew today: what it was only asked before, and wrote no row for, is missing. */
    readonly atLeast?: true;
  };
  /** What somebody should look at, worst first; none where all is well. */
  readonly signs: readonly Sign[];
}
