// Which of the two is older: what was read of D1, or what a shard answered. They are read at the same
// time, and a page may go from one to the other meanwhile. Pure.
//
// A shard numbers its pages, and D1 keeps the number W of the last one that it holds (the shard's
// watermark). Of a head that says "I know D1 to hold B, I hold these pages, and open buckets that will
// be page O", pages up to W are in D1 and all else is not, provided that
//
//   B ≤ W    else pages in between are in neither: D1 was read before they came, and is asked again;
//   W < O    else open buckets are in both: the shard was asked before they went, and is asked again.
//
// Neither is waited for in vain. D1 may have been restored to an earlier time, so that W stays below
// B: when D1, read at its primary after B was known, still does not hold B, those pages are lost and
// there is nothing to wait for. And a shard that lost its storage, or D1 of another past, may have W at
// or above O: when W is the same after the shard was asked again, it numbers none of this shard's
// pages, and D1 holds none of them (the shard numbers them anew before it flushes them).

/** What is known of one shard after both were read. */
export interface Sides {
  /** D1's watermark of the shard in what was read; 0 when it has none. */
  readonly stored: number;
  /** The watermark that the shard believes. */
  readonly believed: number;
  /** The page that its open buckets will be part of. */
  readonly openId: number;
}

export type Verdict =
  /** Each bucket is in exactly one of the two: `inHead` says which. */
  | "fits"
  /** Ask both again, D1 at its primary. */
  | "again";

/**
 * `before`: what was known of the shard when this reading of D1's primary, and of the shard, began;
 * undefined at the first reading, or when D1 may have answered from a replica.
 */
export function verdict(now: Sides, before: Sides | undefined): Verdict {
  const fresh = now.stored >= now.believed || (before?.believed ?? -1) >= now.believed;
  const whole = now.openId > now.stored || before?.stored === now.stored;
  return fresh && whole ? "fits" : "again";
}

/** Whether a sealed page of a head that fits is to be read from the head. */
export const inHead = (
  page: number,
  { stored, openId }: Pick<Sides, "stored" | "openId">,
): boolean => page > stored || openId <= stored;
