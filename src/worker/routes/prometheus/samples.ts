// What PromQL reads of the Source: samples that minutes keep and their end marks, or buckets of a tier,
// whichever core/promql/tiers.ts says. Of a minute that keeps a bucket, since it had more points, the first
// and the last are read where buckets do not help, and an answer says so.

import * as LIMITS from "../../../core/limits.ts";
import {
  type Ended,
  METRIC_NAME,
  type Selected,
  type Series,
  type Source,
} from "../../../core/query/source.ts";
import { Samples } from "../../../core/query/samples.ts";
import { type Retention, keptFrom, plan } from "../../../core/query/plan.ts";
import type { LimitName, ReadError } from "../../../core/query/read-error.ts";
import { Failure } from "../../../core/promql/error.ts";
import { keyOf } from "../../../core/promql/labels.ts";
import type {
  BucketSeries,
  SampleQuestion,
  SampleSeries,
  SampleSource,
  SamplesFound,
  TakeSeries,
} from "../../../core/promql/source.ts";
import { TierSeries } from "../../../core/promql/tier-series.ts";
import {
  infoOf,
  infoOfUnknown,
  type KeptFrom,
  needsAll,
  type Reading,
  readingsOf,
  wantedBy,
  type Why,
} from "../../../core/promql/tiers.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import { canonicalLabels, type Labels } from "../../../core/series/labels.ts";
import { MINUTE, type TierName, TIERS } from "../../../core/tiers.ts";
import { inParts, type Turning } from "../../read/in-parts.ts";
import type { Share } from "../../room.ts";

const NONE: SamplesFound = { infos: [], warnings: [] };

interface Settings {
  /** Unix ms; nothing is looked for later than points may be. */
  readonly now: number;
  /** Most samples that a minute keeps. */
  readonly samplesPerMinute: number;
  readonly retention: Retention;
  /** Where what is gathered is counted. */
  readonly share?: Share;
  /** Others have their turn while what is large is put in order. */
  readonly turns?: () => Turning;
}

/** Told how many bytes are gathered. */
type Held = (bytes: number) => void;

/** What was read one way, and not handed out yet. */
interface Read {
  readonly selected: Selected;
  readonly infos: readonly string[];
  /** Whether there is any series. */
  readonly isAny: boolean;
  readonly series: Iterable<SampleSeries | BucketSeries>;
}

export function samplesOf(source: Source, settings: Settings): SampleSource {
  const { now, retention, share } = settings;
  const kept: KeptFrom = {
    minute: keptFrom("minute", now, retention),
    hour: keptFrom("hour", now, retention),
    day: keptFrom("day", now, retention),
  };
  /** Why questions are not read in some way, though that was begun. */
  const ruledOut = new Map<string, Why>();
  return {
    async select(asked, take) {
      const question = { ...asked, to: Math.min(asked.to, now + LIMITS.aheadMs + MINUTE) };
      if (question.from >= question.to) return ok(NONE);
      const readings = readingsOf(asked, kept);
      let why: Why = { keptFrom: kept.minute };
      const held = share?.part() ?? (() => {});
      for (const [i, reading] of readings.entries()) {
        const isLast = i === readings.length - 1;
        const key = `${reading.of} ${keyOfQuestion(asked)}`;
        const before = ruledOut.get(key);
        if (before !== undefined) {
          why = before;
          continue;
        }
        let isBegun = false;
        const taken: TakeSeries = async (series) => {
          isBegun = true;
          try {
            await take(series);
          } catch (thrown) {
            const limit = isLast ? undefined : limitOf(thrown);
            throw limit === undefined ? thrown : new Otherwise({ limit });
          }
        };
        held(0);
        try {
          const way: Way = { held, take: taken, refuses: !isLast && needsAll(question.use) };
          const read = await readFrom(source, question, reading, settings, way);
          if (!read.ok) {
            const { error } = read;
            if (isLast || !helpsCoarser(error)) return err(error);
            throw new Otherwise(error);
          }
          const { selected, infos, isAny, series } = read.value;
          if (!isLast && !isBegun && selected.keptFrom > question.from)
            throw new Otherwise(selected);
          for (const one of series) await taken(one);
          const info = infoOf(reading, question.use, why);
          return ok({
            infos: [...infos, ...(info !== undefined && isAny ? [info] : [])],
            warnings: warningsOf(question, reading, selected, isAny),
          });
        } catch (thrown) {
          if (!(thrown instanceof Otherwise)) throw thrown;
          why = thrown.why;
          if (!isBegun) continue;
          ruledOut.set(key, why);
          return err({ kind: "again" });
        } finally {
          held(0);
        }
      }
      throw new TypeError("no way to read a selection");
    },
  };
}

/** A selection is to be read otherwise. */
class Otherwise extends Error {
  readonly why: Why;

  constructor(why: Why) {
    super();
    this.why = why;
  }
}

/** The limit of a query that was met, where reading less may be within it. */
function limitOf(thrown: unknown): LimitName | undefined {
  if (!(thrown instanceof Failure) || thrown.failure.kind !== "limit") return undefined;
  const { limit } = thrown.failure;
  return limit === "querySamples" || limit === "queryLooks" ? limit : undefined;
}

const keyOfQuestion = ({ matchers, from, to, use }: SampleQuestion): string =>
  JSON.stringify([from, to, use, matchers.map(({ label, op, value }) => [label, op, value])]);

/** Limits that a coarser tier stays within. */
const HELPED: ReadonlySet<LimitName> = new Set([
  "bucketsPerQuery",
  "decodedPerQuery",
  "minutesInTurn",
  "packedBytesPerQuery",
  "queryBytes",
]);

const helpsCoarser = (error: ReadError): error is Extract<ReadError, { kind: "too_large" }> =>
  error.kind === "too_large" && HELPED.has(error.limit);

/** How a selection is read. */
interface Way {
  readonly held: Held;
  /** Takes series of which all was read before all others were. */
  readonly take: TakeSeries;
  /** Minutes that do not keep all their points will not do. */
  readonly refuses: boolean;
}

const readFrom = (
  source: Source,
  question: SampleQuestion,
  reading: Reading,
  settings: Settings,
  way: Way,
): Promise<Result<Read, ReadError>> =>
  reading.of === "samples"
    ? readSamples(source, question, settings, way)
    : readBuckets(source, question, reading.of, settings, way.held);

async function readSamples(
  source: Source,
  question: SampleQuestion,
  { samplesPerMinute, share, turns }: Settings,
  { held, take, refuses }: Way,
): Promise<Result<Read, ReadError>> {
  const { matchers, from, to, use, after } = question;
  const found = new Samples({
    from,
    to,
    limit: samplesPerMinute,
    ofBuckets: "ends",
    labelsOf: named,
  });
  let wholes = 0;
  let isAny = false;
  const refuse = (): void => {
    if (refuses && found.collapsed !== undefined) throw new Otherwise("collapsed");
  };
  const ended: Ended = async (series, keptFrom) => {
    // What is older is looked for when all is known.
    if (keptFrom > from) return undefined;
    for (const group of found.take(series)) {
      refuse();
      isAny = true;
      await take(group);
    }
    held(found.bytes);
    return undefined;
  };
  const selected = await source.minutes(
    { matchers, from, to, after },
    (series, minutes, first, end) => {
      const over = found.add(series, minutes, first, end);
      held(found.bytes);
      return over;
    },
    { takeHour: () => void wholes++, ended },
  );
  if (!selected.ok) return selected;
  const { keptFrom } = selected.value;
  const parts = found.groupsInParts();
  const groups = await inParts(parts, turns?.(), share, () => held(found.bytes));
  if (!groups.ok) return groups;
  refuse();
  const older = await olderSeries(source, question, keptFrom);
  if (!older.ok) return older;
  const infos: string[] = [];
  if (found.collapsed !== undefined)
    infos.push(
      "of minutes with more points than are kept one by one only the first and the last are read",
    );
  if (wholes > 0)
    infos.push(
      `of ${wholes} hours that an import put in as a whole no samples are known, and none is read: ask for whole hours (steps, ranges and times), which have them`,
    );
  if (older.value.size > 0 && typeof use.by === "object")
    infos.push(infoOfUnknown(use.by.call, keptFrom));
  return ok({
    selected: selected.value,
    infos,
    isAny: isAny || found.size > 0,
    series: groups.value.map((group) =>
      older.value.has(keyOf(group.labels)) ? { ...group, keptFrom } : group,
    ),
  });
}

/** Keys of the series that had points in the range before samples are kept. */
async function olderSeries(
  source: Source,
  { matchers, from }: SampleQuestion,
  keptFrom: number,
): Promise<Result<ReadonlySet<string>, ReadError>> {
  const older = new Set<string>();
  if (keptFrom <= from) return ok(older);
  const days = { matchers, from, to: keptFrom, tier: "day" } as const;
  const read = await source.select(days, (series, { lastAt }, first, end) => {
    for (let row = first; row < end; row++)
      if (lastAt[row]! >= from && lastAt[row]! < keptFrom) {
        older.add(keyOf(named(series)));
        break;
      }
    return undefined;
  });
  return read.ok ? ok(older) : read;
}

const named = ({ metric, labels }: Series): Labels =>
  canonicalLabels([[METRIC_NAME, metric], ...labels]);

async function readBuckets(
  source: Source,
  { matchers, from, to, use, after }: SampleQuestion,
  tier: TierName,
  { now, retention }: Settings,
  held: Held,
): Promise<Result<Read, ReadError>> {
  // A bucket that ended before the range may be the one that is seen in it.
  const range = { from: from - 2 * TIERS[tier].step, to };
  const wanted = wantedBy(use);
  const found = new TierSeries(plan(range, tier, now, retention), wanted);
  let isAny = false;
  const selection = { matchers, ...range, tier, wanted, after };
  const selected = await source.select(selection, (series, rows, first, end) => {
    isAny = true;
    const over = found.add(series, rows, first, end);
    held(found.bytes);
    return over;
  });
  if (!selected.ok) return selected;
  return ok({
    selected: selected.value,
    infos: [],
    isAny,
    series: found.series(),
  });
}

/** What is missing. */
const warningsOf = (
  { from, use }: SampleQuestion,
  { of }: Reading,
  { keptFrom, unreadable }: Selected,
  isAny: boolean,
): readonly string[] => [
  // A function that needs samples has no value where they are missing, and says so itself.
  ...(keptFrom > from && isAny && (of !== "samples" || typeof use.by !== "object")
    ? [
        `points before ${new Date(keptFrom).toISOString()} are kept no longer by the ${of === "samples" ? "minute" : of}, and not read`,
      ]
    : []),
  ...(unreadable.length > 0
    ? [
        `${unreadable.length} parts of what is stored could not be read, the first: ${unreadable[0]!.message}`,
      ]
    : []),
];
