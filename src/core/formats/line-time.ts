// Timestamps of line protocol, from the bytes of their digits.

import * as LIMITS from "../limits.ts";
import { quote } from "../text.ts";
import { timestampToMs } from "../time.ts";
import { MINUS, ZERO } from "./line-bytes.ts";

/** Units of timestamps: `drop` decimal digits, then times `ms`, is Unix ms. */
export const LINE_UNITS = {
  ns: { drop: 6, ms: 1 },
  us: { drop: 3, ms: 1 },
  ms: { drop: 0, ms: 1 },
  s: { drop: 0, ms: 1_000 },
  m: { drop: 0, ms: 60_000 },
  h: { drop: 0, ms: 3_600_000 },
} as const;
export type LineUnit = keyof typeof LINE_UNITS;

const utf8 = new TextDecoder();

/** The time that digits [start, end), with a minus or without, are, Unix ms; or what is wrong with it. */
export function lineTime(
  bytes: Uint8Array,
  start: number,
  end: number,
  unit: LineUnit,
): number | string {
  const { drop, ms } = LINE_UNITS[unit];
  const at = digitsOf(bytes, start, end - drop) * ms;
  if (bytes[start] !== MINUS && at >= LIMITS.earliestAt && at <= LIMITS.latestAt) return at;
  return issueOf(utf8.decode(bytes.subarray(start, end)), unit);
}

/** Decimal digits that fit 32 bits, whatever they are. */
const SHORT = 9;

/** The number that digits [start, end) are. A minus makes it meaningless: whoever asks refuses it. */
function digitsOf(bytes: Uint8Array, start: number, end: number): number {
  // The first of them in 32 bits, which is quicker than in a double.
  const short = Math.min(end, start + SHORT);
  let first = 0;
  for (let i = start; i < short; i++) first = (first * 10 + bytes[i]! - ZERO) | 0;
  let number = first;
  for (let i = short; i < end; i++) number = number * 10 + bytes[i]! - ZERO;
  return number;
}

function issueOf(text: string, unit: LineUnit): string {
  const far = `timestamp ${quote(text)} is out of range`;
  if (unit === "m" || unit === "h") return far;
  const read = timestampToMs(Number(text), unit);
  return read.ok ? far : `timestamp ${read.error}`;
}
