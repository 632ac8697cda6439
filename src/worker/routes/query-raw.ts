// resolution=raw of GET /api/v1/query: the samples of one metric, where minutes keep them.

import { z } from "zod";
import type { RawAnswer } from "../../core/api.ts";
import type { LazySeries } from "../../core/query/answer-text.ts";
import { groupLabels, type GroupBy } from "../../core/query/merge.ts";
import type { Matcher } from "../../core/query/matcher.ts";
import type { Unreadable } from "../../core/query/read-error.ts";
import { Samples } from "../../core/query/samples.ts";
import type { Source } from "../../core/query/source.ts";
import type { Description } from "../../core/series/description.ts";
import { labelsJson } from "../../core/series/labels.ts";
import { inParts } from "../read/in-parts.ts";
import { orFail } from "../read/native.ts";
import type { Share } from "../room.ts";
import { Turns } from "../turns.ts";

/** What an answer of samples has besides that of buckets. */
export const rawFields = {
  collapsed: z
    .object({ minutes: z.number(), from: z.number(), to: z.number() })
    .exactOptional()
    .meta({
      description:
        "Minutes that keep no samples, since they had more than SAMPLES_PER_MINUTE: how many, of each series, and from when to when. Ask for them by the minute",
    }),
};

export interface AskedRaw {
  readonly matchers: readonly Matcher[];
  /** [from, to), Unix ms. */
  readonly from: number;
  readonly to: number;
  readonly by: GroupBy;
  readonly limit: number;
  readonly samplesPerMinute: number;
  /** Where what is gathered is counted. */
  readonly share: Share;
}

export interface RawFound {
  readonly known: boolean;
  /** Undefined: nothing is known of the metric besides. */
  readonly description: Description | undefined;
  readonly unreadable: readonly Unreadable[];
  /** What the head of the answer has of it. */
  readonly head: Pick<RawAnswer, "keptFrom" | "collapsed" | "truncated" | "seriesTotal">;
  readonly series: readonly LazySeries[];
}

/** @throws Failed */
export async function readRaw(source: Source, asked: AskedRaw): Promise<RawFound> {
  const { matchers, from, to, by, limit } = asked;
  const found = new Samples({
    from,
    to,
    limit: asked.samplesPerMinute,
    ofBuckets: "nothing",
    labelsOf: ({ labels }) => groupLabels(labels, by),
  });
  const held = asked.share.part();
  const { known, keptFrom, unreadable, description } = orFail(
    await source.minutes({ matchers, from, to }, (series, minutes, first, end) => {
      const over = found.add(series, minutes, first, end);
      held(found.bytes);
      return over;
    }),
  );
  const parts = found.groupsInParts(true);
  const groups = orFail(await inParts(parts, new Turns(), asked.share, () => held(found.bytes)));
  const all = groups
    .map((group) => ({ key: labelsJson(group.labels), group }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ group }) => group);
  // The same order as of buckets: the largest by count, by labels.
  const kept = new Set(all.toSorted((a, b) => b.times.length - a.times.length).slice(0, limit));
  const series = all.filter((group) => kept.has(group));
  const { collapsed } = found;
  return {
    known,
    description,
    unreadable,
    head: {
      keptFrom,
      ...(collapsed !== undefined && { collapsed }),
      ...(all.length > series.length && { truncated: true, seriesTotal: all.length }),
    },
    series: series.map(({ labels, times, values, ends }) => ({
      labels,
      columns: () => ({
        t: Array.from(times),
        value: Array.from(values),
        ...(ends.length > 0 && { ends: Array.from(ends) }),
      }),
    })),
  };
}
