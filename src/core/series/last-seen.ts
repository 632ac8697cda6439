// When something was last seen, and what it said then. A time that lies further ahead than points may
// be was noted while a clock was wrong: it is not believed, wherever there is another.

import * as LIMITS from "../limits.ts";

export interface LastSeen {
  /** Unix ms. */
  readonly lastAt: number;
  readonly last: number;
}

/** The latest time that is believed at `now`, Unix ms. */
export const latestBelieved = (now: number): number => now + LIMITS.aheadMs;

/** The later of two; among equal times the one with the larger value, as in a bucket. */
export function later(a: LastSeen, b: LastSeen, now: number): LastSeen {
  const most = latestBelieved(now);
  const isB =
    a.lastAt > most !== b.lastAt > most
      ? a.lastAt > most
      : b.lastAt > a.lastAt || (b.lastAt === a.lastAt && b.last > a.last);
  const { lastAt, last } = isB ? b : a;
  return { lastAt, last };
}

/** The latest of several, as it is told at `now`: what nobody can have seen yet is no later than now. */
export function latestOf(seen: readonly LastSeen[], now: number): LastSeen {
  const { lastAt, last } = seen.reduce((a, b) => later(a, b, now));
  return { lastAt: lastAt > latestBelieved(now) ? now : lastAt, last };
}
