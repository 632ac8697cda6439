// What a store has already of what an import brings: asked by the readers of all queries, so that heads, all
// databases and what is not rolled up count.

import type { Buckets } from "../../core/bucket.ts";
import { DAY, dayOf, HOUR, MINUTE, type TierName } from "../../core/tiers.ts";
import type { Labels } from "../../core/series/labels.ts";
import { seriesKey } from "../../core/series/labels.ts";
import { anyOf, type Matcher } from "../../core/query/matcher.ts";
import { METRIC_NAME, type Rows, type Series, type Source } from "../../core/query/source.ts";
import { orFail } from "../read/native.ts";

/** When the first and the last point of a bucket was, Unix ms. */
export interface Span {
  readonly firstAt: number;
  readonly lastAt: number;
}

/** What a series has at a tier, by starts. Of minutes, with their samples, spans are not looked at. */
type Starts = ReadonlyMap<number, Span>;

export interface Existing {
  /** Unix ms: what is before is kept at this tier no more, and not known here. */
  readonly from: number;
  starts(series: string): Starts;
  /** Of minutes: starts of hours of which the store knows none, and that are there as a whole. */
  wholes(series: string): ReadonlySet<number>;
}

const NONE: Starts = new Map();
const NO_HOURS: ReadonlySet<number> = new Set();
/** Of what cannot be told more of, anything may be there. */
const WHOLE: Span = { firstAt: -Infinity, lastAt: Infinity };

/** Nothing was asked, and nothing is needed. */
export const NOTHING: Existing = { from: 0, starts: () => NONE, wholes: () => NO_HOURS };

export interface Of {
  readonly metric: string;
  readonly labels: Labels;
  readonly day: number;
}

/** Values of one label that a question names at most. */
const MOST_VALUES = 1_000;

/** The series, and few others: the metrics, and of one alone the label that tells most of them apart. */
function matchersOf(series: readonly Of[]): readonly Matcher[] {
  const metrics = [...new Set(series.map(({ metric }) => metric))];
  const byMetric = anyOf(METRIC_NAME, metrics);
  if (metrics.length > 1) return [byMetric];
  const values = new Map<string, Set<string>>();
  for (const { labels } of series)
    for (const [name, value] of labels)
      values.set(name, (values.get(name) ?? new Set()).add(value));
  // Of a label that some do not have, those are found by the empty text.
  const all = new Set(series.map(({ labels }) => labels)).size;
  for (const [name, of] of values) {
    const have = new Set(
      series
        .filter(({ labels }) => labels.some(([one]) => one === name))
        .map(({ labels }) => labels),
    );
    if (have.size < all) of.add("");
  }
  const [best] = [...values].sort(([, a], [, b]) => b.size - a.size);
  return best === undefined || best[1].size > MOST_VALUES
    ? [byMetric]
    : [byMetric, anyOf(best[0], [...best[1]])];
}

const STEP = { minute: MINUTE, hour: HOUR, day: DAY } as const;

/** What is stored of series on some days. What cannot be read counts as there. @throws Failed */
export async function existing(
  source: Source,
  tier: TierName,
  series: readonly Of[],
): Promise<Existing> {
  if (series.length === 0) return NOTHING;
  const days = series.map(({ day }) => day);
  const range = {
    matchers: matchersOf(series),
    from: days.reduce((a, b) => Math.min(a, b)) * DAY,
    to: (days.reduce((a, b) => Math.max(a, b)) + 1) * DAY,
  };
  const step = STEP[tier];
  const found = new Map<string, Map<number, Span>>();
  const startsOf = (key: string): Map<number, Span> => {
    const before = found.get(key);
    if (before !== undefined) return before;
    const starts = new Map<number, Span>();
    found.set(key, starts);
    return starts;
  };
  const keys = new WeakMap<Series, Map<number, Span>>();
  const ofSeries = (one: Series): Map<number, Span> => {
    const starts = keys.get(one) ?? startsOf(seriesKey(one.metric, one.labels));
    keys.set(one, starts);
    return starts;
  };
  const bucketOf = (at: number): number => Math.floor(at / step) * step;
  const takeMinutes = (one: Series, { start }: Rows, first: number, end: number): undefined => {
    const starts = ofSeries(one);
    for (let row = first; row < end; row++) starts.set(bucketOf(start[row]!), WHOLE);
  };
  const take = (one: Series, rows: Buckets, first: number, end: number): undefined => {
    const starts = ofSeries(one);
    for (let row = first; row < end; row++) {
      const start = bucketOf(rows.start[row]!);
      const [firstAt, lastAt] = [rows.firstAt[row]!, rows.lastAt[row]!];
      const before = starts.get(start);
      if (before === undefined) starts.set(start, { firstAt, lastAt });
      else if (firstAt < before.firstAt || lastAt > before.lastAt)
        starts.set(start, {
          firstAt: Math.min(firstAt, before.firstAt),
          lastAt: Math.max(lastAt, before.lastAt),
        });
    }
  };
  const wholes = new Map<string, Set<number>>();
  const takeHour = ({ metric, labels }: Series, { start }: Rows): void => {
    const key = seriesKey(metric, labels);
    wholes.set(key, (wholes.get(key) ?? new Set()).add(start[0]!));
  };
  const { keptFrom, unreadable } = orFail(
    tier === "minute"
      ? await source.minutes(range, takeMinutes, { takeHour })
      : await source.select({ ...range, tier }, take),
  );
  for (const { metric, labels, from, to } of unreadable) {
    const starts = startsOf(seriesKey(metric, labels));
    for (let at = dayOf(from) * DAY; at < to; at += step) starts.set(at, WHOLE);
  }
  return {
    from: keptFrom,
    starts: (key) => found.get(key) ?? NONE,
    wholes: (key) => wholes.get(key) ?? NO_HOURS,
  };
}
