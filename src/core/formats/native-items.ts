// An item of a native body, where it stands in the bytes: the plain ones at once, the others parsed whole,
// one at a time, so that a large body is no large piece of work.

import { quote } from "../text.ts";
import type { Precision } from "../time.ts";
import { err, ok, type Result } from "../result.ts";
import type { BadBody } from "./format.ts";
import type { Intake } from "./intake.ts";
import type { JsonBytes } from "./json-bytes.ts";
import { duplicateKeys } from "./json-keys.ts";
import { type ParsedJson, parseJson } from "./json.ts";
import { PlainPoints } from "./native-plain.ts";
import { PointReader } from "./native-points.ts";
import { NOT_UTF8, textIn } from "./utf8.ts";

export class ItemReader {
  readonly #json: JsonBytes;
  readonly #precision: Precision;
  readonly #intake: Intake;
  readonly #plain: PlainPoints;
  readonly #reader: PointReader;

  /** Fields named in `passedOver` may stand in each item, and say nothing. */
  constructor(
    json: JsonBytes,
    precision: Precision,
    intake: Intake,
    passedOver: ReadonlySet<string>,
  ) {
    this.#json = json;
    this.#precision = precision;
    this.#intake = intake;
    this.#plain = new PlainPoints(json, precision, intake);
    this.#reader = new PointReader(precision, intake, passedOver);
  }

  /** Takes the item that begins at `start` if it is plain: where it ends, −1: it is not. */
  plain(start: number, index: number): number {
    if (!this.#plain.read(start)) return -1;
    this.#plain.take(index);
    return this.#plain.end;
  }

  /** Takes the item of the line in [from, end): whether there is any. */
  line(from: number, end: number, index: number): Result<boolean, BadBody> {
    const at = this.#json.skip(from, end);
    if (at >= end) return ok(false);
    if (this.#plain.read(at) && this.#json.skip(this.#plain.end, end) === end) {
      this.#plain.take(index);
      return ok(true);
    }
    const text = textIn(this.#json.bytes, from, end);
    if (text === undefined) return err(NOT_UTF8);
    if (text.trim() === "") return ok(false);
    const read = this.odd(text, index);
    if (!read.ok) this.#intake.issue(index, "", read.error.message);
    return ok(true);
  }

  /** Takes whatever item `text` is, noting what is wrong with it. The error: it is no JSON. */
  odd(text: string, index: number, depth?: number): Result<ParsedJson, BadBody> {
    const parsed = parseNative(text, this.#precision, depth);
    if (!parsed.ok) return parsed;
    const before = this.#reader.keys;
    this.#reader.read(parsed.value.value, index);
    // Asked in vain when it has issues, since its keys may be counted wrong.
    if (parsed.value.keys !== this.#reader.keys - before)
      for (const { key } of duplicateKeys(`[${text}]`))
        this.#intake.issue(index, key, `the key ${quote(key)} stands twice in an object`);
    return parsed;
  }
}

/** JSON with times in the unit of the request. */
export const parseNative = (
  text: string,
  precision: Precision,
  depth?: number,
): Result<ParsedJson, BadBody> =>
  parseJson(precision === "ns" ? withExactTimes(text) : text, depth);

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
