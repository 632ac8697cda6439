// An item of a native body, where it stands in the bytes: plain ones without a text or an object for each, the
// others parsed, and either in parts where they are large.

import * as LIMITS from "../limits.ts";
import { quote } from "../text.ts";
import type { Precision } from "../time.ts";
import { err, ok, type Result } from "../result.ts";
import type { BadBody } from "./format.ts";
import type { Intake } from "./intake.ts";
import type { JsonBytes } from "./json-bytes.ts";
import { duplicateKeys } from "./json-keys.ts";
import type { ParsedJson } from "./json.ts";
import { parseInParts } from "./json-parts.ts";
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

  /**
   * Takes the item that begins at `start` if it is plain, and nothing stands between it and `end`: where
   * it ends. −1: it is not, or not a small one: then `other` takes it, or `otherLine`.
   */
  plain(start: number, index: number, end?: number): number {
    return this.#plain.read(start) ? this.#taken(index, end) : -1;
  }

  #taken(index: number, end: number | undefined): number {
    const at = this.#plain.end;
    if (end !== undefined && this.#json.skip(at, end) !== end) return -1;
    this.#plain.take(index);
    return at;
  }

  /** Takes the item that `plain` left, which begins at `start` of a list: where it ends. The error: it is no JSON. */
  *other(start: number, index: number, depth: number): Generator<number, Result<number, BadBody>> {
    const plain = yield* this.#resumed(index);
    if (plain >= 0) return ok(plain);
    const end = this.#json.valueEnd(start);
    const read = yield* this.#odd(start, end < 0 ? this.#json.bytes.length : end, index, depth);
    return read.ok ? ok(end) : read;
  }

  /** Takes the item of the line in [from, end), which `plain` left: whether there is any. */
  *otherLine(
    from: number,
    end: number,
    index: number,
  ): Generator<number, Result<boolean, BadBody>> {
    if ((yield* this.#resumed(index, end)) >= 0) return ok(true);
    const read = yield* this.#odd(from, end, index);
    if (read.ok) return ok(true);
    const text = textIn(this.#json.bytes, from, end);
    if (text === undefined) return err(NOT_UTF8);
    if (text.trim() === "") return ok(false);
    this.#intake.issue(index, "", read.error.message);
    return ok(true);
  }

  /** Reads on in an item with many datapoints, and takes it: where it ends; −1: it is not plain. */
  *#resumed(index: number, end?: number): Generator<number, number> {
    while (this.#plain.isPaused) {
      yield LIMITS.itemsPerTurn;
      if (this.#plain.resume()) return this.#taken(index, end);
    }
    return -1;
  }

  /** Takes whatever item stands in bytes [from, to), noting what is wrong with it. The error: it is no JSON. */
  *#odd(
    from: number,
    to: number,
    index: number,
    depth?: number,
  ): Generator<number, Result<void, BadBody>> {
    const bytes = this.#json.bytes.subarray(from, to);
    const parsed = yield* nativeInParts(bytes, this.#precision, depth);
    if (!parsed.ok) return parsed;
    const before = this.#reader.keys;
    const issues = this.#intake.issueCount;
    this.#reader.read(parsed.value.value, index);
    // Keys of one that has issues may be counted wrong.
    const isGood = this.#intake.issueCount === issues;
    if (isGood && parsed.value.keys !== this.#reader.keys - before)
      for (const { key } of duplicateKeys(`[${textIn(bytes, 0, bytes.length) ?? ""}]`))
        this.#intake.issue(index, key, `the key ${quote(key)} stands twice in an object`);
    return ok(undefined);
  }
}

/** JSON with times in the unit of the request. */
export const nativeInParts = (
  bytes: Uint8Array,
  precision: Precision,
  depth?: number,
): Generator<number, Result<ParsedJson, BadBody>> =>
  parseInParts(bytes, {
    ...(depth !== undefined && { depth, limit: LIMITS.jsonDepth }),
    ...(precision === "ns" && { amended: withExactTimes }),
  });

/**
 * JSON with times in nanoseconds, which have more digits than a double: where that would round one into
 * another millisecond, it is moved to the middle of its own. Times stand in `timestamp`, or first in a
 * pair; what stands in texts is left alone.
 */
function withExactTimes(text: string): string {
  if (!/\d{11}(?:(?!0{6})00|99)\d{4}(?!\d)/.test(text)) return text;
  return text.replace(
    /("timestamp"\s*:\s*|\[\s*)(\d{11,15})(?:00|99)\d{4}(?![\d.eE])|"(?:[^"\\]|\\[^])*\\?(?:"|$)/g,
    (all, before?: string, ms?: string) => (ms === undefined ? all : `${before}${ms}500000`),
  );
}
