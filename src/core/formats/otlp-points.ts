// What data points of OTLP become, whether they came as protobuf or as JSON: which series they are of,
// and which points those get. Names stay as they are; series of a histogram and of a summary are named
// as Prometheus names them.

import * as LIMITS from "../limits.ts";
import { err, ok, type Result } from "../result.ts";
import { checkedKey, type FieldIssue } from "../series/checked-key.ts";
import type { FamilyType } from "./families.ts";
import type { Intake } from "./intake.ts";

type Pairs = readonly (readonly [string, string])[];

/** Where a data point came from. */
export interface Resource {
  /** `service.name`, behind `service.namespace/` when it has one. */
  readonly job: string | undefined;
  /** `service.instance.id`. */
  readonly instance: string | undefined;
}

/** Keys of the series of a data point, in the order of its numbers; or what is wrong with them. */
export type SeriesKeys = Result<readonly string[], FieldIssue>;

/** The resource that its attributes describe; an attribute that is not there is undefined. */
export function resourceOf(attribute: (name: string) => string | undefined): Resource {
  const name = attribute("service.name");
  const namespace = attribute("service.namespace") ?? "";
  return {
    job: name === undefined || namespace === "" ? name : `${namespace}/${name}`,
    instance: attribute("service.instance.id"),
  };
}

/**
 * Labels of a point: its attributes, and job and instance of its resource. An attribute whose name is
 * taken gets `exported_` in front, as Prometheus does it: nothing of either is lost.
 */
function labelsOf(attributes: Pairs, { job, instance }: Resource, also?: "le" | "quantile"): Pairs {
  const own: [string, string][] = [];
  if (job !== undefined) own.push(["job", job]);
  if (instance !== undefined) own.push(["instance", instance]);
  const taken = new Set([...own.map(([name]) => name), also]);
  return [
    ...attributes.map(
      ([name, value]) => [taken.has(name) ? `exported_${name}` : name, value] as const,
    ),
    ...own,
  ];
}

/** Of names and labels, in order; what is wrong with the first that is. */
function checkedKeys(series: Iterable<readonly [string, Pairs]>): SeriesKeys {
  const keys: string[] = [];
  let characters = 0;
  for (const [name, labels] of series) {
    const key = checkedKey(name, labels);
    if (!key.ok) return key;
    keys.push(key.value);
    characters += key.value.length;
    if (characters > LIMITS.keyCharactersPerRequest)
      return err({
        path: "labels",
        message: `its series have over ${LIMITS.keyCharactersPerRequest} characters of names and labels`,
      });
  }
  return ok(keys);
}

/** What a data point is made of: which series it has. */
export type Layout = "number" | "histogram" | "summary";

/**
 * Keys of the series of a data point. Of a number: itself. Of a histogram: count, sum, the bucket up to
 * +Inf, and one for each of its bounds, `parts`. Of a summary: count, sum, and one for each quantile.
 */
export const seriesKeys = (
  layout: Layout,
  metric: string,
  attributes: Pairs,
  resource: Resource,
  parts: readonly number[],
): SeriesKeys => checkedKeys(seriesOf(layout, metric, attributes, resource, parts));

function* seriesOf(
  layout: Layout,
  metric: string,
  attributes: Pairs,
  resource: Resource,
  parts: readonly number[],
): Generator<readonly [string, Pairs]> {
  if (layout === "number") {
    yield [metric, labelsOf(attributes, resource)];
    return;
  }
  const part = layout === "histogram" ? "le" : "quantile";
  const name = layout === "histogram" ? `${metric}_bucket` : metric;
  const labels = labelsOf(attributes, resource, part);
  yield [`${metric}_count`, labels];
  yield [`${metric}_sum`, labels];
  if (layout === "histogram") yield [name, [...labels, [part, "+Inf"]]];
  for (const one of parts) yield [name, [...labels, [part, String(one)]]];
}

/** AGGREGATION_TEMPORALITY_DELTA: values are those since the last one. */
export const DELTA = 1;

/** What a metric is, by the field in which its data points stand, and what that says of them. */
export function familyOf(
  kind: "gauge" | "sum" | "histogram" | "summary",
  temporality: number,
  isMonotonic: boolean,
): FamilyType {
  switch (kind) {
    case "gauge":
      return "gauge";
    case "sum":
      return isMonotonic && temporality !== DELTA ? "counter" : "gauge";
    case "histogram":
      return temporality === DELTA ? "deltas" : "histogram";
    case "summary":
      return "summary";
  }
}

/** What is wrong with the bounds of a histogram, or its buckets; undefined when nothing is. */
export function bucketsIssue(counts: number, bounds: readonly number[]): FieldIssue | undefined {
  // It may have neither, and is a count and a sum then.
  if (counts > 0 ? counts !== bounds.length + 1 : bounds.length > 0)
    return {
      path: "bucketCounts",
      message: `${counts} buckets and ${bounds.length} bounds: expected one bucket more`,
    };
  const odd = bounds.find(
    (bound, i) => !(bound > (bounds[i - 1] ?? -Infinity) && bound < Infinity),
  );
  return odd === undefined
    ? undefined
    : { path: "explicitBounds", message: `${odd} is not finite and above the one before` };
}

/** Flag of a data point: there is no value. */
export const NO_RECORDED_VALUE = 1;

/**
 * Takes the points of a data point: `values[i]` of the series `keys[i]`, undefined where it has none.
 * `index` is its position among all data points of the request; all of it is stored or nothing.
 */
export function takePoints(
  intake: Intake,
  index: number,
  keys: SeriesKeys,
  at: number,
  values: ArrayLike<number | undefined>,
): void {
  if (!keys.ok) {
    intake.issue(index, keys.error.path, keys.error.message);
    return;
  }
  const why = timeIssue(at) ?? valuesIssue(values);
  if (why !== undefined) {
    intake.issue(index, "", why);
    return;
  }
  for (let i = 0; i < keys.value.length; i++) {
    const value = values[i];
    if (value === undefined) continue;
    if (value !== value) intake.addNone();
    else intake.add(intake.keyed(keys.value[i]!), at, value, index);
  }
}

/**
 * Takes a data point that says there is no value: each of its series ended at `at`, as a receiver of
 * Prometheus' samples passes on what has gone. Bounds that it does not name keep their series.
 */
export function takeEnds(intake: Intake, index: number, keys: SeriesKeys, at: number): void {
  intake.addNone();
  if (!keys.ok) return;
  if (timeIssue(at) === undefined)
    for (const key of keys.value) intake.end(intake.keyed(key), at, index);
}

const timeIssue = (at: number): string | undefined =>
  at >= LIMITS.earliestAt && at <= LIMITS.latestAt
    ? undefined
    : `timeUnixNano: ${at} ms is no time between 2001 and 5138`;

function valuesIssue(values: ArrayLike<number | undefined>): string | undefined {
  for (let i = 0; i < values.length; i++)
    if (values[i] === Infinity || values[i] === -Infinity)
      return `expected a finite value, got ${values[i]}`;
  return undefined;
}
