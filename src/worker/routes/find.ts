// GET /api/v1/find: which metrics there are, by words of their names and labels.

import { z } from "zod";
import type { FindAnswer } from "../../core/api-find.ts";
import * as LIMITS from "../../core/limits.ts";
import { endpoint, exactly } from "../http/endpoint.ts";
import { findMetrics, ORDERS } from "../read/find-metrics.ts";
import { missingParts } from "./metrics.ts";

const findAnswer = exactly<FindAnswer>()(
  z
    .object({
      metrics: z.array(z.string()),
      labels: z.record(z.string(), z.record(z.string(), z.string())).exactOptional().meta({
        description:
          "By metric: labels of one of its series in which words were found that are not in its name",
      }),
      more: z
        .literal(true)
        .exactOptional()
        .meta({
          description: `There are more than ${LIMITS.seriesRowsPerQuery}, the most in one answer`,
        }),
      namesOnly: z
        .literal(true)
        .exactOptional()
        .meta({
          description: `Labels of a database were not looked through: it has more than ${LIMITS.seriesRowsPerQuery} series, whose order is then that of what was sent lately alone, or names and labels that take more room than is kept of all`,
        }),
      missing: missingParts,
    })
    .meta({ id: "FindAnswer" }),
);

export const find = endpoint({
  methods: ["GET"],
  path: "/api/v1/find",
  scope: "read",
  summary: "Names of metrics, by words of their names and labels",
  description:
    "Finds metrics of which one series has all the words, in any order, each in the name of the metric, the name of a label or its value; host=web: in both. Upper and lower case are the same, and letters with diacritics are as those without. When nothing is found, words of four letters and more may have a typing error, of eight and more two; words with digits none.",
  parameters: z.object({
    search: z
      .string()
      .max(LIMITS.nameLength)
      .default("")
      .meta({ description: "Words; none: all metrics", example: "cpu web-1" }),
    sort: z.enum(ORDERS).default("name").meta({
      description:
        "The order of those that are found equally well. activity: the minute of the last point, the latest first; value: the last value, the largest first, of several series their mean",
    }),
  }),
  answer: findAnswer,
  cached: true,
  errors: ["unavailable", "too_many_requests"],
  handle: async (asked, c) => await findMetrics(c.env, { ...asked, prefix: c.var.caller.prefix }),
});
