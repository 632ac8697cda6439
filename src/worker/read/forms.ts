// What stored bytes are decoded into, for readers of each kind.

import { Buckets } from "../../core/bucket.ts";
import { decodeBlock, decodeBlockAsBuckets } from "../../core/codec/page.ts";
import type { Wanted } from "../../core/codec/row-group.ts";
import {
  decodeMinuteSegment,
  decodeMinuteSegmentAsBuckets,
  decodeSegment,
} from "../../core/codec/segment.ts";
import * as LIMITS from "../../core/limits.ts";
import { Minutes } from "../../core/minutes.ts";
import type { Rows } from "../../core/query/source.ts";
import { type LooseMinutes, pushLoose, pushLooseBuckets } from "../../core/series/loose-minutes.ts";
import { type TierName, TIERS } from "../../core/tiers.ts";

/** What stored bytes are decoded into: buckets, or minutes as they are kept. */
export interface Form<R extends Rows> {
  /** What is being handed out. */
  readonly rows: R;
  /**
   * Appends what a table has of a series from `from` on, Unix ms; an hour of which no minutes are known to
   * `wholes`, or where hours are wanted to the others. @throws CorruptBytes
   */
  segment(table: TierName, text: string, from: number, wholes: Buckets): void;
  /** Appends the rows of a block, and the numbers of their series. @throws CorruptBytes */
  block(bytes: Uint8Array, numbers: number[]): void;
  /** The same of rows that are not packed. */
  loose(rows: LooseMinutes, numbers: number[]): void;
}

const buckets = new Buckets(64);
const minutes = new Minutes(LIMITS.samplesPerMinute, 64);

/** Of the minute tier. */
export const BUCKETS: Form<Buckets> = {
  rows: buckets,
  segment: (_, text, from, wholes) => decodeMinuteSegmentAsBuckets(text, from, buckets, wholes),
  block: (bytes, numbers) => decodeBlockAsBuckets(bytes, buckets, numbers),
  loose: (rows, numbers) => pushLooseBuckets(rows, buckets, numbers),
};

/** Of the other tiers; what is not wanted of their buckets is not decoded. */
const coarse = (wanted: Wanted): Form<Buckets> => ({
  ...BUCKETS,
  segment: (table, text, from) =>
    table === "minute"
      ? decodeMinuteSegmentAsBuckets(text, from, buckets, buckets)
      : decodeSegment(text, from, TIERS[table].step, buckets, wanted),
});

export const COARSE: Readonly<Record<Wanted, Form<Buckets>>> = {
  all: coarse("all"),
  ends: coarse("ends"),
  points: coarse("points"),
};

/** Of the minute tier alone. */
export const MINUTES: Form<Minutes> = {
  rows: minutes,
  segment: (_, text, from, wholes) => decodeMinuteSegment(text, from, minutes, wholes),
  block: (bytes, numbers) => decodeBlock(bytes, minutes, numbers),
  loose: (rows, numbers) => pushLoose(rows, minutes, numbers),
};
