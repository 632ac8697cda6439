// The native write formats: JSON and NDJSON to points. See docs of POST /api/v1/points.

import { z } from "zod";
import * as LIMITS from "../limits.ts";
import { err, ok, type Result } from "../result.ts";
import { quote } from "../text.ts";
import { PRECISIONS, type Precision } from "../time.ts";
import { type Asked, BAD_ITEM, type BadBody, format, TOO_MANY } from "./format.ts";
import type { Intake } from "./intake.ts";
import { type ParsedJson, parseJson } from "./json.ts";
import { duplicateKeys } from "./json-keys.ts";
import { renderNative } from "./native-answer.ts";
import { PointReader } from "./native-points.ts";
import { decodeUtf8 } from "./utf8.ts";

const parameters = z.object({
  precision: z.enum(PRECISIONS).default("ms").meta({ description: "Unit of numeric timestamps" }),
  bad: z.enum(BAD_ITEM).default("refuse").meta({
    description:
      "What a malformed point does: `refuse` the request, or `skip`: the others are stored, it is listed",
  }),
});

const native = {
  methods: ["POST"],
  paths: ["/api/v1/points"],
  parameters,
  badItem: "refuse",
  badItemOf: (asked: Asked<typeof parameters>) => asked.parameters.bad,
  render: renderNative,
} as const;

export const nativeJson = format({
  ...native,
  name: "JSON",
  summary: "One point, or an array of points",
  // The last two are what `curl -d` and `fetch` with a text send unless they are told otherwise.
  types: ["application/json", "", "application/x-www-form-urlencoded", "text/plain"],
  decode: (bytes, { parameters }, intake) => decodeJson(bytes, parameters.precision, intake),
  decodeInParts: (bytes, { parameters }, intake) =>
    jsonInParts(bytes, parameters.precision, intake, NO_FIELDS),
});

export const nativeNdjson = format({
  ...native,
  name: "NDJSON",
  summary: "One point a line",
  types: ["application/x-ndjson", "application/ndjson", "application/jsonl"],
  decode: (bytes, { parameters }, intake) => decodeNdjson(bytes, parameters.precision, intake),
});

const NO_FIELDS: ReadonlySet<string> = new Set();

/** JSON: one point, or an array of points. Fields named in `passedOver` may stand in each. */
export function decodeJson(
  bytes: Uint8Array,
  precision: Precision,
  intake: Intake,
  passedOver = NO_FIELDS,
): Result<void, BadBody> {
  const parts = jsonInParts(bytes, precision, intake, passedOver);
  for (;;) {
    const { done, value } = parts.next();
    if (done === true) return value;
  }
}

/** Items of a part. */
const PART = 1_024;

function* jsonInParts(
  bytes: Uint8Array,
  precision: Precision,
  intake: Intake,
  passedOver: ReadonlySet<string>,
): Generator<number, Result<void, BadBody>> {
  const text = decodeUtf8(bytes);
  if (!text.ok) return text;
  const parsed = parse(text.value, precision);
  if (!parsed.ok) return parsed;
  const { value, keys } = parsed.value;
  const items = Array.isArray(value) ? (value as unknown[]) : [value];
  if (items.length > LIMITS.pointsPerRequest) return err(TOO_MANY);
  const reader = new PointReader(precision, intake, passedOver);
  for (let i = 0; i < items.length; i++) {
    // What was parsed before is as much as a part.
    if (i % PART === 0) yield PART;
    reader.read(items[i], i);
    if (intake.isFull) return err(TOO_MANY);
  }
  if (keys !== reader.keys) noteDuplicates(text.value, intake, 0);
  return ok(undefined);
}

/** NDJSON: a point a line; empty lines are skipped. An item's index is its line, from 0. */
export function decodeNdjson(
  bytes: Uint8Array,
  precision: Precision,
  intake: Intake,
): Result<void, BadBody> {
  const decoded = decodeUtf8(bytes);
  if (!decoded.ok) return decoded;
  const text = decoded.value;
  const reader = new PointReader(precision, intake, NO_FIELDS);
  let items = 0;
  for (let i = 0, start = 0; start < text.length; i++) {
    const end = text.indexOf("\n", start);
    const read = text.slice(start, end < 0 ? undefined : end);
    start += read.length + 1;
    // Where files were joined, each may begin with a byte order mark.
    const line = read.startsWith("\ufeff") ? read.slice(1) : read;
    if (line.trim() === "") continue;
    if (++items > LIMITS.pointsPerRequest) return err(TOO_MANY);
    const parsed = parse(line, precision);
    if (!parsed.ok) {
      intake.issue(i, "", parsed.error.message);
      continue;
    }
    const before = reader.keys;
    reader.read(parsed.value.value, i);
    if (intake.isFull) return err(TOO_MANY);
    if (parsed.value.keys !== reader.keys - before) noteDuplicates(line, intake, i);
  }
  return ok(undefined);
}

function parse(text: string, precision: Precision): Result<ParsedJson, BadBody> {
  if (text.trim() === "")
    return err({
      code: "invalid_json",
      message: "the body is empty: expected a point, or an array of points",
    });
  return parseJson(precision === "ns" ? withExactTimes(text) : text);
}

/**
 * JSON with times in nanoseconds, which have more digits than a double: where that would round one into
 * another millisecond, it is moved to the middle of its own. Times stand in `timestamp`, or first in a
 * pair; what stands in texts is left alone.
 */
function withExactTimes(text: string): string {
  if (!/\d{11}(?:(?!0{6})00|99)\d{4}(?!\d)/.test(text)) return text;
  return text.replace(
    /("timestamp"\s*:\s*|\[\s*)(\d{11,15})(?:00|99)\d{4}(?![\d.eE])|"(?:[^"\\]|\\.)*"/g,
    (all, before?: string, ms?: string) => (ms === undefined ? all : `${before}${ms}500000`),
  );
}

/** Asked in vain when an item has issues, since its keys may be counted wrong. */
function noteDuplicates(text: string, intake: Intake, index: number): void {
  for (const { key, item } of duplicateKeys(text))
    intake.issue(index + item, key, `the key ${quote(key)} stands twice in an object`);
}
