// The shapes of the answers of GET /api/v1/query, by which they are documented and checked.

import { z } from "zod";
import type { AcrossAnswer, PartAnswer, QueryAnswer, RawAnswer } from "../../core/api.ts";
import * as LIMITS from "../../core/limits.ts";
import { METRIC_TYPES } from "../../core/metric-type.ts";
import { ACROSS } from "../../core/query/across.ts";
import { byPercentile } from "../../core/percentiles.ts";
import { byStat, type Statistic } from "../../core/stats.ts";
import { exactly } from "../http/endpoint.ts";
import { unreadablePart } from "../http/fields.ts";
import { rawFields } from "./query-raw.ts";

const column = z.array(z.number());
const labelsOfSeries = z.record(z.string(), z.string());
const seriesFields = {
  labels: labelsOfSeries,
  t: column.meta({ description: "Starts of the buckets, Unix ms" }),
};
const statColumn = ({ title }: Statistic) => column.meta({ description: `The ${title} of each` });
/** What only some answers have. */
const moreColumns = {
  increase: column.exactOptional().meta({
    description:
      "Of a counter: how much its series rose in each bucket, the step from the last point before it included, so that all add up to what they rose over the range. A step down is a reset, after which a counter begins at 0",
  }),
  rate: z.array(z.number().nullable()).exactOptional().meta({
    description:
      "Of a counter: increase per second of the bucket's whole width, also of one that is still filling; null where each point is the first that is known of its series, which has nothing to rise from",
  }),
  ...byPercentile(({ name, title }) =>
    z
      .array(z.number().nullable())
      .exactOptional()
      .meta({
        description: `With stat=${name}: the ${title} of the samples of each, by linear interpolation between the two nearest; null where not all its samples are kept, as absent says`,
      }),
  ),
};
const seriesAnswer = z.object({ ...seriesFields, ...byStat(statColumn), ...moreColumns });
const seriesPart = z.object({
  ...seriesFields,
  ...byStat((statistic) => statColumn(statistic).exactOptional()),
  ...moreColumns,
});

const queryFields = z.object({
  metric: z.string(),
  type: z.enum(METRIC_TYPES).exactOptional().meta({
    description:
      "What kind of metric it is: as it was set, else as senders say. Where neither is: counter, when its name ends in _total, _count, .count or _bucket",
  }),
  unit: z.string().exactOptional().meta({ description: "As it was set, else as senders say" }),
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
  rest: z.object({ series: z.number(), t: column, min: column, max: column }).exactOptional().meta({
    description:
      "With rest=true, when series are cut: how many are not in the answer, and the smallest and largest of what they are in each bucket",
  }),
  keptFrom: z.number().meta({
    description:
      "From when this resolution is kept, Unix ms; 0 when nothing of it was ever deleted. Before it the answer is empty: ask for a coarser resolution",
  }),
  unreadable: z
    .array(unreadablePart)
    .exactOptional()
    .meta({
      description: `What is stored in the range and could not be read (corrupt, or written by a newer version), so that buckets may lack it: the first ${LIMITS.issuesListed}`,
    }),
  unreadableCount: z
    .number()
    .exactOptional()
    .meta({ description: "How many there are, when more than listed" }),
  absent: z
    .array(
      z.object({
        why: z.enum(["collapsed", "deleted", "unreadable"]),
        buckets: z.number(),
        from: z.number(),
        to: z.number(),
      }),
    )
    .exactOptional()
    .meta({
      description:
        "Why percentiles that were asked for are null: of how many buckets of all series, and from when to when. collapsed: a minute of theirs had more samples than are kept one by one (SAMPLES_PER_MINUTE); deleted: their minutes are past the retention of minutes; unreadable: see there",
    }),
  across: z
    .enum(ACROSS)
    .exactOptional()
    .meta({ description: "How series are combined, when they are" }),
});

export const queryAnswer = exactly<QueryAnswer>()(
  queryFields.extend({ series: z.array(seriesAnswer) }).meta({ id: "QueryAnswer" }),
);

export const partAnswer = exactly<PartAnswer>()(
  queryFields.extend({ series: z.array(seriesPart) }).meta({ id: "PartAnswer" }),
);

export const acrossAnswer = exactly<AcrossAnswer>()(
  queryFields
    .extend({
      series: z.array(
        z.object({
          labels: labelsOfSeries,
          t: column.meta({ description: "Starts of the buckets, Unix ms" }),
          avg: column.meta({ description: "The sum, average, smallest or largest of the series" }),
          series: column.meta({ description: "Of how many series it was made" }),
        }),
      ),
    })
    .meta({ id: "AcrossAnswer" }),
);

export const rawAnswer = exactly<RawAnswer>()(
  queryFields
    .extend({
      ...rawFields,
      resolution: z.literal("raw"),
      step: z.number().meta({ description: "0" }),
      series: z.array(
        z.object({
          labels: labelsOfSeries,
          t: column.meta({ description: "When each sample was taken, Unix ms" }),
          value: column,
          ends: column
            .exactOptional()
            .meta({ description: "When a sender said that the series ended, Unix ms" }),
        }),
      ),
    })
    .meta({ id: "RawAnswer" }),
);
