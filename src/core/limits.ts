// Every limit of Minuet, with its unit and the abuse that it stops. Those of PromQL, of alerts, of
// bodies and of what queries hold stand in files of their own, which are a part of this one; no limit lives anywhere else.
// To be imported as a whole: `import * as LIMITS`. The page gets only those that it uses.

export * from "./alerts/limits.ts";
export * from "./body-limits.ts";
export * from "./promql/query-limits.ts";
export * from "./query/room-limits.ts";
export * from "./turn-limits.ts";

/** Characters of a metric or label name: stops texts used as names. */
export const nameLength = 200;
/** Characters of a label value: stops documents used as labels. */
export const labelValueLength = 1_000;
/** Labels of a point: stops series that no one can read. */
export const labelsPerPoint = 30;
/** Characters of a metric's unit: stops texts used as units. */
export const unitLength = 63;
/** Characters of a metric's help: stops documents used as help. */
export const helpLength = 1_000;
/** Characters of units and help of one shard: bounds its memory. Raise SHARDS for more. */
export const descriptionCharactersPerShard = 8_000_000;
/** Metrics that one request may describe: bounds its memory. */
export const statementsPerRequest = 100_000;
/** Bytes of a batch that describe metrics, beside those of its points. */
export const statementBytes = 500_000;
/** Points of a request: bounds what one commit must hold. */
export const pointsPerRequest = 100_000;
/** Pieces of a body of any length that are stored together, each known by itself: bounds memory. */
export const piecesPerWrite = 1_000;
/** Bytes of them, give or take a piece: bounds memory where names are long. */
export const pieceBytesPerWrite = 4 * 1024 * 1024;
/** Characters of an Idempotency-Key. */
export const idempotencyKeyLength = 200;
/** Series of senders that a decoder finds again by their bytes: bounds its memory. */
export const knownSeries = 16_384;
/** Bytes of all that, of one format; and, about, of the lists of keys that a shard finds again. */
export const knownSeriesBytes = 3 * 1024 * 1024;
export const knownKeysBytes = 2_000_000;
/** Metrics whose type is remembered, since their names say another: bounds an isolate's memory. */
export const knownTypes = 10_000;
/** Issues listed in an error; the rest are counted. */
export const issuesListed = 20;
/** How far ahead of the server a timestamp may be, ms: stops clocks that are wrong. */
export const aheadMs = 10 * 60_000;
/** Earliest numeric time, Unix ms (2001-09-09): a smaller number is seconds sent as ms. */
export const earliestAt = 1_000_000_000_000;
/** Latest numeric time, Unix ms (the year 5138): a greater number is microseconds sent as ms. */
export const latestAt = 100_000_000_000_000;
/** Series of one metric: stops an id used as a label. */
export const seriesPerMetric = 25_000;
/** Series of one shard: bounds its memory. Raise SHARDS for more. */
export const seriesPerShard = 50_000;
/** Characters of all series keys of one shard: bounds its memory when labels are long. */
export const seriesCharactersPerShard = 12_000_000;
/** Bytes of one encoded batch: a row must stay under 2,000,000 bytes. */
export const batchBytes = 1_000_000;
/** Bytes of one stored row or bound parameter (Cloudflare allows 2,000,000). */
export const rowBytes = 1_900_000;
/** Highest number of samples that a minute may keep (SAMPLES_PER_MINUTE): bounds memory and bytes. */
export const samplesPerMinute = 12;
/** Journal bytes that make a shard fold them into a page: bounds the replay when it wakes up. */
export const journalBytes = 4 * 1024 * 1024;
/** Open accumulators that make a shard seal at once: bounds its memory. */
export const openBuckets = 65_536;
/** Those of a backfill, from before the hour that was closed last: bounds how long a seal lets nobody else in. */
export const openBackfill = 16_384;
/** Bytes of sealed pages that a group commit is compared with, where its samples may be repeats: bounds its time. */
export const repeatBytes = 4 * 1024 * 1024;
/** Minutes of one block of a page: a block must fit a row, also when each has all its samples. */
export const pageMinutes = 8_192;
/** Minutes of one flush (at least one page is flushed): bounds the D1 batch and the memory for it. */
export const bucketsPerFlush = 32_768;
/** Minutes that are laid out anew at a time, give or take a page: bounds the time for it. */
export const bucketsPerLayout = 4_000_000;
/** Directories of sealed pages that a shard keeps in memory: of some 40 KB, when it has most series. */
export const directories = 128;
/** Journal rows that make a shard fold them into a page: bounds the replay when it wakes up. */
export const journalRows = 4_096;
/** Idempotency keys since the last checkpoint that make a shard fold them into one row. */
export const openKeys = 32_768;
/** Durable bytes not yet in D1 that make a shard refuse points (503): D1 has been down long. */
export const backlogBytes = 256 * 1024 * 1024;
/** Sealed bytes that make a flush due at once. */
export const pressureBytes = 48 * 1024 * 1024;
/** Sealed minutes of hours that were flushed already, which make a flush due at once: a backfill. */
export const pressureMinutes = 250_000;
/** How long a request or a step of the cron waits for D1, ms: then it says so. */
export const d1DeadlineMs = 10_000;
/** How long a flush waits for D1, ms. */
export const flushTimeoutMs = 30_000;
/** How long the first points after a change of SHARDS wait for D1 to know of it, ms. */
export const registerTimeoutMs = 2_000;
/** Bytes of requests that one group commit stores, or one request that is larger: bounds the time for it. */
export const groupBytes = 512 * 1024;
/** How long the first request of a group commit waits for others to share it, ms. */
export const gatherMs = 2;
/**
 * How long after a commit the next one waits for company when nobody in it is in a hurry, ms: bounds the
 * rows that a shard writes to four a second, however many agents send to it.
 */
export const companyMs = 250;
/** Who sends again within this time, ms, is in a hurry: it waits for no company. */
export const hurryMs = 2_000;
/** Senders that a shard remembers of that time: beyond, all are in a hurry. */
export const sendersKnown = 4_096;
/** Bytes of requests that wait for one commit: a shard that is this far behind says so (503). */
export const pendingBytes = 32 * 1024 * 1024;
/** A series not seen for so long leaves the shard's memory, ms; D1 keeps it. */
export const idleSeriesMs = 3 * 86_400_000;
/** Idempotency keys that a shard remembers at least, and for 24 h when fewer. */
export const dedupKeys = 100_000;
/** How long an idempotency key is remembered, ms. */
export const dedupMs = 24 * 3_600_000;
/** (hour, pack) pairs that one round of the roll-up takes at most: bounds memory and the batch. */
export const pairsPerRollup = 500;
/** (UTC day, pack) pairs that one round makes day buckets of: each is a seek in all its hours. */
export const daysPerRollup = 100;
/** Bytes of packs that one round of the roll-up reads, of one pair at least: bounds memory. */
export const rollupBytes = 2_000_000;
/** How long the roll-up passes over what it could not read before it tries again, ms. */
export const unreadableRetryMs = 3_600_000;
/** Packs of a UTC day whose minutes one round of the retention deletes: some 24 rows each. */
export const packsPerPurge = 100;
/** Rows of hours or years that one round of the retention deletes. */
export const rowsPerPurge = 2_000;
/** Tombstones (removed series) that one round of the cron looks at. */
export const tombstonesPerRound = 200;
/** Packs of removed series that one round of the cron takes: each is looked for in every hour. */
export const packsPerBurial = 2;
/** Rows of a tier that one round of the cron takes removed series out of. */
export const rowsPerBurial = 1_000;
/** How long a run of the cron begins new rounds, ms; each step of each database has one in any case. */
export const cronMs = 20_000;
/** Queries of D1 in one run of the cron, on the free plan: the 51st would fail. */
export const queriesPerFreeRun = 50;
/** Those of one round of a step, at most: so many must be left to begin one, on the free plan. */
export const queriesPerRound = 14;
/** Buckets a series that `auto` resolution aims at. */
export const autoBuckets = 1_500;
/** Buckets that one slice of a query reads and decodes, give or take: bounds memory. */
export const bucketsPerSlice = 50_000;
/** Slices that all queries of an isolate read of a database at the same time. */
export const slicesAtOnce = 2;
/** Hours that are not rolled up yet of which one query is told: more make it read in smaller slices. */
export const openHours = 100_000;
/**
 * Buckets that one query may decode: stops queries that would take minutes. A year of 100 series by the
 * minute, 52.6 M, is within it, so that what was imported is readable at every resolution at once.
 */
export const decodedPerQuery = 80_000_000;
/** How long one query may read, ms: stops queries that would hurt everybody. */
export const queryMs = 25_000;
/** Series of a metric that one query may look at, those that are long idle included. */
export const seriesRowsPerQuery = 50_000;
/** Bytes of the head that one query may take from a shard: an RPC answer is under 32 MiB. */
export const headBytes = 20 * 1024 * 1024;
/** Buckets that one answer may hold. */
export const bucketsPerQuery = 2_000_000;
/**
 * Bytes that the buckets of one answer may take, packed: bounds memory where they pack badly. With buckets that are not
 * packed, and texts of a slice of 4 samples a minute, less than `queryBytes`: so it is mostly this that is told.
 */
export const packedBytesPerQuery = 22 * 1024 * 1024;
/** Percentiles that one answer may hold, of all buckets: bounds memory. */
export const percentilesPerQuery = 1_000_000;
/** Samples that are held at once to make percentiles of: bounds memory. */
export const samplesAtOnce = 1_000_000;
/** Samples that are held at once to order series by a percentile of theirs: bounds memory. */
export const samplesOrdered = 2_000_000;
/** Longest range of a query, ms (50 years). */
export const rangeMs = 50 * 366 * 86_400_000;
/** Matchers of one query. */
export const matchersPerQuery = 20;
/**
 * Instructions of the regular expressions of one query, estimated before they are compiled: stops
 * those that take seconds to compile.
 */
export const regexSize = 2_000;
/**
 * Characters of label values that regular expressions of one query look at, times the steps that each
 * may cost (4 with a usual expression): about a second of CPU at worst.
 */
export const regexWork = 64_000_000;
/** Bytes of the names and labels of all series, ready to be searched, that are kept from one question to the next. */
export const keptSeriesBytes = 24 * 1024 * 1024;
/** Metrics that one query may read, when it asks for more than one. */
export const metricsPerQuery = 1_000;
/** Names of metrics that one query may look through, when it names none. */
export const namesPerQuery = 20_000;
/** Series a query may ask for with `limit`. */
export const seriesPerQuery = 1_000;
/** Series that one page of the list may read for its sparklines: bounds what a refresh costs. */
export const sparklineSeries = 4_000;
/** Names that an unknown one is compared with at most. */
export const namesCompared = 10_000;
/** Those that all unknown ones of an isolate are compared with in a second: 25 of them with so many. */
export const namesComparedPerSec = 250_000;
/** How long those names are kept, ms each: who asks for unknown metrics in a loop reads few more. */
export const keepNameMs = 5;
/** Values listed of one label, the most frequent: stops answers of a value a series. */
export const labelValuesListed = 100;
/** Metrics of one page of the list. */
export const metricsPerPage = 1_000;
/** Longest retention that is not for ever, days (a century). */
export const retentionDays = 36_500;
/** Bytes that Cloudflare lets a D1 database grow to. */
export const databaseBytes = 10_000_000_000;
export const databaseBytesFree = 500_000_000;
/** Highest number of databases. */
export const databases = 16;
/** Highest number of shards. */
export const shards = 64;
/** Buckets of one live message; the rest is asked for: bounds what a burst can cost. */
export const bucketsPerPush = 5_000;
/** Samples of one live message; of the rest, it has the buckets alone: bounds its bytes. */
export const samplesPerPush = 15_000;
/** Sockets of one shard. */
export const socketsPerShard = 1_000;
/** Those of them that one token may have, one link, one who passed Access, or one address of the public: leaves others some. */
export const socketsPerToken = 250;
/** Bytes sent to a socket before its client is asked whether it reads. */
export const unaskedBytes = 16 * 1024;
/** Unread bytes of a socket, give or take a message; then it is told no more until it answers. */
export const unreadBytesPerSocket = 512 * 1024;
/** Bytes that a socket may miss before it is closed: stops clients that do not read. */
export const missedBytesPerSocket = 1536 * 1024;
/** Unread bytes of all sockets of a shard; beyond, messages say what to ask for: bounds memory. */
export const unreadBytesPerShard = 32 * 1024 * 1024;
/** Metrics whose watchers are told at once; then others get a turn: stops pushes that block writes. */
export const metricsPerPush = 16;
/** How long a live socket waits for D1 to say what others hold, ms. */
export const othersDeadlineMs = 2_000;
/** Time between two such questions, ms. */
export const othersEveryMs = 10_000;
/** Time between two live messages about a metric, ms: bounds what a busy metric costs. */
export const pushEveryMs = 1_000;
/** Lines of the log in a minute for events of one name; then one in a hundred: they are billed. */
export const linesPerEvent = 10;
/** When who asked too often (RATE_TOKENS, RATE_ADDRESSES in wrangler.toml) is to come again, s. */
export const rateRetrySec = 10;
/** How long they wait for that answer, ms: who comes again at once is billed for each, and keeps others waiting. */
export const rateHeldMs = 1_000;
/** Requests of an isolate that begin to wait so in that time; more are refused at once: bounds its memory. */
export const rateHeld = 500;
/** Named tokens of a store: bounds what an isolate keeps of them, and what it reads each time. */
export const tokens = 1_000;
/** Characters of a token's name. */
export const tokenNameLength = 100;
/** How long an isolate goes by the list of tokens that it has read, ms. */
export const tokensFreshMs = 30_000;
/** The same while D1 does not say: a token that was revoked is refused no later than that, ms. */
export const tokensKeptMs = 60_000;
/** Time between two attempts of an isolate to read them, ms. */
export const tokensRetryMs = 1_000;
/** How often in a second an isolate looks for new tokens: unknown ones must not cost a read each. */
export const tokenLooksPerSec = 20;
/** Time between two notes that a token was used, ms: bounds the rows that they cost. */
export const tokenUsedMs = 3_600_000;
/** How long a request waits for the tokens, ms. */
export const tokensDeadlineMs = 5_000;
/** Saved views of a store: bounds a list that is sent as a whole. */
export const views = 500;
/** Characters of a view's id and note; a name is as long as a token's. */
export const viewIdLength = 64;
export const viewNoteLength = 4_000;
/** Characters of what a view shows, as in an address: stops documents kept as views. */
export const viewSearchLength = 16_000;
/** How long a deleted view can be brought back with its links, ms. */
export const viewDeletedMs = 3_600_000;
/** Links to one view: bounds what a change of it must close. */
export const linksPerView = 20;
/** Metrics of a view of which a link says type and unit: bounds what opening it costs. */
export const metricsPerLink = 60;
/** Events of a UTC day; they go with the hours of their time: bounds a table that nothing else does. */
export const eventsPerDay = 1_000;
/** Events of one answer: more marks are a wall. */
export const eventsPerAnswer = 500;
/** Characters of an event, tags of it, and characters of each. */
export const eventLength = 1_000;
export const eventTags = 20;
export const eventTagLength = 100;
/** Buckets of a metric that a backup holds at once: bounds memory. */
export const backupBuckets = 100_000;
/** Characters of one answer of a backup, give or take a piece: the next request goes on. */
export const backupBytes = 4_000_000;
/** How long a browser stays signed in, ms. */
export const sessionMs = 30 * 86_400_000;
/** How long an isolate goes by the keys of Cloudflare Access that it has fetched, ms. */
export const accessKeysMs = 3_600_000;
/** The same while the team does not answer, ms. */
export const accessKeysKeptMs = 24 * 3_600_000;
/** Time between two looks for keys, ms: forged ids must not cost a fetch each, also when it fails. */
export const accessKeysRetryMs = 10_000;
/** Looks in that time while nothing is known yet: requests that come at once cannot wait for one. */
export const accessKeysLooks = 10;
/** How long a request waits for them, ms. */
export const accessDeadlineMs = 5_000;
/** How far the clock of Access may be ahead, ms. */
export const accessSkewMs = 60_000;
