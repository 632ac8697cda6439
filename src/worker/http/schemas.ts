// The zod schemas of the native API: they check parameters and make the OpenAPI document. Bodies of
// points are decoded by core/native.ts, which a test holds to `pointsBody`.

import { z } from "zod";
import * as LIMITS from "../../core/limits.ts";
import { labelValueProblem, nameProblem } from "../../core/series/labels.ts";
import { parseMatcher } from "../../core/query/filter.ts";
import { compileMatcher, type Matcher } from "../../core/query/matcher.ts";
import { byStat } from "../../core/stats.ts";
import { parseTime, PRECISIONS } from "../../core/time.ts";
import { STATUS } from "./failure.ts";

/** A refinement by a function that says what is wrong with a text. */
const problem =
  (of: (text: string) => string | undefined) =>
  (text: string, ctx: z.RefinementCtx): void => {
    const message = of(text);
    if (message !== undefined) ctx.addIssue({ code: "custom", message });
  };

const metricName = z
  .string()
  .superRefine(problem(nameProblem))
  .meta({
    description: `1 to ${LIMITS.nameLength} characters of UTF-8 without control characters, ", { or }, or white space at an end`,
    example: "cpu.load",
  });

const time = (byDefault: string, what: string): z.ZodType<number, string | undefined> =>
  z
    .string()
    .default(byDefault)
    .transform((text, ctx) => {
      const at = parseTime(text, Date.now());
      if (at.ok) return at.value;
      ctx.addIssue({ code: "custom", message: at.error });
      return z.NEVER;
    })
    .meta({
      description: `${what}: Unix ms, ISO 8601, or relative (now, -6h, now-7d)`,
      example: byDefault,
    });

const whole = (byDefault: number, max: number): z.ZodDefault<z.ZodCoercedNumber> =>
  z.coerce.number().int().min(1).max(max).default(byDefault);

export const queryParameters = z.object({
  metric: metricName,
  from: time("-1h", "Start of the range, inclusive"),
  to: time("now", "End of the range, exclusive"),
  resolution: z
    .enum(["minute", "hour", "day", "auto"])
    .default("auto")
    .meta({
      description: `Width of the buckets; auto is the finest that gives at most ${LIMITS.autoBuckets} of them`,
    }),
  where: z
    .array(
      z.string().transform((text, ctx): Matcher => {
        const parts = parseMatcher(text);
        const matcher = parts.ok ? compileMatcher(parts.value) : parts;
        if (matcher.ok) return matcher.value;
        ctx.addIssue({ code: "custom", message: matcher.error });
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
  limit: whole(100, LIMITS.seriesPerQuery).meta({ description: "Series in the answer" }),
  format: z.enum(["json", "csv"]).default("json").meta({
    description:
      "csv: one row a bucket; when series are cut, the header Minuet-Truncated and a last line with # say so",
  }),
  csv: z.enum(["plain", "excel"]).default("plain").meta({
    description: "excel: texts that a spreadsheet would run as formulas get an apostrophe",
  }),
});

export const pointsParameters = z.object({
  precision: z.enum(PRECISIONS).default("ms").meta({ description: "Unit of numeric timestamps" }),
});

export const metricsParameters = z.object({
  search: z
    .string()
    .max(LIMITS.nameLength)
    .default("")
    .meta({ description: "Part of the name; a to z also find A to Z" }),
  limit: whole(100, LIMITS.metricsPerPage).meta({ description: "Metrics in the answer" }),
  cursor: z.string().max(400).optional().meta({ description: "`cursor` of the answer before" }),
  sparkline: z
    .enum(["true", "false"])
    .default("false")
    .transform((text) => text === "true")
    .meta({ description: "Adds `sparkline` to each metric: its last 60 minutes" }),
});

export const liveParameters = z.object({ metric: metricName });

export const noParameters = z.object({});

export const metricPath = z.object({ name: metricName });

const finite = z.number();
const timestamp = z
  .union([z.number(), z.string()])
  .meta({ description: "In the unit of `precision`, or a text as in `from`; absent: arrival" });
const labels = z
  .record(
    z.string().superRefine(problem(nameProblem)),
    z.string().max(LIMITS.labelValueLength).superRefine(problem(labelValueProblem)),
  )
  .refine((value) => Object.keys(value).length <= LIMITS.labelsPerPoint)
  .meta({ description: `At most ${LIMITS.labelsPerPoint}`, example: { host: "a" } });

const oneOfLabelsAndTags = (item: { labels?: unknown; tags?: unknown }): boolean =>
  item.labels === undefined || item.tags === undefined;

const point = z
  .strictObject({
    name: metricName,
    value: finite,
    timestamp: timestamp.optional(),
    labels: labels.optional(),
    tags: labels.optional().meta({ description: "Another name of `labels`: give one of the two" }),
  })
  .refine(oneOfLabelsAndTags)
  .meta({
    id: "Point",
    example: { name: "cpu.load", value: 0.42, timestamp: 1795420486645, labels: { host: "a" } },
  });

const pointsOfSeries = z
  .strictObject({
    name: metricName,
    datapoints: z.array(z.tuple([timestamp, finite])),
    labels: labels.optional(),
    tags: labels.optional(),
  })
  .refine(oneOfLabelsAndTags)
  .meta({ id: "PointsOfSeries", description: "Many points of one series" });

const item = z.union([point, pointsOfSeries]);
export const pointsBody = z.union([item, z.array(item)]);

const column = z.array(z.number());
const seriesAnswer = z.object({
  labels: z.record(z.string(), z.string()),
  t: column.meta({ description: "Starts of the buckets, Unix ms" }),
  ...byStat(({ title }) => column.meta({ description: `The ${title} of each` })),
});

export const queryAnswer = z
  .object({
    metric: z.string(),
    resolution: z.enum(["minute", "hour", "day"]),
    step: z.number().meta({ description: "Width of a bucket, ms" }),
    from: z.number(),
    to: z.number(),
    partialFrom: z
      .number()
      .optional()
      .meta({ description: "Buckets that start here or later may still be filling" }),
    truncated: z.literal(true).optional(),
    seriesTotal: z
      .number()
      .optional()
      .meta({ description: "How many series there are, when fewer are in the answer" }),
    series: z.array(seriesAnswer),
  })
  .meta({ id: "QueryAnswer" });

export const writeAnswer = z
  .object({ accepted: z.number(), duplicate: z.literal(true).optional() })
  .meta({ id: "WriteAnswer" });

const metricSummary = z.object({
  name: z.string(),
  series: z.number(),
  labelNames: z.array(z.string()),
  firstAt: z.number(),
  lastAt: z.number(),
  last: z.number(),
});

const listedMetric = metricSummary.extend({
  sparkline: z
    .array(z.number().nullable())
    .optional()
    .meta({
      description: `With sparkline=true: the average of each of the last 60 minutes, all series merged, oldest first; the last one is still filling; null where there is no point. One answer reads up to ${LIMITS.sparklineSeries} series for them, in the order of the list; a metric for which there is no room has none`,
    }),
});

export const metricsAnswer = z
  .object({
    metrics: z.array(listedMetric),
    sparklineFrom: z
      .number()
      .optional()
      .meta({ description: "Start of the first minute of every `sparkline`, Unix ms" }),
    cursor: z.string().optional(),
  })
  .meta({ id: "MetricsAnswer" });

export const metricAnswer = metricSummary
  .extend({
    labels: z.array(
      z.object({
        name: z.string(),
        distinct: z.number(),
        values: z.array(z.object({ value: z.string(), series: z.number() })),
      }),
    ),
  })
  .meta({ id: "MetricAnswer" });

export const removedAnswer = z
  .object({ removed: z.string(), series: z.number() })
  .meta({ id: "RemovedAnswer" });

export const statusAnswer = z
  .object({
    version: z.string(),
    now: z.number(),
    shards: z.array(
      z.object({
        shard: z.number(),
        series: z.number(),
        unflushedBuckets: z.number(),
        unflushedBytes: z.number(),
        lastFlushAt: z.number().nullable(),
        lagMs: z.number().meta({ description: "Age of the oldest point that D1 does not hold" }),
        error: z.string().optional(),
      }),
    ),
    d1: z
      .object({
        sizeBytes: z.number().nullable(),
        dirtyDays: z.number().nullable(),
        error: z.string().optional(),
      })
      .meta({ description: "Null, with an error, when D1 does not answer" }),
    today: z
      .object({
        d1RowsWritten: z.number(),
        d1RowsRead: z.number(),
        shardRowsWritten: z.number(),
        shardRequests: z.number().meta({ description: "Calls, sockets and alarms" }),
      })
      .meta({ description: "Rows since midnight UTC, as the platform counted them, and requests" }),
  })
  .meta({ id: "StatusAnswer" });

const failure = z.object({
  code: z.enum(Object.keys(STATUS)),
  message: z.string(),
  nearest: z
    .array(z.string())
    .optional()
    .meta({ description: "Of an unknown metric: the names that look most like it" }),
  issues: z
    .array(z.object({ index: z.number().optional(), path: z.string(), message: z.string() }))
    .optional()
    .meta({ description: `The first ${LIMITS.issuesListed}` }),
  issueCount: z
    .number()
    .optional()
    .meta({ description: "How many there were, when more than listed" }),
});

export const errorAnswer = z.object({ error: failure }).meta({ id: "ErrorAnswer" });

/** The answer to a write of which a part was over a limit; the rest is stored. */
export const partlyAnswer = z
  .object({
    accepted: z.number(),
    duplicate: z.literal(true).optional(),
    rejected: z
      .array(
        z.object({
          index: z.number(),
          code: z.enum(["too_far_ahead", "too_old", "too_many_series"]),
          message: z.string(),
        }),
      )
      .meta({ description: `The first ${LIMITS.issuesListed}` }),
    rejectedCount: z.number(),
    error: failure,
  })
  .meta({ id: "PartlyAnswer" });
