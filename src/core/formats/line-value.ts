// Values of fields of line protocol, from bytes that end with a line feed. What a number may look like
// is the grammar of influxdata/line-protocol; a text is only passed over.

import { err, ok, type Result } from "../result.ts";
import { quote } from "../text.ts";
import {
  BACKSLASH,
  COMMA,
  MINUS,
  NEWLINE,
  POINT,
  QUOTE,
  RETURN,
  SMALL_I,
  SMALL_U,
  SPACE,
  ZERO,
} from "./line-bytes.ts";

/** 10^0 … 10^22: exact as doubles. */
export const POWERS_OF_TEN = Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
const utf8 = new TextDecoder();

/** Reads one value at a time, and keeps what it read: the hot path makes no object. */
export class LineValue {
  readonly #bytes: Uint8Array;
  /** The number that was read; a boolean is 0 or 1. */
  value = 0;
  /** Where the value ended. */
  end = 0;
  /** Line feeds in the text that was read. */
  newlines = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Passes over a text that begins at `start`; what is wrong with it, or undefined. */
  text(start: number): string | undefined {
    const bytes = this.#bytes;
    this.newlines = 0;
    let at = start + 1;
    for (; bytes[at] !== QUOTE; at++) {
      if (at >= bytes.length) {
        // As in Influx, all that follows is of this line: it may be no points at all.
        this.end = bytes.length;
        return "a text has no closing quote";
      }
      if (bytes[at] === BACKSLASH) at++;
      if (bytes[at] === NEWLINE) this.newlines++;
    }
    this.end = at + 1;
    return endsValue(bytes[at + 1]!) ? undefined : "there is more behind the quote of a text";
  }

  /** Reads a number or a boolean that begins at `start`; what is wrong with it, or undefined. */
  number(start: number): string | undefined {
    const bytes = this.#bytes;
    const isNegative = bytes[start] === MINUS;
    const first = isNegative ? start + 1 : start;
    let at = first;
    let mantissa = 0;
    let digit = bytes[at]! - ZERO;
    for (; digit >= 0 && digit <= 9; digit = bytes[++at]! - ZERO) mantissa = mantissa * 10 + digit;
    let digits = at - first;
    let places = 0;
    if (bytes[at] === POINT) {
      digit = bytes[++at]! - ZERO;
      for (; digit >= 0 && digit <= 9; digit = bytes[++at]! - ZERO, places++)
        mantissa = mantissa * 10 + digit;
      digits += places;
    } else if (digits > 0 && (bytes[at] === SMALL_I || (bytes[at] === SMALL_U && !isNegative)))
      at++;
    // Up to 2^53 and 10^22 both are exact, so that their quotient is rounded once.
    if (digits === 0 || mantissa > Number.MAX_SAFE_INTEGER || places > 22 || !endsValue(bytes[at]!))
      return this.#odd(start);
    const value = places === 0 ? mantissa : mantissa / POWERS_OF_TEN[places]!;
    this.value = isNegative ? -value : value;
    this.end = at;
    return undefined;
  }

  #odd(start: number): string | undefined {
    const bytes = this.#bytes;
    let end = start;
    while (!endsValue(bytes[end]!)) end++;
    this.end = end;
    const text = utf8.decode(bytes.subarray(start, end));
    const number = TRUE.has(text) ? ok(1) : FALSE.has(text) ? ok(0) : lineNumber(text);
    if (!number.ok) return number.error;
    this.value = number.value;
    return undefined;
  }
}

const endsValue = (c: number): boolean =>
  c === COMMA || c === SPACE || c === NEWLINE || c === RETURN;

const TRUE = new Set(["t", "T", "true", "True", "TRUE"]);
const FALSE = new Set(["f", "F", "false", "False", "FALSE"]);
const FLOAT = /^-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const INTEGER = /^-?\d+i$/;
const UNSIGNED = /^\d+u$/;

/** Numbers that are not short decimals: many digits, exponents, 64-bit integers. */
function lineNumber(text: string): Result<number, string> {
  if (FLOAT.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? ok(value) : err(`${quote(text)} is too large for a double`);
  }
  if (INTEGER.test(text)) return integer(text, -(2n ** 63n), 2n ** 63n - 1n);
  if (UNSIGNED.test(text)) return integer(text, 0n, 2n ** 64n - 1n);
  return err(text === "" ? "missing field value" : `${quote(text)} is no number, boolean or text`);
}

/** The double that is nearest. */
function integer(text: string, least: bigint, most: bigint): Result<number, string> {
  const digits = text.slice(0, -1);
  // More are over in any case, unless they are zeros, and take long to read.
  const value = digits.length > 40 ? most + 1n : BigInt(digits);
  return value >= least && value <= most
    ? ok(Number(value))
    : err(`${quote(text)} has more than 64 bits`);
}
