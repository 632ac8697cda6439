// What a shard answers those who read: the head of metrics, and the report on itself. It must not
// change the log.

import type { ShardStatus } from "../core/api.ts";
import { seriesOfBlock } from "../core/codec/page.ts";
import * as LIMITS from "../core/limits.ts";
import type { Description } from "../core/series/description.ts";
import type { CounterValues } from "./counters.ts";
import type { Asked, Head } from "./head.ts";
import type { Log } from "./log.ts";
import type { Settled } from "./manifest.ts";

export interface HeadAnswer extends Head {
  /** Keys of the series that were asked for, by number; blocks may hold others besides. */
  readonly keys: ReadonlyMap<number, string>;
  /** What is known of the metric besides, when it is one; absent: nothing. */
  readonly description?: Description;
  /** Whether the shard knows any of the metrics at all. */
  readonly known: boolean;
  /** The database that the shard writes to: pages and open buckets go there. */
  readonly database: string;
  /** What the shard knows it to hold: a snapshot with less is too old for this head. */
  readonly watermark: number;
  /** The same of the databases that it wrote to before. */
  readonly settled: readonly Settled[];
}

export interface ShardReport extends ShardStatus {
  /** The database that it writes to. */
  readonly database: string;
  readonly counters: CounterValues;
  /** Some of what was counted may be missing. */
  readonly atLeast: boolean;
}

/** The last page that each database is known to hold, by its name. */
export function watermarksOf({ databases, flushed }: Log): ReadonlyMap<string, number> {
  const { database, settled } = databases;
  return new Map([
    ...settled.map((one) => [one.database, one.watermark] as const),
    [database, flushed.watermark] as const,
  ]);
}

/** The buckets that are asked for and that D1 may not hold. */
export function headAnswer(log: Log, asked: Asked): HeadAnswer {
  const { dictionary, flushed } = log;
  const { series: wanted, ...head } = log.head(asked);
  const keys = new Map<number, string>();
  const blocks = [...head.sealed.map((part) => part.block), ...head.open].map(seriesOfBlock);
  for (const all of [...blocks, new Set(head.loose?.series)])
    for (const series of all) if (wanted.has(series)) keys.set(series, dictionary.keys[series]!);
  const { watermark } = flushed;
  const known = asked.metrics.some((metric) => dictionary.metric(metric) !== undefined);
  const [metric = "", ...others] = asked.metrics;
  const description = others.length > 0 ? undefined : log.descriptions.get(metric);
  return {
    ...head,
    keys,
    known,
    watermark,
    ...log.databases,
    ...(description && { description }),
  };
}

/** What a report says besides what the log knows. */
interface Besides {
  /** Why the last flush failed. */
  readonly error: string | undefined;
  /** Bytes of requests that wait for a commit. */
  readonly waitingBytes: number;
  readonly sockets: number;
}

export function shardReport(
  log: Log,
  shard: number,
  now: number,
  { error, waitingBytes, sockets }: Besides,
): ShardReport {
  const { dictionary, backlog, flushed } = log;
  const { since } = backlog;
  return {
    shard,
    series: dictionary.length,
    unflushedBuckets: backlog.minutes,
    unflushedBytes: backlog.bytes,
    lastFlushAt: flushed.at,
    lagMs: since === null ? 0 : Math.max(0, now - since),
    saturation: {
      series: dictionary.length / LIMITS.seriesPerShard,
      names: dictionary.characters / LIMITS.seriesCharactersPerShard,
      backlog: backlog.bytes / LIMITS.backlogBytes,
      commit: waitingBytes / LIMITS.pendingBytes,
      sockets: sockets / LIMITS.socketsPerShard,
    },
    ...(error !== undefined && { error }),
    database: log.databases.database,
    counters: log.counters.values(now),
    atLeast: log.counters.atLeast(now),
  };
}
