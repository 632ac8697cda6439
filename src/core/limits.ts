// Every limit of Minuet, with its unit and the abuse that it stops. No limit lives anywhere else.

export const LIMITS = {
  /** Characters of a metric or label name: stops texts used as names. */
  nameLength: 200,
  /** Characters of a label value: stops documents used as labels. */
  labelValueLength: 1_000,
  /** Labels of a point: stops series that no one can read. */
  labelsPerPoint: 30,
  /** Bytes of a request body, before and after decompression: stops gzip bombs. */
  bodyBytes: 8 * 1024 * 1024,
  /** Points of a request: bounds what one commit must hold. */
  pointsPerRequest: 100_000,
  /** Depth of nested JSON: stops bodies that cost memory and no network. */
  jsonDepth: 6,
  /** Characters of an Idempotency-Key. */
  idempotencyKeyLength: 200,
  /** Issues listed in an error; the rest are counted. */
  issuesListed: 20,
  /** How far ahead of the server a timestamp may be, ms: stops clocks that are wrong. */
  aheadMs: 10 * 60_000,
  /** Earliest numeric time, Unix ms (2001-09-09): a smaller number is seconds sent as ms. */
  earliestAt: 1_000_000_000_000,
  /** Series of one metric: stops an id used as a label. */
  seriesPerMetric: 10_000,
  /** Series of one shard: bounds its memory. Raise SHARDS for more. */
  seriesPerShard: 25_000,
  /** Characters of all series keys of one shard: bounds its memory when labels are long. */
  seriesCharactersPerShard: 12_000_000,
  /** Bytes of one encoded batch: a row must stay under 2,000,000 bytes. */
  batchBytes: 1_000_000,
  /** Bytes of one stored row or bound parameter (Cloudflare allows 2,000,000). */
  rowBytes: 1_900_000,
  /** Journal bytes that make a shard fold them into a page: bounds the replay when it wakes up. */
  journalBytes: 4 * 1024 * 1024,
  /** Open accumulators that make a shard seal at once: bounds its memory. */
  openBuckets: 65_536,
  /** Buckets of one block of a page: a block must fit a row. */
  pageBuckets: 16_384,
  /** Buckets of one flush (at least one page is flushed): bounds the D1 batch. */
  bucketsPerFlush: 1_600_000,
  /** Bytes of sealed pages that a shard keeps in memory. */
  chunkCacheBytes: 16 * 1024 * 1024,
  /** Journal rows that make a shard fold them into a page: bounds the replay when it wakes up. */
  journalRows: 4_096,
  /** Idempotency keys since the last checkpoint that make a shard fold them into one row. */
  openKeys: 32_768,
  /** Durable bytes not yet in D1 that make a shard refuse points (503): D1 has been down long. */
  backlogBytes: 256 * 1024 * 1024,
  /** Sealed bytes that make a flush due whatever the row budget says. */
  pressureBytes: 16 * 1024 * 1024,
  /** How long a flush waits for D1, ms. */
  flushTimeoutMs: 30_000,
  /** How long the first points after a change of SHARDS wait for D1 to know of it, ms. */
  registerTimeoutMs: 2_000,
  /** How long the first request of a group commit waits for others to share it, ms. */
  gatherMs: 2,
  /** Bytes of requests that wait for one commit: a shard that is this far behind says so (503). */
  pendingBytes: 32 * 1024 * 1024,
  /** A series not seen for so long leaves the shard's memory, ms; D1 keeps it. */
  idleSeriesMs: 3 * 86_400_000,
  /** Idempotency keys that a shard remembers at least, and for 24 h when fewer. */
  dedupKeys: 100_000,
  /** How long an idempotency key is remembered, ms. */
  dedupMs: 24 * 3_600_000,
  /** (UTC day, series) pairs that one round of the roll-up takes: bounds memory and the batch. */
  pairsPerRollup: 250,
  /** Series whose segments one round of the retention deletes. */
  seriesPerPurge: 2_000,
  /** Removed series whose segments one round deletes. */
  seriesPerDoom: 50,
  /** Buckets a series that `auto` resolution aims at. */
  autoBuckets: 1_500,
  /** (hour, series) keys that one query by minute may look up: series × hours of the range. */
  seeksPerQuery: 500_000,
  /** Segments that one query may read: stops queries that would hurt everybody. */
  segmentsPerQuery: 50_000,
  /** Series of a metric that one query may look at, those that are long idle included. */
  seriesRowsPerQuery: 50_000,
  /** Bytes of the live tail that one query may take from a shard: an RPC answer is under 32 MiB. */
  tailBytes: 20 * 1024 * 1024,
  /** Buckets that one answer may hold. */
  bucketsPerQuery: 500_000,
  /** Longest range of a query, ms (50 years). */
  rangeMs: 50 * 366 * 86_400_000,
  /** Matchers of one query. */
  matchersPerQuery: 20,
  /** Series a query may ask for with `limit`. */
  seriesPerQuery: 1_000,
  /** Series that one page of the list may read for its sparklines: bounds what a refresh costs. */
  sparklineSeries: 4_000,
  /** Metrics of one page of the list. */
  metricsPerPage: 1_000,
  /** Highest number of shards. */
  shards: 64,
  /** Buckets of one live message; the rest is asked for: bounds what a burst can cost. */
  bucketsPerPush: 5_000,
  /** Sockets of one shard. */
  socketsPerShard: 1_000,
} as const;
