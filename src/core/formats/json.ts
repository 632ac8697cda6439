// JSON that came from others: read within limits, and values in words for messages.

import * as LIMITS from "../limits.ts";
import { err, ok, type Result } from "../result.ts";
import { quote } from "../text.ts";
import type { BadBody } from "./format.ts";
import { keysIn } from "./json-keys.ts";

export interface ParsedJson {
  readonly value: unknown;
  /** Keys that stand in all its objects; of a key that stands twice, `value` has only one. */
  readonly keys: number;
}

/** `limit`: the depth that errors name: that of the whole body, of which this may be a part. */
export function parseJson(
  text: string,
  depth: number = LIMITS.jsonDepth,
  limit = depth,
): Result<ParsedJson, BadBody> {
  const keys = keysIn(text, depth);
  if (keys === undefined) return err(tooDeep(limit));
  try {
    return ok({ value: JSON.parse(text), keys });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return err({ code: "invalid_json", message: `not valid JSON: ${why}` });
  }
}

export const tooDeep = (depth: number): BadBody => ({
  code: "invalid_json",
  message: `nested deeper than ${depth} levels, the limit: points need fewer`,
});

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const isArray = (value: unknown): value is readonly unknown[] => Array.isArray(value);

export const isFinite = (value: unknown): value is number =>
  typeof value === "number" && value - value === 0;

/** What a value is, for a message. */
export const described = (value: unknown): string =>
  typeof value === "string"
    ? quote(value)
    : typeof value === "object" && value !== null
      ? Array.isArray(value)
        ? "an array"
        : "an object"
      : String(value);

/** What is wrong with a value that is no finite number. */
export const valueIssue = (value: unknown): string =>
  value === undefined ? "is missing" : `expected a finite number, got ${described(value)}`;
