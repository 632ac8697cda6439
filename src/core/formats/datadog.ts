// Series as Datadog's clients send them, versions 1 and 2. Tags become labels: one without a colon gets
// the value "true", and the values of one that is given several times are joined by commas.

import { z } from "zod";
import { err, ok, type Result } from "../result.ts";
import { timestampToMs } from "../time.ts";
import { type Answer, type Carrier, type Decoding, format, tooMany } from "./format.ts";
import type { Intake } from "./intake.ts";
import { described, isArray, isFinite, isObject, valueIssue } from "./json.ts";
import { itemsInParts } from "./json-items.ts";
import type { Outcome } from "./outcome.ts";
import { Part, SLOW } from "./part.ts";
import { said } from "./said.ts";

const datadog = {
  methods: ["POST"],
  // Not protobuf, which agents of version 7 send unless use_v2_api.series is false.
  types: ["application/json", "text/json", "text/plain", "", "application/x-www-form-urlencoded"],
  parameters: z.looseObject({}),
  token: datadogToken,
  sendsAgain: true,
  badItem: "skip",
} as const;

export const datadog1 = format({
  ...datadog,
  name: "Datadog series",
  summary: "Series of Datadog, version 1: points are `[seconds, value]`",
  paths: ["/api/v1/series"],
  decode: (bytes, _, intake) => decodeDatadog(bytes, pairPoint, intake),
  render: (outcome) => render(outcome, { status: "ok" }),
});

export const datadog2 = format({
  ...datadog,
  name: "Datadog series 2",
  summary:
    "Series of Datadog, version 2: points are objects with `timestamp`, in seconds, and `value`",
  paths: ["/api/v2/series"],
  decode: (bytes, _, intake) => decodeDatadog(bytes, objectPoint, intake),
  render: (outcome) => render(outcome, { errors: [] }),
});

/** The key of the API, in a header or, of old clients, in the address. */
export function datadogToken({ header, parameter }: Carrier): string | undefined {
  const key = header("dd-api-key");
  if (key !== null) return key;
  return header("authorization") === null ? (parameter("api_key") ?? undefined) : undefined;
}

/** Time and value of a point; undefined when it has not the shape of one. */
type PointOf = (point: unknown) => readonly [timestamp: unknown, value: unknown] | undefined;

const pairPoint: PointOf = (point) =>
  isArray(point) && point.length === 2 ? [point[0], point[1]] : undefined;

const objectPoint: PointOf = (point) =>
  isObject(point) ? [point.timestamp, point.value] : undefined;

function* decodeDatadog(bytes: Uint8Array, pointOf: PointOf, intake: Intake): Decoding {
  const part = new Part(intake, SLOW);
  let i = 0;
  const read = yield* itemsInParts(bytes, "series", function* (series) {
    for (const item of series) {
      const why = readSeries(item, i, pointOf, intake);
      if (why !== undefined) intake.issue(i, `series[${i}]`, why);
      if (intake.isFull) return tooMany(intake);
      if (part.isOver()) yield part.end();
      i++;
    }
    return undefined;
  });
  if (!read.ok) return read;
  if (read.value) return ok(undefined);
  return err({ code: "invalid_body", message: "expected an object with `series`, an array" });
}

/** Takes the points of a series; what is wrong with all of it, or undefined. */
function readSeries(
  item: unknown,
  index: number,
  pointOf: PointOf,
  intake: Intake,
): string | undefined {
  if (!isObject(item)) return `expected an object, got ${described(item)}`;
  const { metric, points } = item;
  if (typeof metric !== "string") return `metric: expected a text, got ${described(metric)}`;
  if (!isArray(points)) return `points: expected an array, got ${described(points)}`;
  const labels = labelsOf(item);
  if (!labels.ok) return labels.error;
  const series = intake.series(metric, labels.value);
  if (!series.ok) return `${series.error.path}: ${series.error.message}`;
  describe(item, metric, intake);
  for (let i = 0; i < points.length; i++) {
    const path = `series[${index}].points[${i}]`;
    const point = pointOf(points[i]);
    if (point === undefined) {
      intake.issue(index, path, `expected a point, got ${described(points[i])}`, "part");
      continue;
    }
    const [timestamp, value] = point;
    const at = typeof timestamp === "number" ? timestampToMs(timestamp, "s") : undefined;
    if (!isFinite(value)) intake.issue(index, path, `value ${valueIssue(value)}`, "part");
    else if (at === undefined)
      intake.issue(index, path, `expected seconds, got ${described(timestamp)}`, "part");
    else if (!at.ok) intake.issue(index, path, at.error, "part");
    else intake.add(series.value, at.value, value, index);
    if (intake.isFull) return undefined;
  }
  return undefined;
}

/** Types, as version 1 writes and version 2 numbers them. */
const COUNTS: ReadonlySet<unknown> = new Set(["count", 1]);
const RATES: ReadonlySet<unknown> = new Set(["rate", 2]);
const GAUGES: ReadonlySet<unknown> = new Set(["gauge", 3]);

/** A count is of the interval before it, and a rate of a second of that: each value stands for itself. */
function describe(
  { type, unit }: Readonly<Record<string, unknown>>,
  metric: string,
  intake: Intake,
): void {
  const isKnown = COUNTS.has(type) || RATES.has(type) || GAUGES.has(type);
  const word = typeof unit === "string" ? unit : "";
  intake.describe(metric, {
    ...(isKnown && { type: "gauge" }),
    ...(word !== "" && { unit: RATES.has(type) ? `${word}/s` : word }),
  });
}

/** Labels of its tags, resources, host and device. */
function labelsOf(item: Readonly<Record<string, unknown>>): Result<[string, string][], string> {
  const labels: [string, string][] = [];
  const add = (name: string, value: string): void => {
    labels.push([name, value]);
  };
  const { tags = null, resources = null } = item;
  for (const key of ["host", "device"]) {
    const value = item[key] ?? "";
    if (typeof value !== "string") return err(`${key}: expected a text, got ${described(value)}`);
    if (value !== "") add(key, value);
  }
  if (resources !== null && !isArray(resources))
    return err(`resources: expected an array, got ${described(resources)}`);
  for (const one of resources ?? []) {
    if (!isObject(one) || typeof one.type !== "string" || typeof one.name !== "string")
      return err(`resources: expected objects with type and name, got ${described(one)}`);
    add(one.type, one.name);
  }
  if (tags !== null && !isArray(tags))
    return err(`tags: expected an array, got ${described(tags)}`);
  for (const tag of tags ?? []) {
    if (typeof tag !== "string") return err(`tags: expected texts, got ${described(tag)}`);
    const colon = tag.indexOf(":");
    if (colon >= 0) add(tag.slice(0, colon), tag.slice(colon + 1));
    else if (tag !== "") add(tag, "true");
  }
  return ok(joined(labels));
}

/** Each name once, with all its values. */
function joined(labels: [string, string][]): [string, string][] {
  const values = new Map(labels);
  if (values.size === labels.length) return labels;
  const all = Map.groupBy(labels, ([name]) => name);
  return Array.from(all, ([name, pairs]) => [
    name,
    [...new Set(pairs.map(([, value]) => value))].sort().join(),
  ]);
}

/** Statuses that agents know: they drop what is 400, 403 or 413, and send the rest again. */
function render(outcome: Outcome, stored: object): Answer {
  const say = (status: number, body: object, headers = {}): Answer => ({
    status,
    headers: { "content-type": "application/json", ...headers },
    body: `${JSON.stringify(body)}\n`,
  });
  if (outcome.kind === "stored") return say(202, stored);
  const { status, message, headers } = said(outcome);
  return say(STATUSES[status] ?? status, { errors: [message] }, headers);
}

const STATUSES: Readonly<Record<number, number>> = { 401: 403, 415: 400, 422: 400 };
