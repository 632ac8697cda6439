// JSON in bytes, read piece by piece (RFC 8259): where a value ends, and plain texts and numbers without
// making anything of them. It says nothing of what is between: whoever reads tells whether that is JSON.

import {
  BACKSLASH,
  COMMA,
  MINUS,
  NEWLINE,
  POINT,
  QUOTE,
  RETURN,
  SPACE,
  ZERO,
} from "./line-bytes.ts";
import { POWERS_OF_TEN } from "./line-value.ts";

export const COLON = 0x3a;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;
const TAB = 0x09;
const PLUS = 0x2b;
const SMALL_E = 0x65;

/** Digits of a number that is read here: a text that is made of them one by one takes much memory. */
const MOST_DIGITS = 400;

export class JsonBytes {
  readonly bytes: Uint8Array;
  /** The number that was read, and where it ended. */
  value = 0;
  end = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Where the next token begins, at `at` or behind white space; `end` when none does before. */
  skip(at: number, end = this.bytes.length): number {
    const { bytes } = this;
    for (; at < end; at++) {
      const c = bytes[at];
      if (c !== SPACE && c !== NEWLINE && c !== RETURN && c !== TAB) return at;
    }
    return at;
  }

  /** Where bytes end that begin at `at` and are those in [from, to); −1: they are others. */
  endOfSame(at: number, from: number, to: number): number {
    const { bytes } = this;
    const behind = at - from;
    for (let i = from; i < to; i++) if (bytes[i] !== bytes[i + behind]) return -1;
    return to + behind;
  }

  /** Where the quote is that closes a text with characters from `at`; −1 when it is none, or has escapes. */
  plainText(at: number): number {
    const { bytes } = this;
    for (let c = bytes[at]; c !== QUOTE; c = bytes[++at])
      if (c === undefined || c === BACKSLASH || c < 0x20) return -1;
    return at;
  }

  /** Reads the number that begins at `start`; false when it is none, or longer than any that is meant. */
  number(start: number): boolean {
    const { bytes } = this;
    const isNegative = bytes[start] === MINUS;
    const first = isNegative ? start + 1 : start;
    let at = first;
    let mantissa = 0;
    let digit = bytes[at]! - ZERO;
    for (; digit >= 0 && digit <= 9; digit = bytes[++at]! - ZERO) mantissa = mantissa * 10 + digit;
    if (at === first || (bytes[first] === ZERO && at > first + 1)) return false;
    let places = 0;
    if (bytes[at] === POINT) {
      const point = at;
      digit = bytes[++at]! - ZERO;
      for (; digit >= 0 && digit <= 9; digit = bytes[++at]! - ZERO)
        mantissa = mantissa * 10 + digit;
      places = at - point - 1;
      if (places === 0) return false;
    }
    this.end = at;
    if ((bytes[at]! | 0x20) === SMALL_E) {
      if (!this.#exponent(at + 1)) return false;
    } else if (mantissa <= Number.MAX_SAFE_INTEGER && places <= 22) {
      // Both are exact then, so that their quotient is rounded once.
      const value = places === 0 ? mantissa : mantissa / POWERS_OF_TEN[places]!;
      this.value = isNegative ? -value : value;
      return true;
    }
    if (this.end - start > MOST_DIGITS) return false;
    let text = "";
    for (let i = start; i < this.end; i++) text += String.fromCharCode(bytes[i]!);
    this.value = Number(text);
    return true;
  }

  #exponent(at: number): boolean {
    const { bytes } = this;
    const first = bytes[at] === PLUS || bytes[at] === MINUS ? at + 1 : at;
    let end = first;
    for (let d = bytes[end]! - ZERO; d >= 0 && d <= 9;) d = bytes[++end]! - ZERO;
    this.end = end;
    return end > first;
  }

  /** The end of the value that begins at `start`, if it is one; −1 when it has no end. */
  valueEnd(start: number): number {
    const { bytes } = this;
    let open = 0;
    for (let at = start; at < bytes.length; at++) {
      const c = bytes[at];
      if (c === QUOTE) at = this.textEnd(at);
      else if (c === OPEN_BRACE || c === OPEN_BRACKET) open++;
      else if (c === CLOSE_BRACE || c === CLOSE_BRACKET) {
        if (open === 0) return at;
        open--;
      } else if (c !== COMMA || open > 0) continue;
      else return at;
      if (open === 0 && at < bytes.length) return at + 1;
    }
    return open === 0 ? bytes.length : -1;
  }

  /** The quote that closes the text which opens at `at`; `end` when none does before. */
  textEnd(at: number, end = this.bytes.length): number {
    const { bytes } = this;
    for (let i = at + 1; i < end; i++) {
      if (bytes[i] === QUOTE) return i;
      if (bytes[i] === BACKSLASH) i++;
    }
    return end;
  }
}
