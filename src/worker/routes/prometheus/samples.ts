// What PromQL reads of the Source: samples that minutes keep and their end marks, or buckets of hours or
// days, whichever core/promql/tiers.ts says. Of a minute that keeps a bucket, since it had more points, the
// first and the last are read, and an answer says so.

import * as LIMITS from "../../../core/limits.ts";
import { METRIC_NAME, type Selected, type Source } from "../../../core/query/source.ts";
import { Samples } from "../../../core/query/samples.ts";
import { type Retention, keptFrom, plan } from "../../../core/query/plan.ts";
import type { LimitName, ReadError } from "../../../core/query/read-error.ts";
import type {
  SampleQuestion,
  SampleSource,
  SamplesFound,
  TakeSeries,
} from "../../../core/promql/source.ts";
import { TierSeries } from "../../../core/promql/tier-series.ts";
import {
  infoOf,
  infoOfUnknown,
  type KeptFrom,
  type Reading,
  readingsOf,
  usesRise,
  type Why,
} from "../../../core/promql/tiers.ts";
import { ok, type Result } from "../../../core/result.ts";
import { canonicalLabels } from "../../../core/series/labels.ts";
import { MINUTE, TIERS } from "../../../core/tiers.ts";

const NONE: SamplesFound = { infos: [], warnings: [] };

interface Settings {
  /** Unix ms; nothing is looked for later than points may be. */
  readonly now: number;
  /** Most samples that a minute keeps. */
  readonly samplesPerMinute: number;
  readonly retention: Retention;
}

/** What was read one way. */
interface Read {
  readonly selected: Selected;
  readonly infos: readonly string[];
  /** Whether there is any series. */
  readonly isAny: boolean;
  handOut(take: TakeSeries): void;
}

export function samplesOf(source: Source, settings: Settings): SampleSource {
  const { now, retention } = settings;
  const kept: KeptFrom = {
    minute: keptFrom("minute", now, retention),
    hour: keptFrom("hour", now, retention),
    day: keptFrom("day", now, retention),
  };
  return {
    async select(asked, take) {
      const question = { ...asked, to: Math.min(asked.to, now + LIMITS.aheadMs + MINUTE) };
      if (question.from >= question.to) return ok(NONE);
      const readings = readingsOf(asked, kept);
      let why: Why = { keptFrom: kept.minute };
      for (const [i, reading] of readings.entries()) {
        const isLast = i === readings.length - 1;
        const read = await readFrom(source, question, reading, settings);
        if (!read.ok) {
          if (isLast || !helpsCoarser(read.error)) return read;
          why = { limit: read.error.limit };
          continue;
        }
        const { selected, infos, isAny, handOut } = read.value;
        if (!isLast && selected.keptFrom > question.from) {
          why = selected;
          continue;
        }
        handOut(take);
        const info = infoOf(reading, question.use, why);
        return ok({
          infos: [...infos, ...(info !== undefined && isAny ? [info] : [])],
          warnings: warningsOf(question, reading, selected, isAny),
        });
      }
      throw new TypeError("no way to read a selection");
    },
  };
}

/** Limits that a coarser tier stays within. */
const HELPED: ReadonlySet<LimitName> = new Set([
  "bucketsPerQuery",
  "decodedPerQuery",
  "packedBytesPerQuery",
]);

const helpsCoarser = (error: ReadError): error is Extract<ReadError, { kind: "too_large" }> =>
  error.kind === "too_large" && HELPED.has(error.limit);

const readFrom = (
  source: Source,
  question: SampleQuestion,
  reading: Reading,
  settings: Settings,
): Promise<Result<Read, ReadError>> =>
  reading.tier === "minute"
    ? readSamples(source, question, settings)
    : readBuckets(source, question, reading, settings);

async function readSamples(
  source: Source,
  { matchers, from, to, use }: SampleQuestion,
  { samplesPerMinute }: Settings,
): Promise<Result<Read, ReadError>> {
  const found = new Samples({
    from,
    to,
    limit: samplesPerMinute,
    ofBuckets: "ends",
    labelsOf: ({ metric, labels }) => canonicalLabels([[METRIC_NAME, metric], ...labels]),
  });
  const selected = await source.minutes({ matchers, from, to }, (series, minutes, first, end) =>
    found.add(series, minutes, first, end),
  );
  if (!selected.ok) return selected;
  const { keptFrom, known } = selected.value;
  const groups = [...found.groups()];
  const infos: string[] = [];
  if (found.collapsed !== undefined)
    infos.push(
      "of minutes with more points than are kept one by one only the first and the last are read",
    );
  if (known && keptFrom > from && typeof use.by === "object")
    infos.push(infoOfUnknown(use.by.call, keptFrom));
  return ok({
    selected: selected.value,
    infos,
    isAny: found.size > 0,
    handOut: (take) => {
      for (const group of groups) take({ ...group, keptFrom });
    },
  });
}

async function readBuckets(
  source: Source,
  { matchers, from, to, use }: SampleQuestion,
  { tier }: Reading,
  { now, retention }: Settings,
): Promise<Result<Read, ReadError>> {
  // A bucket that ended before the range may be the one that is seen in it.
  const range = { from: from - 2 * TIERS[tier].step, to };
  const found = new TierSeries(plan(range, tier, now, retention), usesRise(use));
  let isAny = false;
  const selected = await source.select({ matchers, ...range, tier }, (series, rows, first, end) => {
    isAny = true;
    return found.add(series, rows, first, end);
  });
  if (!selected.ok) return selected;
  return ok({
    selected: selected.value,
    infos: [],
    isAny,
    handOut: (take) => {
      for (const series of found.series()) take(series);
    },
  });
}

/** What is missing. */
const warningsOf = (
  { from, use }: SampleQuestion,
  { tier }: Reading,
  { keptFrom, unreadable }: Selected,
  isAny: boolean,
): readonly string[] => [
  // A function that needs samples has no value where they are missing, and says so itself.
  ...(keptFrom > from && isAny && (tier !== "minute" || typeof use.by !== "object")
    ? [
        `points before ${new Date(keptFrom).toISOString()} are kept no longer by the ${tier}, and not read`,
      ]
    : []),
  ...(unreadable.length > 0
    ? [
        `${unreadable.length} parts of what is stored could not be read, the first: ${unreadable[0]!.message}`,
      ]
    : []),
];
