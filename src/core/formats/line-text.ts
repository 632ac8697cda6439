// Names of line protocol: where they end, and bytes to text without the backslashes that escape what
// would end them.

import { BACKSLASH, COMMA, EQUALS, SPACE } from "./line-bytes.ts";
import { textIn } from "./utf8.ts";

/**
 * The name in bytes [start, end); undefined when it is not UTF-8. In a tag or field also = is escaped;
 * any other backslash stands for itself.
 */
export function unescaped(
  bytes: Uint8Array,
  start: number,
  end: number,
  isTag: boolean,
): string | undefined {
  const text = textIn(bytes, start, end);
  if (text === undefined || !text.includes("\\")) return text;
  return text.replace(isTag ? /\\([,= ])/g : /\\([, ])/g, "$1");
}

/** Where a measurement (up to a comma), or a tag's key or value (also up to =), ends. */
export function partEnd(bytes: Uint8Array, start: number, end: number, isTag: boolean): number {
  for (let at = start; at < end; at++) {
    const c = bytes[at]!;
    if (c === COMMA || (isTag && c === EQUALS)) return at;
    if (c !== BACKSLASH) continue;
    const next = bytes[at + 1]!;
    if (next === COMMA || next === SPACE || (isTag && next === EQUALS)) at++;
  }
  return end;
}
