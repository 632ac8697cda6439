// Values of OTLP as JSON: numbers may be texts, and attributes hold more than texts. What a field should
// be and is not, is said with its name.

import { err, ok, type Result } from "../result.ts";
import type { FieldIssue } from "../series/checked-key.ts";
import { described, isArray, isObject } from "./json.ts";
import { type Plain, textOf } from "./otlp-attributes.ts";

export type Json = Readonly<Record<string, unknown>>;

export const object = (value: unknown): Json => (isObject(value) ? value : {});

/** The objects of an array; what is none is passed over, as a key that is not known. */
export const objects = (value: unknown): readonly Json[] =>
  isArray(value) ? value.filter(isObject) : [];

/** Numbers of a data point, and the first thing that is wrong with them. */
export class Numbers {
  readonly #of: Json;
  issue: FieldIssue | undefined;

  constructor(of: Json) {
    this.#of = of;
  }

  /** A number, which may be a text (also "NaN", "Infinity"); undefined when it is not there. */
  optional(key: string): number | undefined {
    const value = this.#of[key];
    return value === undefined || value === null ? undefined : this.#number(key, value);
  }

  /** The same, 0 when it is not there. */
  of(key: string): number {
    return this.optional(key) ?? 0;
  }

  list(key: string): readonly number[] {
    const value = this.#of[key] ?? [];
    if (isArray(value)) return value.map((one) => this.#number(key, one));
    this.#wrong(key, `expected an array of numbers, got ${described(value)}`);
    return [];
  }

  /** Unix ms of a time in ns; 0 when it is not there. */
  ms(key: string): number {
    const value = this.#of[key];
    // As a text it has more digits than a double.
    if (typeof value === "string" && /^\d+$/.test(value)) return Number(value.slice(0, -6));
    return Math.floor(this.of(key) / 1e6);
  }

  #number(key: string, value: unknown): number {
    if (typeof value === "number") return value;
    if (typeof value === "string" && NUMBER.test(value)) return Number(value);
    this.#wrong(key, `expected a number, got ${described(value)}`);
    return 0;
  }

  #wrong(path: string, message: string): void {
    this.issue ??= { path, message };
  }
}

const NUMBER = /^(?:NaN|-?(?:Infinity|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?))$/;

/** Attributes as pairs of texts; the error names what is none. */
export function attributesOf(list: unknown): Result<(readonly [string, string])[], FieldIssue> {
  const pairs: (readonly [string, string])[] = [];
  for (const one of isArray(list) ? list : []) {
    const { key, value } = object(one);
    if (typeof key !== "string")
      return err({
        path: "attributes",
        message: `expected keys and values, got ${described(one)}`,
      });
    pairs.push([key, textOf(plain(value))]);
  }
  return ok(pairs);
}

/** The value in an AnyValue. */
function plain(any: unknown): Plain {
  const { stringValue, boolValue, intValue, doubleValue, bytesValue, arrayValue, kvlistValue } =
    object(any);
  for (const one of [stringValue, boolValue, intValue, doubleValue, bytesValue])
    if (typeof one === "string" || typeof one === "number" || typeof one === "boolean") return one;
  if (isObject(arrayValue)) return isArray(arrayValue.values) ? arrayValue.values.map(plain) : [];
  if (!isObject(kvlistValue)) return null;
  return Object.fromEntries(
    objects(kvlistValue.values).map(({ key, value }) => [String(key), plain(value)]),
  );
}
