// GET /api/v1/metrics: the list.

import { z } from "zod";
import type { MetricsAnswer } from "../../core/api.ts";
import * as LIMITS from "../../core/limits.ts";
import { METRIC_TYPES } from "../../core/metric-type.ts";
import { endpoint, exactly } from "../http/endpoint.ts";
import { metricName, whole } from "../http/fields.ts";
import { listMetrics } from "../read/catalogue.ts";
import { withSparklines } from "../read/sparklines.ts";

export const metricSummary = z.object({
  name: z.string(),
  series: z.number(),
  labelNames: z.array(z.string()),
  firstAt: z.number(),
  lastAt: z.number(),
  last: z.number(),
  type: z
    .enum(METRIC_TYPES)
    .exactOptional()
    .meta({ description: "As it was set, else as senders say, else as the name does" }),
  unit: z.string().exactOptional(),
  help: z.string().exactOptional(),
});

const listedMetric = metricSummary.extend({
  sparkline: z
    .array(z.number().nullable())
    .exactOptional()
    .meta({
      description: `With sparkline=true: the average of each of the last 60 minutes, all series merged, oldest first; the last one is still filling; null where there is no point. One answer reads up to ${LIMITS.sparklineSeries} series for them, in the order of the list; a metric for which there is no room has none`,
    }),
});

export const missingParts = z
  .array(
    z.union([
      z.object({ shard: z.number(), message: z.string() }),
      z.object({ database: z.string(), message: z.string() }),
    ]),
  )
  .exactOptional()
  .meta({
    description:
      "Shards and databases that did not answer: what only they know is not in this answer",
  });

export const metricsAnswer = exactly<MetricsAnswer>()(
  z
    .object({
      metrics: z.array(listedMetric),
      sparklineFrom: z
        .number()
        .exactOptional()
        .meta({ description: "Start of the first minute of every `sparkline`, Unix ms" }),
      cursor: z.string().exactOptional(),
      missing: missingParts,
    })
    .meta({ id: "MetricsAnswer" }),
);

export const metrics = endpoint({
  methods: ["GET"],
  path: "/api/v1/metrics",
  scope: "read",
  summary: "The metrics, by name",
  parameters: z.object({
    search: z
      .string()
      .max(LIMITS.nameLength)
      .default("")
      .meta({ description: "Part of the name; a to z also find A to Z" }),
    name: z
      .array(metricName)
      .max(LIMITS.metricsPerPage)
      .default([])
      .meta({ description: "Only these metrics, of which those that are there are listed" }),
    limit: whole(100, LIMITS.metricsPerPage).meta({ description: "Metrics in the answer" }),
    cursor: z
      .string()
      .max(LIMITS.nameLength)
      .optional()
      .meta({ description: "`cursor` of the answer before" }),
    sparkline: z
      .enum(["true", "false"])
      .default("false")
      .transform((text) => text === "true")
      .meta({ description: "Adds `sparkline` to each metric: its last 60 minutes" }),
  }),
  answer: metricsAnswer,
  cached: true,
  errors: ["unavailable", "too_many_requests"],
  async handle(asked, c) {
    const { prefix } = c.var.caller;
    const after = asked.cursor ?? "";
    const { name: names, ...rest } = asked;
    const query = { ...rest, prefix, after, ...(names.length > 0 && { names }) };
    const { answer, isMissing } = await listMetrics(c.env, query);
    if (!asked.sparkline) return answer;
    // Without its shard a metric has no sparkline: half of one would be shown as the whole.
    const whole = answer.metrics.filter(({ name }) => !isMissing(name));
    const lines = await withSparklines(c.env, { ...answer, metrics: whole }, Date.now());
    const byName = new Map(lines.metrics.map((metric) => [metric.name, metric]));
    return { ...lines, metrics: answer.metrics.map((metric) => byName.get(metric.name) ?? metric) };
  },
});
