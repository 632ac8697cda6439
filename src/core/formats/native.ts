// The native write formats: JSON and NDJSON to points. See docs of POST /api/v1/points.

import { z } from "zod";
import * as LIMITS from "../limits.ts";
import { atOnce } from "../parts.ts";
import { err, ok, type Result } from "../result.ts";
import { PRECISIONS, type Precision } from "../time.ts";
import { type Asked, BAD_ITEM, type BadBody, format, TOO_MANY } from "./format.ts";
import type { Intake } from "./intake.ts";
import { parseJson } from "./json.ts";
import { CLOSE_BRACKET, JsonBytes, OPEN_BRACKET } from "./json-bytes.ts";
import { COMMA, NEWLINE } from "./line-bytes.ts";
import { renderNative } from "./native-answer.ts";
import { ItemReader } from "./native-items.ts";
import { decodeUtf8, textIn } from "./utf8.ts";

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
    jsonInParts(bytes, parameters.precision, intake),
});

export const nativeNdjson = format({
  ...native,
  name: "NDJSON",
  summary: "One point a line",
  types: ["application/x-ndjson", "application/ndjson", "application/jsonl"],
  decode: (bytes, { parameters }, intake) => decodeNdjson(bytes, parameters.precision, intake),
  decodeInParts: (bytes, { parameters }, intake) =>
    ndjsonInParts(bytes, parameters.precision, intake),
});

const NO_FIELDS: ReadonlySet<string> = new Set();

/** JSON: one point, or an array of points. Fields named in `passedOver` may stand in each. */
export function decodeJson(
  bytes: Uint8Array,
  precision: Precision,
  intake: Intake,
  passedOver = NO_FIELDS,
): Result<void, BadBody> {
  return atOnce(jsonInParts(bytes, precision, intake, passedOver));
}

/** NDJSON: a point a line; empty lines are skipped. An item's index is its line, from 0. */
export function decodeNdjson(
  bytes: Uint8Array,
  precision: Precision,
  intake: Intake,
): Result<void, BadBody> {
  return atOnce(ndjsonInParts(bytes, precision, intake));
}

/** Bytes of a part: some 1,000 points. */
const PART = 96 * 1_024;
const POINTS = 1_024;

/** Behind a byte order mark. */
const behindMark = (bytes: Uint8Array, at: number): number =>
  bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf ? at + 3 : at;

export function* jsonInParts(
  bytes: Uint8Array,
  precision: Precision,
  intake: Intake,
  passedOver = NO_FIELDS,
): Generator<number, Result<void, BadBody>> {
  const list = new ListReader(bytes, precision, intake, passedOver);
  for (;;) {
    const read = list.part();
    if (read !== undefined) return read;
    yield POINTS;
  }
}

/** Reads a body of JSON in parts. */
class ListReader {
  readonly #json: JsonBytes;
  readonly #items: ItemReader;
  readonly #intake: Intake;
  readonly #isList: boolean;
  /** Where the next item begins, and its index. */
  #at: number;
  #index = 0;

  constructor(
    bytes: Uint8Array,
    precision: Precision,
    intake: Intake,
    passedOver: ReadonlySet<string>,
  ) {
    this.#json = new JsonBytes(bytes);
    this.#items = new ItemReader(this.#json, precision, intake, passedOver);
    this.#intake = intake;
    const at = this.#json.skip(behindMark(bytes, 0));
    this.#isList = bytes[at] === OPEN_BRACKET;
    this.#at = this.#isList ? this.#json.skip(at + 1) : at;
  }

  /** Reads a part; undefined: there is more. */
  part(): Result<void, BadBody> | undefined {
    const json = this.#json;
    const { bytes } = json;
    if (this.#index === 0 && this.#isList && bytes[this.#at] === CLOSE_BRACKET)
      return this.#end(this.#at);
    const part = this.#at + PART;
    while (this.#at < part) {
      if (this.#index === LIMITS.pointsPerRequest) return err(TOO_MANY);
      const end = this.#item(this.#at, this.#index++);
      if (end < 0) return broken(bytes);
      if (this.#intake.isFull) return err(TOO_MANY);
      const next = json.skip(end);
      if (!this.#isList || bytes[next] !== COMMA) return this.#end(next);
      this.#at = json.skip(next + 1);
    }
    return undefined;
  }

  /** Where the item ends that begins at `start`; −1: it is no JSON. */
  #item(start: number, index: number): number {
    const plain = this.#items.plain(start, index);
    if (plain >= 0) return plain;
    const json = this.#json;
    const end = json.valueEnd(start);
    const text = end < 0 ? undefined : textIn(json.bytes, start, end);
    if (text === undefined) return -1;
    const depth = this.#isList ? LIMITS.jsonDepth - 1 : LIMITS.jsonDepth;
    return this.#items.odd(text, index, depth).ok ? end : -1;
  }

  /** What is said of a body behind whose items there is `at`. */
  #end(at: number): Result<void, BadBody> {
    const { bytes } = this.#json;
    if (this.#isList && bytes[at] !== CLOSE_BRACKET) return broken(bytes);
    const end = this.#isList ? this.#json.skip(at + 1) : at;
    return end === bytes.length ? ok(undefined) : broken(bytes);
  }
}

/** What is wrong with a body that is no JSON: parsed whole, errors name its places. */
function broken(bytes: Uint8Array): Result<void, BadBody> {
  const text = decodeUtf8(bytes);
  if (!text.ok) return text;
  if (text.value.trim() === "")
    return err({
      code: "invalid_json",
      message: "the body is empty: expected a point, or an array of points",
    });
  const parsed = parseJson(text.value);
  return parsed.ok ? err({ code: "invalid_json", message: "not valid JSON" }) : parsed;
}

function* ndjsonInParts(
  bytes: Uint8Array,
  precision: Precision,
  intake: Intake,
): Generator<number, Result<void, BadBody>> {
  const json = new JsonBytes(bytes);
  const items = new ItemReader(json, precision, intake, NO_FIELDS);
  let count = 0;
  for (let i = 0, start = 0, part = 0; start < bytes.length; i++) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline;
    // Where files were joined, each may begin with a byte order mark.
    const from = behindMark(bytes, start);
    start = end + 1;
    const isPoint = items.line(from, end, i);
    if (!isPoint.ok) return isPoint;
    if (isPoint.value && (++count > LIMITS.pointsPerRequest || intake.isFull)) return err(TOO_MANY);
    if (end - part < PART) continue;
    yield POINTS;
    part = end;
  }
  return ok(undefined);
}
