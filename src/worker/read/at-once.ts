// Hands out what was read at once of databases, and the heads that fit it: as it came, or, where somebody waits for whole
// series, some packs after the other, with all that there is of them.

import { packOf } from "../../core/codec/pack.ts";
import type { ReadError } from "../../core/query/read-error.ts";
import { MINUTE, TIERS } from "../../core/tiers.ts";
import { packsOf } from "../../core/query/slices.ts";
import type { PackRow } from "../../d1/rows.ts";
import type { SliceSnapshot } from "../../d1/snapshot.ts";
import { tooManyMinutes } from "./bounds.ts";
import type { AskedHead } from "./consistent.ts";
import type { Receiver } from "./hand-out.ts";
import { KnownSeries, type Range, type SeriesById, type SeriesParts } from "./known-series.ts";
import type { Outstanding } from "./outstanding.ts";
import { bytesOf } from "./pack-text.ts";
import type { Stored } from "./stored.ts";

export interface AtOnce {
  /** Of those that are `cut` nothing is handed out: they are read slice by slice. */
  readonly stored: readonly Stored[];
  readonly heads: readonly AskedHead[];
  readonly matches: (series: KnownSeries) => boolean;
  readonly range: Range;
  /** Buckets, give or take, after which somebody is told of series that are whole. */
  readonly perSlice: number;
  readonly outstanding: Outstanding | undefined;
}

export async function handOutAtOnce(
  handOut: Receiver,
  { stored, heads, matches, range, perSlice, outstanding }: AtOnce,
): Promise<ReadError | undefined> {
  const whole = stored.filter(({ reading }) => !reading.snapshot.segments.cut);
  if (outstanding === undefined) {
    for (const { reading, series } of whole) {
      const { name, snapshot } = reading;
      const bytes = bytesOf(snapshot.segments);
      handOut.hold(bytes);
      const error = await handOut.stored(name, snapshot, snapshot.segments, series, range);
      handOut.hold(-bytes);
      if (error !== undefined) return error;
    }
    const wide = stored.filter((one) => !whole.includes(one));
    return await headsOfOthers(handOut, { stored, heads, matches, range }, wide);
  }
  // Of series that are in no row of their database, all of it is here.
  const error = await headsOfOthers(handOut, { stored, heads, matches, range }, stored);
  if (error !== undefined) return error;
  for (const { reading, series } of whole) {
    const { name, snapshot } = reading;
    const packs = packsOf(series.keys()).map(({ pack }) => pack);
    const beside = besideOf(heads, name, series);
    const of = { name, snapshot, series, packs, beside };
    const error = await inGroups(handOut, of, { range, perSlice, outstanding });
    if (error !== undefined) return error;
  }
  return undefined;
}

/** Heads, but for series of some databases: they come beside what is stored of them. */
async function headsOfOthers(
  handOut: Receiver,
  { stored, heads, matches, range }: Pick<AtOnce, "stored" | "heads" | "matches" | "range">,
  some: readonly Stored[],
): Promise<ReadError | undefined> {
  for (const asked of heads) {
    const { database } = asked.head;
    const later = some.find(({ reading }) => reading.name === database)?.series.ids();
    const parts = partsOf(asked.head, (key) => {
      if (later?.has(key) === true) return undefined;
      const series = KnownSeries.ofKey(key);
      return matches(series) ? { series, ranges: [range] } : undefined;
    });
    const error = await handOut.head(asked, flushedOf(stored, asked), parts);
    if (error !== undefined) return error;
  }
  return undefined;
}

const flushedOf = (stored: readonly Stored[], { shard, head }: AskedHead): number =>
  stored
    .find(({ reading }) => reading.name === head.database)!
    .reading.snapshot.flushed.get(shard) ?? 0;

/** Hands out a head beside what a database holds, of the series of some packs. */
export type Beside = (
  handOut: Receiver,
  flushed: ReadonlyMap<number, number>,
  packs: ReadonlySet<number>,
  range: Range,
) => Promise<ReadError | undefined>;

/** `ids`: of the database, by series key. */
export function besideOf(
  heads: readonly AskedHead[],
  database: string,
  series: SeriesById,
  ids = series.ids(),
): Beside {
  const beside = heads
    .filter(({ head }) => head.database === database)
    .map((asked) => {
      const known = [...asked.head.keys].flatMap(([number, key]) => {
        const id = ids.get(key);
        return id === undefined ? [] : { number, id };
      });
      return { asked, byPack: Map.groupBy(known, ({ id }) => packOf(id)) };
    });
  return async (handOut, flushed, packs, range) => {
    const ranges = [range];
    for (const { asked, byPack } of beside) {
      const parts = new Map<number, SeriesParts>();
      for (const pack of packs)
        for (const { number, id } of byPack.get(pack) ?? [])
          parts.set(number, { series: series.get(id)!, ranges });
      const error = await handOut.head(asked, flushed.get(asked.shard) ?? 0, parts);
      if (error !== undefined) return error;
    }
    return undefined;
  };
}

/** The series of a head of which parts are wanted, by number. */
export function partsOf(
  { keys }: AskedHead["head"],
  wanted: (key: string) => SeriesParts | undefined,
): ReadonlyMap<number, SeriesParts> {
  const parts = new Map<number, SeriesParts>();
  for (const [number, key] of keys) {
    const of = wanted(key);
    if (of !== undefined) parts.set(number, of);
  }
  return parts;
}

/** All of some packs of a database, over the whole range. */
interface Whole {
  readonly name: string;
  readonly snapshot: SliceSnapshot;
  readonly series: SeriesById;
  readonly packs: readonly number[];
  readonly beside: Beside;
}

export async function inGroups(
  handOut: Receiver,
  { name, snapshot, series, packs, beside }: Whole,
  {
    range,
    perSlice,
    outstanding,
  }: Pick<AtOnce, "range" | "perSlice"> & { readonly outstanding: Outstanding },
): Promise<ReadError | undefined> {
  const { segments, flushed } = snapshot;
  const bytes = bytesOf(segments);
  handOut.hold(bytes);
  try {
    for (const group of groupsOf(segments.minutes, packs, series, perSlice)) {
      const some = { ...segments, minutes: group.minutes };
      const error =
        (await handOut.stored(name, snapshot, some, series, range)) ??
        (await beside(handOut, flushed, group.packs, range)) ??
        (await outstanding.done(series, group.packs)) ??
        tooManyMinutes(handOut.decoded);
      if (error !== undefined) return error;
    }
    return undefined;
  } finally {
    // Who takes series may end it.
    handOut.hold(-bytes);
  }
}

/** Of a slice, at least: a pack of a day is one, so that the columns of its series stay near. */
const GROUPS = 12;

interface Group {
  readonly packs: Set<number>;
  readonly minutes: PackRow[];
}

/** All packs, with their rows; those without any are in the last group. */
function* groupsOf(
  rows: readonly PackRow[],
  packs: readonly number[],
  series: SeriesById,
  perSlice: number,
): Generator<Group> {
  const left = new Set(packs);
  let group: Group = { packs: new Set(), minutes: [] };
  let size = 0;
  for (const [pack, ofPack] of Map.groupBy(rows, (row) => row.pack)) {
    left.delete(pack);
    group.packs.add(pack);
    group.minutes.push(...ofPack);
    size += ofPack.length * series.inPack(ofPack[0]!).length * (TIERS.hour.step / MINUTE);
    if (size < perSlice / GROUPS) continue;
    yield group;
    group = { packs: new Set(), minutes: [] };
    size = 0;
  }
  for (const pack of left) group.packs.add(pack);
  yield group;
}
