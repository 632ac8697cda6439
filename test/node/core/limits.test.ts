// Each limit, and the test that goes over it. A new one needs its row: where the abuse is that it stops, or
// that no request reaches it. And those that need no store.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as LIMITS from "../../../src/core/limits.ts";
import { fullIssue } from "../../../src/durable/full.ts";
import { Dictionary } from "../../../src/durable/dictionary.ts";
import { Intake } from "../../../src/core/formats/intake.ts";
import { pushgateway } from "../../../src/core/formats/pushgateway.ts";
import { otlpJson } from "../../../src/core/formats/otlp.ts";
import { unzstd } from "../../support/unzstd.ts";

type Limit = keyof typeof LIMITS;

const HERE = "node/core/limits.test.ts";
const SUITE = "node/formats/suite.ts";
const BAD_POINTS = "workerd/api-bad-points.test.ts";
const BAD_REQUESTS = "workerd/api-bad-requests.test.ts";
const PROMQL = "node/promql/limits.test.ts";
const ALERTS = "workerd/alerts.test.ts";
const ROOM = "node/worker/room.test.ts";
const ABUSE = "workerd/limits.test.ts";

/**
 * The test, by words of it. It names the limit, or has its number, one more or one less; `as`: or these words,
 * which stand for it.
 */
const ABUSED: Readonly<
  Partial<Record<Limit, readonly [file: string, words: string, as?: string]>>
> = {
  nameLength: [SUITE, "names and labels over their limits"],
  labelValueLength: [SUITE, "names and labels over their limits"],
  labelsPerPoint: [SUITE, "names and labels over their limits"],
  unitLength: ["workerd/api-description.test.ts", "what is wrong with a description"],
  helpLength: ["workerd/api-description.test.ts", "what is wrong with a description"],
  descriptionCharactersPerShard: [
    "node/laws/description.test.ts",
    "a shard keeps so many characters",
  ],
  statementsPerRequest: [HERE, "a request describes so many metrics"],
  knownSeries: ["node/formats/protobuf.test.ts", "so many keys, and so many bytes", "SLOTS + 1"],
  knownSeriesBytes: ["node/formats/protobuf.test.ts", "so many keys, and so many bytes", "BYTES"],
  knownKeysBytes: ["node/core/known-keys.test.ts", "lists are kept up to so many bytes"],
  bodyBytes: [BAD_POINTS, "10 MB of nesting"],
  bodyMs: [ABUSE, "a body has so long to come"],
  pointsPerRequest: [BAD_POINTS, "100_001"],
  piecesPerWrite: ["workerd/pieces.test.ts", "what waits is bounded in pieces"],
  pieceBytesPerWrite: ["workerd/pieces.test.ts", "LIMITS.pieceBytesPerWrite"],
  jsonDepth: [BAD_POINTS, "nested deeper than 6 levels"],
  idempotencyKeyLength: [BAD_POINTS, "1 to 200 are allowed"],
  issuesListed: ["workerd/api-series-limit.test.ts", "LIMITS.issuesListed"],
  aheadMs: ["workerd/api-limits.test.ts", "more than ten minutes ahead", "NOW + 10 * MINUTE + 1"],
  earliestAt: ["node/core/intake.test.ts", "by the year 2001"],
  seriesPerMetric: ["workerd/api-series-limit.test.ts", "a new series is refused", "point(LIMIT)"],
  seriesPerShard: [HERE, "a shard has so many series"],
  seriesCharactersPerShard: [HERE, "a shard has so many characters of names"],
  backlogBytes: [HERE, "a shard keeps so much for D1"],
  pendingBytes: [HERE, "so much waits for a commit"],
  groupBytes: ["node/core/commit.test.ts", "a commit stores no more at once"],
  pressureMinutes: ["workerd/shard-pressure.test.ts", "at once"],
  d1DeadlineMs: ["workerd/d1-hangs.test.ts", "LIMITS.d1DeadlineMs"],
  sendersKnown: ["node/core/commit.test.ts", "senders are forgotten, and bounded"],
  dedupMs: ["node/laws/idempotency.test.ts", "LIMITS.dedupMs"],
  bucketsPerSlice: ["workerd/read-slices.test.ts", "2_000", "perSlice: 2_000"],
  rowsPerTurn: ["workerd/turns.test.ts", "large work goes in turns"],
  rowsPerShortTurn: ["workerd/turns.test.ts", "turns are short while others come"],
  besideMs: ["workerd/turns.test.ts", "turns are short while others come"],
  turnMs: ["workerd/turns.test.ts", "a request that is gone in its turn"],
  decodedPerQuery: ["node/core/bounds.test.ts", "decodedPerQuery"],
  queryMs: ["workerd/read-slices.test.ts", "a query that takes too long ends"],
  seriesRowsPerQuery: ["workerd/read-limits.test.ts", "more series than a query may look at"],
  keptSeriesBytes: ["workerd/api-find.test.ts", "that take more room than is kept"],
  headBytes: [
    "workerd/shard-cut.test.ts",
    "it is flushed as soon as somebody asked",
    "cut).toBe(true)",
  ],
  samplesAtOnce: ["node/laws/samples.test.ts", "so many are held at once"],
  bucketsPerQuery: ["workerd/read-limits.test.ts", "more buckets than an answer may hold"],
  packedBytesPerQuery: ["workerd/read-limits.test.ts", "buckets that pack badly"],
  percentilesPerQuery: ["node/laws/percentiles.test.ts", "LIMITS.percentilesPerQuery"],
  queryBytes: [ROOM, "what is too much alone names the limit", "OF_ONE + 1"],
  isolateQueryBytes: [ROOM, "who waits too long is told to come again"],
  roomSilenceMs: [ROOM, "what is gone keeps nobody waiting for as long as they may wait"],
  roomMs: [ROOM, "who waits too long is told to come again"],
  rangeMs: [BAD_REQUESTS, "an enormous range", "-51y"],
  matchersPerQuery: [ABUSE, "a query has so many matchers"],
  regexSize: ["workerd/read-limits.test.ts", "LIMITS.regexSize"],
  regexWork: ["workerd/read-limits.test.ts", "LIMITS.regexWork"],
  metricsPerQuery: [ABUSE, "PromQL reads so many metrics"],
  namesPerQuery: [ABUSE, "PromQL reads so many metrics"],
  seriesPerQuery: [BAD_REQUESTS, "limit 1001"],
  namesCompared: [ABUSE, "a name that is not known is compared with many"],
  sparklineSeries: ["workerd/api-sparkline.test.ts", "for whose series there is no room"],
  metricsPerPage: [BAD_REQUESTS, "/api/v1/metrics?limit=1001"],
  databases: ["node/scripts/databases.test.ts", "LIMITS.databases"],
  shards: ["node/laws/config.test.ts", "LIMITS.shards"],
  samplesPerPush: ["workerd/live.test.ts", "more than a message has room for"],
  socketsPerShard: [ABUSE, "a shard has so many sockets"],
  socketsPerToken: ["workerd/session.test.ts", "are not so many that others have none"],
  unreadBytesPerSocket: [
    "process/slow-reader.test.ts",
    "sockets that do not read are dropped",
    "MOST",
  ],
  missedBytesPerSocket: [
    "process/slow-reader.test.ts",
    "sockets that do not read are dropped",
    "MOST",
  ],
  unreadBytesPerShard: [ABUSE, "what all sockets of a shard have not read is bounded"],
  unaskedBytes: ["workerd/live.test.ts", "is told no more, then dropped", "1013"],
  pushEveryMs: ["workerd/live.test.ts", "a burst is one message", "a second later"],
  metricsPerPush: ["workerd/live.test.ts", "many metrics at once, with few timers"],
  queryCharacters: ["node/promql/parse.test.ts", "limit queryCharacters"],
  queryDepth: ["node/promql/parse.test.ts", "limit queryDepth"],
  pointsPerSeries: [PROMQL, "pointsPerSeries"],
  subqueryPoints: [PROMQL, "subqueryPoints"],
  querySamples: [PROMQL, "querySamples"],
  queryLooks: [PROMQL, "queryLooks"],
  queryCells: [PROMQL, "queryCells"],
  linesPerEvent: ["node/core/log-line.test.ts", "of a flood a few lines are written"],
  rateRetrySec: ["workerd/rate.test.ts", "a token that asks too often waits"],
  tokensFreshMs: ["workerd/tokens.test.ts", "within a minute elsewhere"],
  tokensKeptMs: ["workerd/tokens.test.ts", "also while D1 is down"],
  tokenLooksPerSec: [
    "workerd/tokens.test.ts",
    "is not asked for each unknown token",
    "toBeLessThan(50)",
  ],
  tokenUsedMs: ["workerd/tokens.test.ts", "with one row an hour"],
  views: ["workerd/views.test.ts", "is one of so many at most"],
  sessionMs: ["workerd/session.test.ts", "LIMITS.sessionMs"],
  accessKeysMs: ["workerd/access-jwt.test.ts", "keys that are known go on for a day", "2 * HOUR"],
  accessKeysKeptMs: [
    "workerd/access-jwt.test.ts",
    "keys that are known go on for a day",
    "25 * HOUR",
  ],
  accessKeysRetryMs: ["workerd/access-jwt.test.ts", "forged ones cost no fetch each"],
  accessKeysLooks: ["workerd/access-jwt.test.ts", "forged ones cost no fetch each"],
  otlpDepth: [HERE, "OTLP as JSON is so deep"],
  latestAt: [BAD_POINTS, "is after the year 5000", "after the year 5000"],
  tokens: [ABUSE, "a store has so many named tokens"],
  tokenNameLength: ["workerd/tokens.test.ts", "a long name"],
  viewIdLength: [ABUSE, "a view has so long texts, and so many links"],
  viewDeletedMs: ["workerd/views.test.ts", "LIMITS.viewDeletedMs"],
  eventsPerDay: ["workerd/events.test.ts", "a day has so many at most"],
  eventsPerAnswer: ["workerd/events.test.ts", "an answer, and an event, are so long at most"],
  eventLength: ["workerd/events.test.ts", "an answer, and an event, are so long at most"],
  eventTags: ["workerd/events.test.ts", "an answer, and an event, are so long at most"],
  eventTagLength: ["workerd/events.test.ts", "an answer, and an event, are so long at most"],
  viewNoteLength: [ABUSE, "a view has so long texts, and so many links"],
  viewSearchLength: [ABUSE, "a view has so long texts, and so many links"],
  linksPerView: [ABUSE, "a view has so long texts, and so many links"],
  labelValuesListed: ["workerd/api-series-limit.test.ts", "how many there are"],
  alertRules: [ALERTS, "200 rules at once"],
  noticesPerRun: [ALERTS, "200 rules at once"],
  ruleNameLength: [ALERTS, "what a rule may be is bounded"],
  webhookLength: [ALERTS, "what a rule may be is bounded"],
  labelsPerRule: [ALERTS, "what a rule may be is bounded"],
  alertWindowMs: [ALERTS, "what a rule may be is bounded"],
  alertsPerRule: [ALERTS, "a label that explodes is no alert each"],
  noticeLeaseMs: [ALERTS, "a run that is cut off", "later(2"],
  alertReadsPerRun: [ALERTS, "a run reads so much at most"],
  alertUnmeasuredMs: ["node/core/alerts.test.ts", "not measured for long says so"],
  pastAlerts: [ALERTS, "what of a rule is past"],
  valuesPerRule: [ALERTS, "what of a rule is past"],
  formerRules: ["node/core/alerts.test.ts", "LIMITS.formerRules"],
  webhookMs: [ALERTS, "a webhook that does not answer"],
  alertsPerNotice: [ALERTS, "a notice tells so many alerts"],
  alertStateCharacters: [ALERTS, "long labels are no state that fits no row"],
  accessSkewMs: ["workerd/access-jwt.test.ts", "not valid yet", "/ 1_000 + 600"],
};

/**
 * Those that no request goes over: they say how work is cut into parts, how long something is kept or waited
 * for, what the platform allows, or what an operator may set. One is reached only by reading more than a test
 * has time for: `samplesOrdered`.
 */
const UNREACHED: readonly Limit[] = [
  "statementBytes",
  "knownTypes",
  "batchBytes",
  "rowBytes",
  "samplesPerMinute",
  "journalBytes",
  "openBuckets",
  "repeatBytes",
  "pageMinutes",
  "bucketsPerFlush",
  "bucketsPerLayout",
  "directories",
  "journalRows",
  "openKeys",
  "pressureBytes",
  "flushTimeoutMs",
  "registerTimeoutMs",
  "gatherMs",
  "companyMs",
  "hurryMs",
  "idleSeriesMs",
  "dedupKeys",
  "pairsPerRollup",
  "daysPerRollup",
  "rollupBytes",
  "unreadableRetryMs",
  "packsPerPurge",
  "rowsPerPurge",
  "tombstonesPerRound",
  "packsPerBurial",
  "rowsPerBurial",
  "cronMs",
  "queriesPerFreeRun",
  "queriesPerRound",
  "autoBuckets",
  "itemsPerTurn",
  "largeBodyBytes",
  "openHours",
  "samplesOrdered",
  "keepNameMs",
  "retentionDays",
  "databaseBytes",
  "databaseBytesFree",
  "bucketsPerPush",
  "othersDeadlineMs",
  "othersEveryMs",
  "tokensRetryMs",
  "tokensDeadlineMs",
  "metricsPerLink",
  "accessDeadlineMs",
  "backupBuckets",
  "backupBytes",
  "noticesAtOnce",
];

test("each limit has its row", () => {
  const rows = [...Object.keys(ABUSED), ...UNREACHED];
  expect(rows.toSorted()).toEqual(Object.keys(LIMITS).toSorted());
});

/** The test in which the words stand: from its beginning to that of the next. */
function testWith(file: string, words: string): string {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
  // This file has the words in its list as well.
  const at = file === HERE ? text.lastIndexOf(words) : text.indexOf(words);
  if (at < 0) return "";
  const starts = [...text.matchAll(/^ *(?:test|describe)\b/gm)].map(({ index }) => index);
  return text.slice(
    starts.findLast((start) => start <= at) ?? 0,
    starts.find((one) => one > at),
  );
}

const VALUES: ReadonlyMap<string, unknown> = new Map(Object.entries(LIMITS));

test.each(Object.entries(ABUSED))("%s has a test that goes over it", (name, [file, words, as]) => {
  const found = testWith(file, words);
  expect(found, `no test of ${file} has the words`).toContain(words);
  expect(found).not.toMatch(/\b(?:test|describe)\.(?:skip|todo)\b/);
  const limit = VALUES.get(name);
  const numbers = [...found.matchAll(/\b\d[\d_]*\b/g)].map(([digits]) =>
    Number(digits.replaceAll("_", "")),
  );
  const isThere =
    as === undefined
      ? new RegExp(`\\b${name}\\b`).test(found) ||
        numbers.some((number) => Math.abs(number - Number(limit)) <= 1)
      : found.includes(as);
  expect(isThere, `the test does not go over ${name}, ${limit}, as far as its row says`).toBe(true);
});

const rules = { shards: 1, now: Date.UTC(2026, 0, 1), retentionHourDays: 400 };

test("a shard has so many series, and says how to have more", () => {
  const dictionary = new Dictionary({ ...LIMITS, seriesPerShard: 3 });
  for (const key of ["a{}", "b{}", "c{}"]) {
    expect(dictionary.refuse(key)).toBeUndefined();
    dictionary.add(key);
  }
  expect(dictionary.refuse("d{}")).toMatchObject({
    code: "too_many_series",
    message: expect.stringMatching(/ 3 .*SHARDS/),
  });
});

test("a shard has so many characters of names, and says how to have more", () => {
  const dictionary = new Dictionary({ ...LIMITS, seriesCharactersPerShard: 100 });
  dictionary.add(`a{"l":"${"x".repeat(50)}"}`);
  expect(dictionary.refuse(`b{"l":"${"y".repeat(50)}"}`)).toMatchObject({
    code: "too_many_series",
    message: expect.stringMatching(/characters.*SHARDS/),
  });
  expect(dictionary.refuse("c{}")).toBeUndefined();
});

test("a request describes so many metrics", () => {
  const body = (metrics: number): Uint8Array => {
    let text = "";
    for (let i = 0; i < metrics; i++) text += `# TYPE m${i} gauge\n`;
    return new TextEncoder().encode(`${text}m0 1\n`);
  };
  const asked = { parameters: {}, path: "/metrics/job/a" };
  const read = (metrics: number): string => {
    const found = pushgateway.decode(body(metrics), asked, new Intake(rules), unzstd);
    return found.ok ? "taken" : found.error.code;
  };
  expect(read(LIMITS.statementsPerRequest)).toBe("taken");
  expect(read(LIMITS.statementsPerRequest + 1)).toBe("too_many_points");
});

test("a shard keeps so much for D1, and so much waits for a commit: then it says so", () => {
  const well = { held: LIMITS.backlogBytes, waiting: LIMITS.pendingBytes - 1, more: 1 };
  expect(fullIssue(3, well)).toBeUndefined();
  expect(fullIssue(3, { ...well, held: LIMITS.backlogBytes + 1 })).toMatch(
    /^shard 3 holds \d+ bytes that D1 has not taken/,
  );
  expect(fullIssue(3, { ...well, more: 2 })).toMatch(/waiting to be stored.*Raise SHARDS/);
});

test("OTLP as JSON is so deep", () => {
  const depth = LIMITS.otlpDepth + 1;
  const body = `{"resourceMetrics":${"[".repeat(depth)}${"]".repeat(depth)}}`;
  const bytes = new TextEncoder().encode(body);
  const asked = { parameters: {}, path: "/v1/metrics" };
  const read = otlpJson.decode(bytes, asked, new Intake(rules), unzstd);
  expect(read.ok ? "taken" : read.error.message).toMatch(
    /nested deeper than \d+ levels, the limit/,
  );
});
