// When a shard flushes: once an hour, a few minutes after its end. Pure: the shard passes what it knows.
// The clock may be wrong, now or when something was noted: what lies in the future is not believed.

import { HOUR, MINUTE } from "../../core/tiers.ts";

/** How long a flush waits at least for points that are on their way, ms after the hour. */
const GRACE = MINUTE;
/** Shards flush one after the other, not together: so many turns, so far apart, ms. */
const TURNS = 10;
const TURN = MINUTE / 2;

/** How long after the hour a shard flushes, ms: before the roll-up, ten minutes after it. */
export const offsetOf = (shard: number): number => GRACE + (shard % TURNS) * TURN;

/** The time up to which buckets may be flushed now (exclusive): the end of the last closed hour. */
export const flushCut = (now: number, shard: number): number =>
  Math.floor((now - offsetOf(shard)) / HOUR) * HOUR;

/** The earliest time after `now` at which `flushCut` moves on. */
export const nextFlush = (now: number, shard: number): number =>
  flushCut(now, shard) + HOUR + offsetOf(shard);

/** The cut of a regular flush that is due now; undefined when `last`, that of the last one, holds. */
export function dueCut(now: number, shard: number, last: number): number | undefined {
  const cut = flushCut(now, shard);
  return cut > last || last > now ? cut : undefined;
}

/** The latest time that an alarm is set for: one that is set for later was set by a wrong clock. */
export const latestAlarm = (now: number): number => now + HOUR;
