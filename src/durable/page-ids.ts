// The ids of sealed pages, which are the watermarks that a shard sets in its database. Pure.

/** Between the ids of pages, which are its multiples, lie those of writes without pages. */
export const STEP = 1_000;

/** The id of a page that comes first at `now`; ids grow with the clock. */
export const firstId = (now: number): number => now * STEP;

/** The id that follows. */
export const idAfter = (id: number, now: number): number =>
  Math.max((Math.floor(id / STEP) + 1) * STEP, firstId(now));
