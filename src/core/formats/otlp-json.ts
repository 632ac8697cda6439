// ExportMetricsServiceRequest of OTLP as JSON: keys in lowerCamelCase, enumerations as integers, integers
// of 64 bits as texts or numbers, and keys that are not known say nothing.

import * as LIMITS from "../limits.ts";
import { err, ok } from "../result.ts";
import type { FieldIssue } from "../series/checked-key.ts";
import { type Decoding, tooMany } from "./format.ts";
import { describeFamily, type FamilyType, textsSaid } from "./families.ts";
import type { Intake } from "./intake.ts";
import { described, isObject } from "./json.ts";
import { bodyInParts } from "./json-parts.ts";
import { powersOfTwo, type Side } from "./otlp-exponential.ts";
import { attributesOf, type Json, Numbers, object, objects } from "./otlp-json-values.ts";
import {
  bucketsIssue,
  familyOf,
  type Layout,
  NO_RECORDED_VALUE,
  type Resource,
  resourceOf,
  seriesKeys,
  takeEnds,
  takePoints,
} from "./otlp-points.ts";
import { Part, SLOW } from "./part.ts";

export function* decodeOtlpJson(bytes: Uint8Array, intake: Intake): Decoding {
  const parsed = yield* bodyInParts(bytes, LIMITS.otlpDepth);
  if (!parsed.ok) return parsed;
  const { value } = parsed.value;
  if (!isObject(value))
    return err({ code: "invalid_body", message: `expected an object, got ${described(value)}` });
  const part = new Part(intake, SLOW);
  let index = 0;
  for (const { resource: of, scopeMetrics } of objects(value.resourceMetrics)) {
    const resource = resourceIn(object(of));
    for (const { metrics } of objects(scopeMetrics))
      for (const metric of objects(metrics)) {
        for (const [kind, layout, family] of KINDS) {
          const data = object(metric[kind]);
          for (const point of objects(data.dataPoints)) {
            const read = READERS[kind](point);
            if (intake.length + read.values.length > LIMITS.pointsPerRequest)
              return err(tooMany(intake));
            take(intake, index++, metric, resource, layout, point, read);
            if (intake.isFull) return err(tooMany(intake));
            if (part.isOver()) yield part.end();
          }
          if (isObject(metric[kind])) describe(intake, metric, familyIn(data, family));
        }
        if (part.isOver()) yield part.end();
      }
    if (part.isOver()) yield part.end();
  }
  return ok(undefined);
}

const familyIn = (data: Json, family: Parameters<typeof familyOf>[0]): FamilyType =>
  familyOf(family, new Numbers(data).of("aggregationTemporality"), data.isMonotonic === true);

function describe(intake: Intake, { name, description, unit }: Json, type: FamilyType): void {
  const text = (value: unknown): string | undefined =>
    typeof value === "string" ? value : undefined;
  describeFamily(intake, text(name) ?? "", { type, ...textsSaid(text(unit), text(description)) });
}

const KINDS = [
  ["gauge", "number", "gauge"],
  ["sum", "number", "sum"],
  ["histogram", "histogram", "histogram"],
  ["exponentialHistogram", "histogram", "histogram"],
  ["summary", "summary", "summary"],
] as const satisfies readonly (readonly [string, Layout, Parameters<typeof familyOf>[0]])[];

function resourceIn({ attributes: list }: Json): Resource {
  const attributes = attributesOf(list);
  const known = new Map(attributes.ok ? attributes.value : []);
  return resourceOf((name) => known.get(name));
}

/** Of a data point: values of its series, in the order of their keys, and bounds or quantiles. */
interface Read {
  readonly values: readonly (number | undefined)[];
  readonly parts: readonly number[];
  readonly issue: FieldIssue | undefined;
}

function take(
  intake: Intake,
  index: number,
  { name }: Json,
  resource: Resource,
  layout: Layout,
  point: Json,
  { values, parts, issue }: Read,
): void {
  const numbers = new Numbers(point);
  const flags = numbers.of("flags");
  const at = numbers.ms("timeUnixNano");
  const hasNoValue = (flags & NO_RECORDED_VALUE) !== 0;
  const attributes = attributesOf(point.attributes);
  const wrong =
    numbers.issue ??
    (hasNoValue ? undefined : issue) ??
    (typeof name === "string" ? undefined : { path: "name", message: "is missing" }) ??
    (attributes.ok ? undefined : attributes.error);
  if (wrong !== undefined) intake.issue(index, wrong.path, wrong.message);
  else if (attributes.ok) {
    const keys = seriesKeys(layout, String(name), attributes.value, resource, parts);
    const when = at === 0 ? intake.arrival() : at;
    if (hasNoValue) takeEnds(intake, index, keys, when);
    else takePoints(intake, index, keys, when, values);
  }
}

function readNumber(point: Json): Read {
  const numbers = new Numbers(point);
  const value = numbers.optional("asDouble") ?? numbers.optional("asInt");
  const missing = value === undefined ? { path: "value", message: "is missing" } : undefined;
  return { values: [value], parts: [], issue: numbers.issue ?? missing };
}

function readHistogram(point: Json): Read {
  const numbers = new Numbers(point);
  const bounds = numbers.list("explicitBounds");
  const counts = numbers.list("bucketCounts");
  const count = numbers.of("count");
  const values = [count, numbers.optional("sum"), count];
  for (let i = 0, sum = 0; i < bounds.length; i++) values.push((sum += counts[i] ?? 0));
  return { values, parts: bounds, issue: numbers.issue ?? bucketsIssue(counts.length, bounds) };
}

function readExponential(point: Json): Read {
  const numbers = new Numbers(point);
  const sides = [point.positive, point.negative].map((side) => new Numbers(object(side)));
  const [positive, negative] = sides.map((side): Side => ({
    offset: side.of("offset"),
    counts: side.list("bucketCounts"),
  }));
  const buckets = powersOfTwo({
    scale: numbers.of("scale"),
    zeroCount: numbers.of("zeroCount"),
    zeroThreshold: numbers.of("zeroThreshold"),
    positive: positive!,
    negative: negative!,
  });
  const count = numbers.of("count");
  const sum = numbers.optional("sum");
  const issue = numbers.issue ?? sides[0]!.issue ?? sides[1]!.issue;
  return buckets.ok
    ? {
        values: [count, sum, count, ...buckets.value.cumulative],
        parts: buckets.value.bounds,
        issue,
      }
    : {
        values: [],
        parts: [],
        issue: issue ?? { path: "exponentialHistogram", message: buckets.error },
      };
}

function readSummary(point: Json): Read {
  const numbers = new Numbers(point);
  const quantiles = objects(point.quantileValues).map((one) => new Numbers(one));
  const parts = quantiles.map((one) => one.of("quantile"));
  const values = [
    numbers.of("count"),
    numbers.of("sum"),
    ...quantiles.map((one) => one.of("value")),
  ];
  const issue = numbers.issue ?? quantiles.find((one) => one.issue !== undefined)?.issue;
  return { values, parts, issue };
}

const READERS = {
  gauge: readNumber,
  sum: readNumber,
  histogram: readHistogram,
  exponentialHistogram: readExponential,
  summary: readSummary,
} as const satisfies Record<(typeof KINDS)[number][0], (point: Json) => Read>;
