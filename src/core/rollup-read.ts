// Reads packs and segments for the roll-up: what cannot be read is a value that says which, and why.
// It must not merge anything.

import type { Buckets } from "./bucket.ts";
import { CorruptBytes } from "./codec/bytes.ts";
import { decodePack, type Pack, SERIES_PER_PACK } from "./codec/pack.ts";
import { decodeMinuteSegment, decodeSegment } from "./codec/segment.ts";
import type { Minutes } from "./minutes.ts";
import { cut } from "./text.ts";
import { HOUR, spanOf, spanStart, type TierName, TIERS } from "./tiers.ts";

/** What could not be read. */
export interface Unreadable {
  /** Bit s is set: the segment of slot s. All: the pack as a whole. */
  readonly slots: number;
  /** Which, and why. */
  readonly message: string;
}

const ALL_SLOTS = 2 ** SERIES_PER_PACK - 1;

/** Reads a pack. */
export function readPack(tier: TierName, span: number, body: string): Pack | Unreadable {
  try {
    return decodePack(body);
  } catch (error) {
    if (!(error instanceof CorruptBytes)) throw error;
    return { slots: ALL_SLOTS, message: textOf(tier, span, error.message) };
  }
}

/** Appends a segment's minutes, or the hour as a whole; says so when it cannot be read. */
export const readMinutes = (
  minutes: Minutes,
  wholes: Buckets,
  hour: number,
  segment: string,
): string | undefined =>
  readInto(minutes, "minute", hour, () =>
    decodeMinuteSegment(segment, hour * HOUR, minutes, wholes),
  );

/** Appends a segment's buckets; says so when it cannot be read. */
export const readBuckets = (
  buckets: Buckets,
  tier: TierName,
  span: number,
  segment: string,
): string | undefined =>
  readInto(buckets, tier, span, () =>
    decodeSegment(segment, spanStart(tier, span), TIERS[tier].step, buckets),
  );

function readInto(
  rows: Buckets | Minutes,
  tier: TierName,
  span: number,
  decode: () => void,
): string | undefined {
  const first = rows.length;
  try {
    decode();
  } catch (error) {
    if (!(error instanceof CorruptBytes)) throw error;
    return textOf(tier, span, error.message);
  }
  for (let row = first; row < rows.length; row++)
    if (spanOf(tier, rows.start[row]!) !== span)
      return textOf(tier, span, `a bucket of another time, ${rows.start[row]}`);
  return undefined;
}

export const textOf = (tier: TierName, span: number, message: string): string =>
  `the ${tier} segment of ${new Date(spanStart(tier, span)).toISOString()} cannot be read: ${cut(message)}`;

/** Collects the slots that cannot be read; the first says why. */
export class Bad {
  first: Unreadable | undefined;

  add(slot: number, message: string): Unreadable {
    const before = this.first ?? { slots: 0, message };
    return (this.first = { ...before, slots: before.slots | (1 << slot) });
  }
}
