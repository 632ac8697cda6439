// What formats of lines of text have in common: a body taken line by line, quotes, numbers.

import { err, ok } from "../result.ts";
import { type Decoding, tooMany } from "./format.ts";
import type { Intake } from "./intake.ts";
import { LINES, Part } from "./part.ts";
import { decodeUtf8 } from "./utf8.ts";

/** A decimal number. In no two ways: one that is long and wrong would be tried in all. */
export const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * Hands out the lines that are not empty, without the space around them, and where they stand, from 0.
 * What `take` says is wrong with one is an issue of it.
 */
export function* takeLines(
  bytes: Uint8Array,
  intake: Intake,
  take: (line: string, index: number) => string | undefined,
): Decoding {
  const decoded = decodeUtf8(bytes);
  if (!decoded.ok) return decoded;
  const text = decoded.value;
  const part = new Part(intake, LINES);
  for (let i = 0, start = 0; start < text.length; i++) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(start, end).trim();
    start = end + 1;
    const why = line === "" ? undefined : take(line, i);
    if (why !== undefined) intake.issue(i, "", why);
    if (intake.isFull) return err(tooMany(intake));
    if (part.isOver(start)) yield part.end(start);
  }
  return ok(undefined);
}

/** That of the quote at `start`; −1 when there is none. By hand: a pattern would begin anew at each. */
export function closingQuote(line: string, start: number): number {
  let at = start + 1;
  while (at < line.length && line[at] !== '"') at += line[at] === "\\" ? 2 : 1;
  return at < line.length ? at : -1;
}
