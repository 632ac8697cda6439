// Bytes to text, for every decoder: UTF-8 that is valid, of a whole body without its byte order mark.

import { err, ok, type Result } from "../result.ts";
import type { BadBody } from "./format.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
const part = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const SHORT = 24;

export const NOT_UTF8: BadBody = {
  code: "invalid_utf8",
  message: "the body is not valid UTF-8",
};

export function decodeUtf8(bytes: Uint8Array): Result<string, BadBody> {
  try {
    return ok(utf8.decode(bytes));
  } catch {
    return err(NOT_UTF8);
  }
}

/**
 * The text in bytes [start, end), of which no more than `most` characters are wanted: what is longer is cut
 * behind them, or a few more.
 */
export function textUpTo(
  bytes: Uint8Array,
  start: number,
  end: number,
  most: number,
): string | undefined {
  // No character of UTF-16 takes more than three bytes.
  let to = Math.min(end, start + 3 * (most + 1));
  if (to < end) while (to > start && (bytes[to]! & 0xc0) === 0x80) to--;
  return textIn(bytes, start, to);
}

/** Where a text begins that may have a byte order mark at `at`. */
export const behindMark = (bytes: Uint8Array, at: number): number =>
  bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf ? at + 3 : at;

/** The text in bytes [start, end) of a body; undefined when it is not UTF-8. */
export function textIn(bytes: Uint8Array, start: number, end: number): string | undefined {
  // Most names are short ASCII, which costs a decoder more to begin with than to read.
  if (end - start <= SHORT) {
    let text = "";
    for (let at = start; at < end; at++) {
      const c = bytes[at]!;
      if (c > 0x7f) break;
      text += String.fromCharCode(c);
    }
    if (text.length === end - start) return text;
  }
  try {
    return part.decode(bytes.subarray(start, end));
  } catch {
    return undefined;
  }
}
