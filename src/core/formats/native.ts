// The native write formats: JSON and NDJSON to points. See docs of POST /api/v1/points.

import { z } from "zod";
import * as LIMITS from "../limits.ts";
import { err, ok, type Result } from "../result.ts";
import { PRECISIONS, type Precision } from "../time.ts";
import { type Asked, BAD_ITEM, type BadBody, type Decoding, format, tooMany } from "./format.ts";
import type { Intake } from "./intake.ts";
import { parseJson } from "./json.ts";
import { CLOSE_BRACKET, JsonBytes, OPEN_BRACKET } from "./json-bytes.ts";
import { COMMA, NEWLINE } from "./line-bytes.ts";
import { renderNative } from "./native-answer.ts";
import { ItemReader } from "./native-items.ts";
import { Part } from "./part.ts";
import { behindMark, decodeUtf8 } from "./utf8.ts";

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
export const decodeJson = (
  bytes: Uint8Array,
  precision: Precision,
  intake: Intake,
  passedOver = NO_FIELDS,
): Decoding => new ListReader(bytes, precision, intake, passedOver).read();

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

  *read(): Decoding {
    const json = this.#json;
    const { bytes } = json;
    const part = new Part(this.#intake);
    if (this.#isList && bytes[this.#at] === CLOSE_BRACKET) return this.#end(this.#at);
    for (;;) {
      if (this.#index === LIMITS.pointsPerRequest) return err(tooMany(this.#intake));
      const start = this.#at;
      const index = this.#index++;
      let end = this.#items.plain(start, index);
      if (end < 0) {
        const depth = this.#isList ? LIMITS.jsonDepth - 1 : LIMITS.jsonDepth;
        const other = yield* this.#items.other(start, index, depth);
        if (!other.ok) return broken(bytes, start, other.error);
        end = other.value;
      }
      if (this.#intake.isFull) return err(tooMany(this.#intake));
      const next = json.skip(end);
      if (!this.#isList || bytes[next] !== COMMA) return this.#end(next);
      this.#at = json.skip(next + 1);
      if (part.isOver(this.#at)) yield part.end(this.#at);
    }
  }

  /** What is said of a body behind whose items there is `at`. */
  #end(at: number): Result<void, BadBody> {
    const { bytes } = this.#json;
    if (this.#isList && bytes[at] !== CLOSE_BRACKET) return broken(bytes, at);
    const end = this.#isList ? this.#json.skip(at + 1) : at;
    return end === bytes.length ? ok(undefined) : broken(bytes, end);
  }
}

/** What is wrong with a body that is no JSON at `at`: parsed whole unless it is large, errors name its places. */
function broken(bytes: Uint8Array, at: number, why?: BadBody): Result<void, BadBody> {
  const isBlank = new JsonBytes(bytes).skip(0) === bytes.length;
  if (bytes.length > LIMITS.largeBodyBytes && !isBlank) {
    const { code, message } = why ?? NOT_JSON;
    const where = at < bytes.length ? `see what begins at byte ${at}` : "it ends too early";
    return err({ code, message: `${message}; ${where}` });
  }
  const text = decodeUtf8(bytes);
  if (!text.ok) return text;
  if (text.value.trim() === "")
    return err({
      code: "invalid_json",
      message: "the body is empty: expected a point, or an array of points",
    });
  const parsed = parseJson(text.value);
  return parsed.ok ? err(NOT_JSON) : parsed;
}

const NOT_JSON: BadBody = { code: "invalid_json", message: "not valid JSON" };

/** NDJSON: a point a line; empty lines are skipped. An item's index is its line, from 0. */
export function* decodeNdjson(bytes: Uint8Array, precision: Precision, intake: Intake): Decoding {
  const json = new JsonBytes(bytes);
  const items = new ItemReader(json, precision, intake, NO_FIELDS);
  const part = new Part(intake);
  let count = 0;
  for (let i = 0, start = 0; start < bytes.length; i++) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline;
    // Where files were joined, each may begin with a byte order mark.
    const from = behindMark(bytes, start);
    const first = json.skip(from, end);
    start = end + 1;
    if (first < end) {
      let isPoint = items.plain(first, i, end) >= 0;
      if (!isPoint) {
        const other = yield* items.otherLine(from, end, i);
        if (!other.ok) return other;
        isPoint = other.value;
      }
      if (isPoint && (++count > LIMITS.pointsPerRequest || intake.isFull))
        return err(tooMany(intake));
    }
    if (part.isOver(end)) yield part.end(end);
  }
  return ok(undefined);
}
