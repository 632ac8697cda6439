// What stored bytes are decoded into, for readers of each kind.

import { Buckets } from "../../core/bucket.ts";
import { decodeBlock, decodeBlockAsBuckets } from "../../core/codec/page.ts";
import type { Wanted } from "../../core/codec/row-group.ts";
import {
  decodeMinuteSegment,
  decodeMinuteSegmentAsBuckets,
  decodeSegment,
  type Segment,
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
  /** The same with rows of its own. */
  own(): Form<R>;
  /**
   * Appends what a table has of a series from `from` on, Unix ms; an hour of which no minutes are known to
   * `wholes`, or where hours are wanted to the others. @throws CorruptBytes
   */
  segment(table: TierName, segment: Segment, from: number, wholes: Buckets): void;
  /** Appends the rows of a block, and the numbers of their series. @throws CorruptBytes */
  block(bytes: Uint8Array, numbers: number[]): void;
  /** The same of rows that are not packed. */
  loose(rows: LooseMinutes, numbers: number[]): void;
}

/** Of the minute tier. */
const bucketsForm = (buckets: Buckets): Form<Buckets> => ({
  rows: buckets,
  own: () => bucketsForm(new Buckets(64)),
  segment: (_, segment, from, wholes) =>
    decodeMinuteSegmentAsBuckets(segment, from, buckets, wholes),
  block: (bytes, numbers) => decodeBlockAsBuckets(bytes, buckets, numbers),
  loose: (rows, numbers) => pushLooseBuckets(rows, buckets, numbers),
});

export const BUCKETS = bucketsForm(new Buckets(64));

/** Of the other tiers; what is not wanted of their buckets is not decoded. */
const coarse = (wanted: Wanted, base = BUCKETS): Form<Buckets> => ({
  ...base,
  own: () => coarse(wanted, base.own()),
  segment: (table, segment, from) =>
    table === "minute"
      ? decodeMinuteSegmentAsBuckets(segment, from, base.rows, base.rows)
      : decodeSegment(segment, from, TIERS[table].step, base.rows, wanted),
});

export const COARSE: Readonly<Record<Wanted, Form<Buckets>>> = {
  all: coarse("all"),
  ends: coarse("ends"),
  points: coarse("points"),
};

const minutesForm = (minutes: Minutes): Form<Minutes> => ({
  rows: minutes,
  own: () => minutesForm(new Minutes(LIMITS.samplesPerMinute)),
  segment: (_, segment, from, wholes) => decodeMinuteSegment(segment, from, minutes, wholes),
  block: (bytes, numbers) => decodeBlock(bytes, minutes, numbers),
  loose: (rows, numbers) => pushLoose(rows, minutes, numbers),
});

/** Of the minute tier alone. */
export const MINUTES = minutesForm(new Minutes(LIMITS.samplesPerMinute, 64));
