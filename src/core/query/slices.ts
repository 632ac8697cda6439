// Cuts a wide read into slices, each small enough to be read and decoded at once: some packs over the whole
// range, or a part of the range of one pack. Pure.

import { packOf, SERIES_PER_PACK, slotOf } from "../codec/pack.ts";
import { DAY, HOUR, hourOf, MINUTE, type TierName } from "../tiers.ts";
import type { Plan } from "./plan.ts";

/** A pack of which segments are wanted. */
export interface WantedPack {
  readonly pack: number;
  /** The only slot that is wanted; null when several are: then all are read. */
  readonly slot: number | null;
}

export interface Slice {
  readonly packs: readonly WantedPack[];
  /** [from, to), Unix ms, whole buckets. */
  readonly from: number;
  readonly to: number;
}

/** The packs of series, by id, first to last. */
export function packsOf(ids: Iterable<number>): readonly WantedPack[] {
  const packs = new Map<number, number | null>();
  for (const id of ids) packs.set(packOf(id), packs.has(packOf(id)) ? null : slotOf(id));
  return [...packs].map(([pack, slot]) => ({ pack, slot })).sort((a, b) => a.pack - b.pack);
}

/** How many slots of packs are read. */
export const slotsOf = (packs: readonly WantedPack[]): number =>
  packs.reduce((sum, { slot }) => sum + (slot === null ? SERIES_PER_PACK : 1), 0);

/** Buckets that one series may have to be read for in [from, to). */
export type Cost = (from: number, to: number) => number;

/** `open`: hours that are not rolled up, in order, whose minutes are read at any tier. */
export function costOf({ tier, step }: Plan, open: readonly number[]): Cost {
  if (tier === "minute") return (from, to) => (to - from) / MINUTE;
  return (from, to) => {
    const [first, end] = [hourOf(from), Math.ceil(to / HOUR)];
    let hours = 0;
    for (const hour of open) if (hour >= first && hour < end) hours++;
    return (to - from) / step + hours * 60;
  };
}

/** Slices of about `most` buckets; together they are all packs in the whole of what is kept. */
export function sliced(
  packs: readonly WantedPack[],
  { tier, kept: from, to }: Plan,
  cost: Cost,
  most: number,
): readonly Slice[] {
  if (from >= to) return [];
  const slices: Slice[] = [];
  const ofSlot = cost(from, to);
  let some: WantedPack[] = [];
  let buckets = 0;
  const finish = (): void => {
    if (some.length > 0) slices.push({ packs: some, from, to });
    some = [];
    buckets = 0;
  };
  for (const pack of packs) {
    const more = slotsOf([pack]) * ofSlot;
    if (more > most) {
      slices.push(...parts({ packs: [pack], from, to }, tier, cost, most));
      continue;
    }
    if (buckets + more > most) finish();
    some.push(pack);
    buckets += more;
  }
  finish();
  return slices;
}

/** Cuts a slice in time until each part has at most `most` buckets, or cannot be cut. */
function parts(slice: Slice, tier: TierName, cost: Cost, most: number): readonly Slice[] {
  if (slotsOf(slice.packs) * cost(slice.from, slice.to) <= most) return [slice];
  const both = halves(slice, tier);
  return both === undefined ? [slice] : both.flatMap((half) => parts(half, tier, cost, most));
}

/** Where the range may be cut: rows of hours are of a day, and an hour's minutes are one row. */
const GRAIN: Readonly<Record<TierName, number>> = { minute: HOUR, hour: DAY, day: DAY };

/** The two halves of a slice, of its packs or else of its range; undefined when it cannot be cut. */
export function halves(slice: Slice, tier: TierName): readonly [Slice, Slice] | undefined {
  const { packs, from, to } = slice;
  if (packs.length > 1) {
    const middle = packs.length >> 1;
    return [
      { ...slice, packs: packs.slice(0, middle) },
      { ...slice, packs: packs.slice(middle) },
    ];
  }
  const grain = GRAIN[tier];
  const middle = Math.round((from + to) / 2 / grain) * grain;
  if (middle <= from || middle >= to) return undefined;
  return [
    { ...slice, to: middle },
    { ...slice, from: middle },
  ];
}
