// The schema of a body of points, for the API document. core/formats/native.ts decodes by hand, and a
// law holds it to this schema.

import { z } from "zod";
import * as LIMITS from "../../core/limits.ts";
import { METRIC_TYPES } from "../../core/metric-type.ts";
import { helpIssue, unitIssue } from "../../core/series/description.ts";
import { labelNameIssue, labelValueIssue } from "../../core/series/labels.ts";
import { issue, metricName } from "../http/fields.ts";

const finite = z.number();
const timestamp = z
  .union([z.number(), z.string()])
  .meta({ description: "A number in the unit of `precision`, or ISO 8601; absent: arrival" });
const labels = z
  .record(
    z.string().superRefine(issue(labelNameIssue)),
    z.string().max(LIMITS.labelValueLength).superRefine(issue(labelValueIssue)),
  )
  .refine((value) => Object.keys(value).length <= LIMITS.labelsPerPoint)
  .meta({ description: `At most ${LIMITS.labelsPerPoint}`, example: { host: "a" } });

/** What a point may say of its metric besides. */
const described = {
  type: z
    .enum(METRIC_TYPES)
    .optional()
    .meta({ description: "Of its metric, as unit and help: kept once, the last that was said" }),
  unit: z
    .string()
    .max(LIMITS.unitLength)
    .superRefine(issue(unitIssue))
    .optional()
    .meta({ description: "UCUM (By, s, ms, 1, %) or a word" }),
  help: z.string().max(LIMITS.helpLength).superRefine(issue(helpIssue)).optional(),
};

const oneOfLabelsAndTags = (item: { labels?: unknown; tags?: unknown }): boolean =>
  item.labels === undefined || item.tags === undefined;

const point = z
  .strictObject({
    name: metricName,
    value: finite,
    timestamp: timestamp.optional(),
    labels: labels.optional(),
    tags: labels.optional().meta({ description: "Another name of `labels`: give one of the two" }),
    ...described,
  })
  .refine(oneOfLabelsAndTags)
  .meta({
    id: "Point",
    // Without a time of its own: an example works whenever it is tried.
    example: { name: "cpu.load", value: 0.42, labels: { host: "a" } },
  });

const pointsOfSeries = z
  .strictObject({
    name: metricName,
    datapoints: z.array(z.tuple([timestamp, finite])),
    labels: labels.optional(),
    tags: labels.optional(),
    ...described,
  })
  .refine(oneOfLabelsAndTags)
  .meta({ id: "PointsOfSeries", description: "Many points of one series" });

const item = z.union([point, pointsOfSeries]);
export const pointsBody = z.union([item, z.array(item)]);
