// The samples that PromQL reads, of the Source: those that minutes keep, and their end marks. Of a minute
// that keeps a bucket, since it had more, the first and the last point are read, and an answer says so.

import * as LIMITS from "../../../core/limits.ts";
import { METRIC_NAME, type Source } from "../../../core/query/source.ts";
import { Samples } from "../../../core/query/samples.ts";
import type { SampleSource, SamplesFound } from "../../../core/promql/source.ts";
import { ok } from "../../../core/result.ts";
import { canonicalLabels } from "../../../core/series/labels.ts";
import { MINUTE } from "../../../core/tiers.ts";

const NONE: SamplesFound = { infos: [], warnings: [] };

/**
 * `now`: Unix ms; nothing is looked for later than points may be. `limit`: most samples that a minute keeps.
 */
export const samplesOf = (source: Source, now: number, limit: number): SampleSource => ({
  async select({ matchers, from, to }, take) {
    const range = { from, to: Math.min(to, now + LIMITS.aheadMs + MINUTE) };
    if (range.from >= range.to) return ok(NONE);
    const found = new Samples({
      ...range,
      limit,
      ofBuckets: "ends",
      labelsOf: ({ metric, labels }) => canonicalLabels([[METRIC_NAME, metric], ...labels]),
    });
    const selected = await source.minutes({ matchers, ...range }, (series, minutes, first, end) =>
      found.add(series, minutes, first, end),
    );
    if (!selected.ok) return selected;
    for (const group of found.groups()) take(group);
    const { keptFrom, unreadable } = selected.value;
    return ok({
      infos:
        found.collapsed !== undefined
          ? [
              "of minutes with more points than are kept one by one only the first and the last are read",
            ]
          : [],
      warnings: [
        ...(keptFrom > from && found.size > 0
          ? [
              `points before ${new Date(keptFrom).toISOString()} are kept no longer by the minute, and not read`,
            ]
          : []),
        ...(unreadable.length > 0
          ? [
              `${unreadable.length} parts of what is stored could not be read, the first: ${unreadable[0]!.message}`,
            ]
          : []),
      ],
    });
  },
});
