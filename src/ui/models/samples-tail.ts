// Samples with those that the live socket told since. Pure.

import type { RawAnswer, SeriesAnswer } from "../../core/api.ts";
import { columnsBy, columnsOf } from "../../core/query/answer.ts";
import type { MatcherParts } from "../../core/query/filter.ts";
import { labelsObject } from "../../core/series/labels.ts";
import { keyOf } from "../chart/data.ts";
import { placeFrom } from "../chart/gaps.ts";
import type { SampleParts } from "../chart/samples.ts";
import type { Live, Tail } from "./tail.ts";

/** What a tail knows of the minutes that start in [since, to). */
export const laterParts = (
  tail: Tail,
  filters: readonly MatcherParts[],
  since: number,
  to: number,
): SampleParts[] =>
  tail
    .passing(filters)
    .map((live) => partsOf(live, since, to))
    .filter(
      ({ samples, minutes }) => samples.t.length + samples.ends.length + minutes.t.length > 0,
    );

type LaterParts = SampleParts & {
  readonly samples: RawAnswer["series"][number] & { readonly ends: readonly number[] };
  readonly minutes: SeriesAnswer;
};

function partsOf(live: Live, since: number, to: number): LaterParts {
  const labels = labelsObject(live.labels);
  const t: number[] = [];
  const value: number[] = [];
  const bare: number[] = [];
  for (const start of [...live.rows.keys()].sort((a, b) => a - b)) {
    if (start < since || start >= to) continue;
    const samples = live.samples.get(start);
    if (samples === undefined) bare.push(live.rows.get(start)!);
    else
      for (let i = 0; i < samples.length; i += 2) {
        t.push(start + samples[i]!);
        value.push(samples[i + 1]!);
      }
  }
  const ends = [...live.ends.values()].filter((at) => at >= since && at < to);
  return {
    labels,
    samples: { labels, t, value, ends: ends.sort((a, b) => a - b) },
    minutes: { labels, ...columnsOf(live.buckets, bare) },
  };
}

/** Parts of all series, from `since` on those that are later. */
export function withLater(
  parts: readonly SampleParts[],
  later: readonly SampleParts[],
  since: number,
): SampleParts[] {
  const newer = new Map(later.map((one) => [keyOf(one.labels), one]));
  const joined = parts.map((one): SampleParts => {
    const key = keyOf(one.labels);
    const next = newer.get(key);
    newer.delete(key);
    const samples = samplesThen(one.samples, next?.samples, since);
    const minutes = minutesThen(one.minutes, next?.minutes, since);
    return { labels: one.labels, ...(samples && { samples }), ...(minutes && { minutes }) };
  });
  return [...joined, ...newer.values()];
}

function samplesThen(
  before: SampleParts["samples"],
  after: SampleParts["samples"],
  since: number,
): SampleParts["samples"] {
  if (before === undefined) return after;
  const end = placeFrom(before.t, since);
  return {
    labels: before.labels,
    t: [...before.t.slice(0, end), ...(after?.t ?? [])],
    value: [...before.value.slice(0, end), ...(after?.value ?? [])],
    ends: [...(before.ends ?? []).filter((at) => at < since), ...(after?.ends ?? [])],
  };
}

function minutesThen(
  before: SeriesAnswer | undefined,
  after: SeriesAnswer | undefined,
  since: number,
): SeriesAnswer | undefined {
  if (before === undefined) return after;
  const end = placeFrom(before.t, since);
  return {
    labels: before.labels,
    ...columnsBy((name) => [...before[name].slice(0, end), ...(after?.[name] ?? [])]),
  };
}
