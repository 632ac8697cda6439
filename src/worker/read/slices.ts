// Reads what is too much for one batch, slice by slice: some packs of a database over the whole range, or a
// part of the range of one pack. Each slice is a snapshot of its own, and is handed out beside the head
// that fits it: of the series and the time of the slice alone. While no flush lands in between, one head
// fits all, and is handed out at the end; else it is handed out for the slices that it fits, and asked anew.

import { packOf } from "../../core/codec/pack.ts";
import type { Plan } from "../../core/query/plan.ts";
import type { ReadError } from "../../core/query/read-error.ts";
import {
  type Cost,
  costOf,
  halves,
  packsOf,
  type Slice,
  sliced,
  slotsOf,
  type WantedPack,
} from "../../core/query/slices.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Labels } from "../../core/series/labels.ts";
import { databasesOf } from "../../d1/databases.ts";
import type { Caching, Known } from "../../d1/pack-cache.ts";
import { knownParts, readSlice, type SliceSnapshot } from "../../d1/snapshot.ts";
import type { Env } from "../env.ts";
import { ISOLATE_CLOCK } from "../isolate-clock.ts";
import { countRead } from "../shards.ts";
import { besideOf, inGroups, partsOf } from "./at-once.ts";
import { type Load, overBudget, tooManyMinutes } from "./bounds.ts";
import {
  type AllSides,
  type AskedHead,
  ATTEMPTS,
  fits,
  headsOf,
  MOVING,
  sidesOf,
  tooMuch,
} from "./consistent.ts";
import { Gate } from "./gate.ts";
import type { Receiver } from "./hand-out.ts";
import type { Range } from "./known-series.ts";
import type { Outstanding } from "./outstanding.ts";
import { bytesOf } from "./pack-text.ts";
import type { Stored } from "./stored.ts";
import { d1Unavailable } from "./unavailable.ts";

export interface Wide {
  /** By shard, the metrics that were asked for. */
  readonly asked: ReadonlyMap<number, readonly string[]>;
  /** Label pairs that each series has. */
  readonly labels: Labels;
  readonly plan: Plan;
  readonly stored: readonly Stored[];
  /** They fit the first snapshot. What of them is of no series of `stored` was handed out. */
  readonly heads: readonly AskedHead[];
  readonly handOut: Receiver;
  /** Buckets of a slice, give or take. */
  readonly perSlice: number;
  /** Unix ms: when the query began. */
  readonly since: number;
  readonly caching: (database: string) => Caching;
  /** To be told of packs when all of them was handed out; undefined: nobody asks. */
  readonly outstanding: Outstanding | undefined;
}

interface Item {
  readonly of: Stored;
  readonly slice: Slice;
  /** It cannot be cut: however much it is, it is read. */
  readonly whole: boolean;
  /** What is held of all its packs: as it seems next to nothing is to be read. */
  readonly known?: Known;
}

/** Of this isolate. */
const gate = new Gate(ISOLATE_CLOCK);

/** Slices that are read before they are due: D1 works while this decodes. */
const AHEAD = 2;

export async function readSlices(env: Env, wide: Wide): Promise<ReadError | undefined> {
  const { plan, stored, handOut, since, outstanding } = wide;
  const costs = new Map(stored.map((of) => [of, costOf(plan, of.reading.snapshot.open)]));
  const loads = stored.map((of): Load => ({
    series: of.series.size,
    slots: slotsOf(packsOf(of.series.keys())),
    cost: costs.get(of)!,
  }));
  const bucketsOf = ({ of, slice }: Item): number =>
    slotsOf(slice.packs) * costs.get(of)!(slice.from, slice.to);
  const queue = inTurn(stored.map((of) => itemsOf(of, wide, costs.get(of)!)));
  const joined = new Joined(env, wide);
  const flying: {
    readonly item: Item;
    readonly read: Promise<Result<SliceSnapshot, ReadError>>;
  }[] = [];
  const thought = { series: 0, slots: 0 };
  while (queue.length > 0 || flying.length > 0) {
    while (flying.length < AHEAD && queue.length > 0) {
      const item = queue.shift()!;
      flying.push({ item, read: joined.read(item) });
    }
    const { item, read } = flying.shift()!;
    const snapshot = await read;
    if (!snapshot.ok) return snapshot.error;
    if (snapshot.value.segments.cut) {
      queue.unshift(...cutFiner(item, wide, costs.get(item.of)!));
      continue;
    }
    const error = await joined.handOut(item, snapshot.value);
    if (error !== undefined) return error;
    const { slice, of } = item;
    thought.series += of.series.within(slice.packs) * costs.get(of)!(slice.from, slice.to);
    thought.slots += bucketsOf(item);
    const done = { decoded: handOut.decoded, thought, ms: Date.now() - since };
    const over = overBudget(plan, loads, done);
    if (over !== undefined) return over;
    if (outstanding === undefined || isWhole(slice, plan)) continue;
    const packs = wholeOf(item, [...flying.map((one) => one.item), ...queue]);
    const failed =
      (await joined.finish()) ??
      (await outstanding.done(of.series, packs)) ??
      tooManyMinutes(handOut.decoded);
    if (failed !== undefined) return failed;
  }
  return await joined.finish();
}

const isWhole = ({ from, to }: Slice, plan: Plan): boolean => from === plan.kept && to === plan.to;

/** Packs of which all was handed out with this one, when others are still to be. */
function wholeOf({ of, slice }: Item, left: readonly Item[]): number[] {
  const packs = slice.packs.map(({ pack }) => pack);
  const others = new Set(
    left
      .filter((one) => one.of === of)
      .flatMap((one) => one.slice.packs)
      .map(({ pack }) => pack),
  );
  return packs.filter((pack) => !others.has(pack));
}

/** What is known comes first, some packs at a time: what is read of the others may take its room. */
function itemsOf(of: Stored, wide: Wide, cost: Cost): Item[] {
  const { plan, perSlice, caching } = wide;
  const packs = packsOf(of.series.keys());
  const { reading } = of;
  const parts = knownParts(plan, packs, reading.snapshot.open, perSlice, caching(reading.name));
  const names = new Set(parts.flatMap(({ packs: known }) => known.map(({ pack }) => pack)));
  const { kept: from, to } = plan;
  return [
    ...parts.map((known) => ({ of, slice: { packs: known.packs, from, to }, whole: false, known })),
    ...slicedItems(
      of,
      packs.filter(({ pack }) => !names.has(pack)),
      wide,
      cost,
    ),
  ];
}

const slicedItems = (
  of: Stored,
  packs: readonly WantedPack[],
  { plan, perSlice }: Wide,
  cost: Cost,
): Item[] =>
  sliced(packs, plan, cost, perSlice).map((slice): Item => ({ of, slice, whole: false }));

/** One of each list in turn: databases work side by side. */
function inTurn(lists: readonly (readonly Item[])[]): Item[] {
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  return Array.from({ length: longest }, (_, i) => lists.flatMap((list) => list[i] ?? [])).flat();
}

function cutFiner({ of, slice, known }: Item, wide: Wide, cost: Cost): Item[] {
  // There is more beside what is held than was thought, or that is not so any more.
  if (known !== undefined) return slicedItems(of, slice.packs, wide, cost);
  const both = halves(slice, wide.plan.tier);
  if (both === undefined) return [{ of, slice, whole: true }];
  return both.map((half) => ({ of, slice: half, whole: false }));
}

/** A slice that was handed out, and the head beside it not yet. */
interface Pending {
  readonly of: Stored;
  readonly slice: Slice;
  readonly flushed: ReadonlyMap<number, number>;
}

/** Slices and the heads that fit them. */
class Joined {
  readonly #env: Env;
  readonly #wide: Wide;
  #heads: readonly AskedHead[];
  #pending: Pending[] = [];
  readonly #ids = new Map<Stored, ReadonlyMap<string, number>>();
  /** By database. What is read by one is never older than what was. */
  readonly #sessions: Map<string, D1DatabaseSession>;

  constructor(env: Env, wide: Wide) {
    this.#env = env;
    this.#wide = wide;
    this.#heads = wide.heads;
    this.#sessions = new Map(wide.stored.map(({ reading: { name, session } }) => [name, session]));
  }

  async read({ of, slice, whole, known }: Item): Promise<Result<SliceSnapshot, ReadError>> {
    const { plan, perSlice, caching } = this.#wide;
    const { name } = of.reading;
    const session = this.#sessions.get(name)!;
    const most = whole ? Infinity : perSlice;
    try {
      const read = await gate.pass(name, () =>
        readSlice(session, slice, plan, most, caching(name), known),
      );
      countRead(read.counted.read);
      return ok(read);
    } catch (error) {
      return err(d1Unavailable(name, error));
    }
  }

  /** Hands out a slice; the head beside it is handed out later. */
  async handOut(item: Item, first: SliceSnapshot): Promise<ReadError | undefined> {
    const { of, slice } = item;
    const { name } = of.reading;
    const { plan, handOut, perSlice } = this.#wide;
    let snapshot = first;
    let before: AllSides = new Map();
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const now = new Map(sidesOf(this.#heads, name, snapshot));
      if (fits(now, before)) {
        const { outstanding } = this.#wide;
        if (outstanding !== undefined && isWhole(slice, plan)) {
          const beside = besideOf(this.#heads, name, of.series, this.#idsOf(of));
          const packs = slice.packs.map(({ pack }) => pack);
          const whole = { name, snapshot, series: of.series, packs, beside };
          return await inGroups(handOut, whole, { range: slice, perSlice, outstanding });
        }
        this.#pending.push({ of, slice, flushed: snapshot.flushed });
        const bytes = bytesOf(snapshot.segments);
        handOut.hold(bytes);
        const error = await handOut.stored(name, snapshot, snapshot.segments, of.series, slice);
        handOut.hold(-bytes);
        return error;
      }
      before = now;
      // The head that fitted the slices before goes with them; this one is read again with a new head.
      const failed = await this.finish();
      if (failed !== undefined) return failed;
      const again = await this.#again(item);
      if (!again.ok) return again.error;
      snapshot = again.value;
    }
    return MOVING;
  }

  async #again(item: Item): Promise<Result<SliceSnapshot, ReadError>> {
    const { asked, labels, plan } = this.#wide;
    const database = databasesOf(this.#env).find(({ name }) => name === item.of.reading.name)!;
    // Only the primary can be trusted not to be behind what a shard said.
    this.#sessions.set(database.name, database.db.withSession("first-primary"));
    const [stored, heads] = await Promise.all([
      this.read({ ...item, whole: item.known === undefined }),
      headsOf(this.#env, asked, { labels, from: plan.kept, to: plan.to }),
    ]);
    if (!heads.ok) return err(heads.error.kind === "head_cut" ? tooMuch(heads.error) : heads.error);
    // Of what was known there may be too much to be read at once.
    if (stored.ok && stored.value.segments.cut) return err(MOVING);
    // What a shard held when it moved to another database may be in either: nothing says in which.
    const before = new Map(this.#heads.map(({ shard, head }) => [shard, head.database]));
    if (heads.value.some(({ shard, head }) => head.database !== before.get(shard)))
      return err(MOVING);
    this.#heads = heads.value;
    this.#wide.handOut.clear();
    return stored;
  }

  #idsOf(of: Stored): ReadonlyMap<string, number> {
    const ids = this.#ids.get(of) ?? of.series.ids();
    this.#ids.set(of, ids);
    return ids;
  }

  /** Hands out the heads beside the slices that they fit. */
  async finish(): Promise<ReadError | undefined> {
    const pending = this.#pending;
    this.#pending = [];
    for (const asked of this.#heads) {
      const { shard, head } = asked;
      const beside = pending.filter(({ of }) => of.reading.name === head.database);
      const [first] = beside;
      if (first === undefined) continue;
      const { of } = first;
      const ids = this.#idsOf(of);
      for (const [stored, slices] of Map.groupBy(
        beside,
        ({ flushed }) => flushed.get(shard) ?? 0,
      )) {
        const ranges = rangesByPack(slices);
        const parts = partsOf(head, (key) => {
          const id = ids.get(key);
          const wanted = id === undefined ? undefined : ranges.get(packOf(id));
          return wanted && { series: of.series.get(id!)!, ranges: wanted };
        });
        const error = await this.#wide.handOut.head(asked, stored, parts);
        if (error !== undefined) return error;
      }
    }
    return undefined;
  }
}

function rangesByPack(slices: readonly Pending[]): ReadonlyMap<number, readonly Range[]> {
  const ranges = new Map<number, Range[]>();
  for (const { slice } of slices)
    for (const { pack } of slice.packs) {
      const of = ranges.get(pack) ?? [];
      of.push(slice);
      ranges.set(pack, of);
    }
  return ranges;
}
