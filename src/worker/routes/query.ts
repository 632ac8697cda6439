// GET /api/v1/query: the buckets of one metric.

import { z } from "zod";
import type { QueryAnswer } from "../../core/api.ts";
import { cutOf, toCsv } from "../../core/query/csv.ts";
import * as LIMITS from "../../core/limits.ts";
import { parseMatcher } from "../../core/query/filter.ts";
import { compileMatcher, type Matcher } from "../../core/query/matcher.ts";
import { plan } from "../../core/query/plan.ts";
import { byStat, STAT_NAMES } from "../../core/stats.ts";
import { configOf, type Env } from "../env.ts";
import { endpoint, exactly } from "../http/endpoint.ts";
import { withEtag } from "../http/etag.ts";
import { fail } from "../http/failure.ts";
import { metricName, time, whole } from "../http/fields.ts";
import { describeMetric, failUnknown } from "../read/metrics.ts";
import { read } from "../read/reader.ts";

const parameters = z.object({
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
  order: z.enum(STAT_NAMES).optional().meta({
    description:
      "The series with the largest of this statistic over the range come first, and are those that limit keeps; without it limit keeps those with the largest count, and they come by labels",
  }),
  format: z.enum(["json", "csv"]).default("json").meta({
    description:
      "csv: one row a bucket; when series are cut, the header Minuet-Truncated and a last line with # say so",
  }),
  csv: z.enum(["plain", "excel"]).default("plain").meta({
    description: "excel: texts that a spreadsheet would run as formulas get an apostrophe",
  }),
});

const column = z.array(z.number());
const seriesAnswer = z.object({
  labels: z.record(z.string(), z.string()),
  t: column.meta({ description: "Starts of the buckets, Unix ms" }),
  ...byStat(({ title }) => column.meta({ description: `The ${title} of each` })),
});

export const queryAnswer = exactly<QueryAnswer>()(
  z
    .object({
      metric: z.string(),
      resolution: z.enum(["minute", "hour", "day"]),
      step: z.number().meta({ description: "Width of a bucket, ms" }),
      from: z.number(),
      to: z.number(),
      partialFrom: z
        .number()
        .exactOptional()
        .meta({ description: "Buckets that start here or later may still be filling" }),
      truncated: z.literal(true).exactOptional(),
      seriesTotal: z
        .number()
        .exactOptional()
        .meta({ description: "How many series there are, when fewer are in the answer" }),
      series: z.array(seriesAnswer),
    })
    .meta({ id: "QueryAnswer" }),
);

export const query = endpoint({
  methods: ["GET"],
  path: "/api/v1/query",
  scope: "read",
  summary: "The buckets of one metric",
  description: "Times out are starts of buckets, Unix ms. Only buckets with points appear.",
  parameters,
  answer: queryAnswer,
  alsoAs: ["text/csv"],
  cached: true,
  errors: ["unknown_metric", "query_too_large", "unavailable", "too_many_requests"],
  async handle(asked, c) {
    const answer = await answerOf(c.env, asked, Date.now());
    return asked.format === "csv"
      ? withEtag(
          c.req.raw,
          toCsv(answer, asked.csv),
          "text/csv; charset=utf-8; header=present",
          cutOf(answer) === undefined ? {} : { "minuet-truncated": cutOf(answer)! },
        )
      : answer;
  },
});

async function answerOf(
  env: Env,
  asked: z.output<typeof parameters>,
  now: number,
): Promise<QueryAnswer> {
  const { metric, from, to } = asked;
  const problem =
    from >= to
      ? "from must be before to"
      : to - from > LIMITS.rangeMs
        ? "the range is over 50 years, the limit"
        : undefined;
  if (problem !== undefined)
    fail({
      kind: "invalid_parameter",
      message: `${problem}: from is ${new Date(from).toISOString()}, to ${new Date(to).toISOString()}`,
      issues: [{ path: "from", message: problem }],
    });
  const planned = plan({ from, to }, asked.resolution, now, configOf(env).retention);
  const by = asked.by.includes("*") ? "*" : asked.by;
  const { merge, known } = await read(env, { metric, matchers: asked.where, plan: planned, by });
  const { series, total } = merge.finish(asked.limit, asked.order);
  // With `where`, D1 was asked only for series that match.
  if (!known && (asked.where.length === 0 || (await describeMetric(env, metric)) === undefined))
    await failUnknown(env, metric);
  const partialFrom = Math.floor(now / planned.step) * planned.step;
  return {
    metric,
    resolution: planned.tier,
    step: planned.step,
    from: planned.from,
    to: planned.to,
    ...(planned.to > partialFrom && { partialFrom: Math.max(partialFrom, planned.from) }),
    ...(total > series.length && { truncated: true, seriesTotal: total }),
    series,
  };
}
