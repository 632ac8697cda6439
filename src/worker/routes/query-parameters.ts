// What GET /api/v1/query may be asked.

import { z } from "zod";
import * as LIMITS from "../../core/limits.ts";
import { type MatcherParts, parseMatcher } from "../../core/query/filter.ts";
import { ACROSS } from "../../core/query/across.ts";
import { PERCENTILE_NAMES, STAT_NAMES } from "../../core/stats.ts";
import { metricName, time, whole } from "../http/fields.ts";

/** What an answer has of buckets, and may be ordered by. */
const ANSWERED = [...STAT_NAMES, "increase", "rate", ...PERCENTILE_NAMES] as const;

export const parameters = z.object({
  metric: metricName,
  from: time("-1h", "Start of the range, inclusive"),
  to: time("now", "End of the range, exclusive"),
  resolution: z
    .enum(["raw", "minute", "hour", "day", "auto"])
    .default("auto")
    .meta({
      description: `Width of the buckets; auto is the finest that gives at most ${LIMITS.autoBuckets} of them. raw: the samples, where minutes keep them`,
    }),
  where: z
    .array(
      z.string().transform((text, ctx): MatcherParts => {
        const parts = parseMatcher(text);
        if (parts.ok) return parts.value;
        ctx.addIssue({ code: "custom", message: parts.error });
        return z.NEVER;
      }),
    )
    .max(LIMITS.matchersPerQuery)
    .default([])
    .meta({
      description:
        'Only series that match: host=a, host!=a, host=~web.*, host!~web.* (anchored RE2). Names that hold = or !, and values that start with =, ~, a quote or a space, are written in double quotes, in which \\", \\\\ and \\n are escapes: dir="~alice"',
    }),
  by: z.array(z.string().min(1)).max(LIMITS.labelsPerPoint).default([]).meta({
    description: "A label to split by; * for each series apart; none: all merged into one",
  }),
  across: z
    .enum(["points", ...ACROSS])
    .default("points")
    .meta({
      description:
        "How the series of a group are one. points: all their points are merged. sum, avg, min, max: of the series' averages in each bucket, as avg, and series says of how many; one that has no point there counts with its latest average, for at most 5 minutes or 2.5 times the median of its own steps, whichever is longer; also one of which a sender said that it ended, which resolution=raw tells",
    }),
  stat: z.array(z.enum(ANSWERED)).max(ANSWERED.length).default([]).meta({
    description:
      "The columns that the answer has besides t: statistics, increase and rate of a counter, percentiles. None: all but percentiles; percentiles alone: these besides all others. A percentile is of all samples of the group in each bucket, by linear interpolation between the two nearest. Made of the samples that minutes keep; where these are not all there, null, and absent says why. They cost the reading of the range's minutes at every resolution. Not with across, nor of samples",
  }),
  limit: whole(100, LIMITS.seriesPerQuery).meta({ description: "Series in the answer" }),
  order: z.enum(ANSWERED).optional().meta({
    description:
      "The series with the largest of this statistic over the range (increase and rate of counters alone; a percentile, which is then in the answer as well, is of the buckets that have it) come first, and are those that limit keeps; without it limit keeps those with the largest count, and they come by labels",
  }),
  rest: z
    .enum(["true", "false"])
    .default("false")
    .transform((text) => text === "true")
    .meta({
      description:
        "With order, where limit cuts series: the last place goes to the one that reaches highest in any bucket, unless it is among the others anyway, and `rest` says what all that are cut lie between in each bucket: their smallest and largest value where order is a statistic between the two, else what order says. Not by percentiles",
    }),
  format: z.enum(["json", "csv"]).default("json").meta({
    description:
      "csv: one row a bucket; when series are cut, or a part could not be read, the header Minuet-Truncated or Minuet-Unreadable and a last line with # say so",
  }),
  csv: z.enum(["plain", "excel"]).default("plain").meta({
    description: "excel: texts that a spreadsheet would run as formulas get an apostrophe",
  }),
});

export type Asked = z.output<typeof parameters>;
