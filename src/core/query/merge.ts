// The read model of one query: buckets of any tier and of the head go in, in any order; merged
// series come out. It must not know where they come from.

import { columnsOf } from "./answer.ts";
import type { CounterColumns, SeriesAnswer } from "../api.ts";
import { Buckets } from "../bucket.ts";
import { type Labels, labelsJson, labelsObject } from "../series/labels.ts";
import { STATISTIC, type StatName } from "../stats.ts";
import { atOnce } from "../parts.ts";
import { Group, type Shelf, startOf } from "./group.ts";
import type { Plan } from "./plan.ts";

/** How series are grouped: by some labels, each apart ("*"), or (no labels) all in one. */
export type GroupBy = readonly string[] | "*";

/** The labels that a group keeps of its series. */
export const groupLabels = (labels: Labels, by: GroupBy): Labels =>
  by === "*" ? labels : labels.filter(([name]) => by.includes(name));

/** By what groups are ranked. */
export type Order = StatName | keyof CounterColumns;

export interface MergedGroup {
  readonly labels: Labels;
  /** By time. They are good until those of another group are asked for. */
  buckets(): Buckets;
  /** By the start of a bucket: how many series began there with one point, as `begin` was told. */
  readonly begun: ReadonlyMap<number, number>;
}

export interface Ranked {
  readonly groups: readonly MergedGroup[];
  readonly total: number;
}

/** Of a bucket that is not packed. */
const BUCKET_BYTES = 11 * 8;

export class Merge {
  readonly #plan: Plan;
  readonly #by: GroupBy;
  readonly #shelf: Shelf | undefined;
  readonly #groups = new Map<string, Group>();
  /** By the labels that were handed in: the same array is the same series. */
  readonly #known = new WeakMap<Labels, Group>();
  /** Groups that are not packed, the oldest first, and their buckets. */
  readonly #loose = new Set<Group>();
  #looseBuckets = 0;
  #last: Group | undefined;
  readonly #scratch = new Buckets(16);
  /** Of groups that were packed. */
  readonly #spare: Buckets[] = [];
  /** Series that were merged, those of several databases each apart. */
  series = 0;
  /** Buckets held for the answer. */
  size = 0;
  /** Bytes of those that are packed. */
  packedBytes = 0;

  /** About what it takes in memory. What groups lay in that were packed is kept for others. */
  get bytes(): number {
    const kept = this.packedBytes > 0 ? (this.#shelf?.room ?? 0) : 0;
    return BUCKET_BYTES * Math.max(kept, this.#looseBuckets) + this.packedBytes;
  }

  /** Without a shelf, all groups lie about. */
  constructor(plan: Plan, by: GroupBy, shelf?: Shelf) {
    this.#plan = plan;
    this.#by = by;
    this.#shelf = shelf;
  }

  /**
   * Merges rows [first, end) of one series, in any order; what lies outside the plan's kept range is left
   * out. Rows of one bucket that follow each other are merged at once, and so are those of a bucket each.
   */
  add(labels: Labels, buckets: Buckets, first = 0, end = buckets.length): void {
    const { kept, to, step } = this.#plan;
    const { start: starts } = buckets;
    let group: Group | undefined;
    let before = 0;
    /** Where rows begin that have a bucket each, and are not merged yet. */
    let apart = first;
    for (let i = first; i < end;) {
      const start = startOf(buckets, i, step);
      let next = i + 1;
      while (next < end && starts[next]! >= start && starts[next]! < start + step) next++;
      const isOutside = start < kept || start >= to;
      if (!isOutside && group === undefined) {
        group = this.#open(labels);
        if (group.packedBytes > 0) this.#reach(group, leastOf(starts, i, end));
        before = group.loose;
      }
      if (isOutside || next - i > 1) {
        group?.run(step, buckets, apart, i);
        if (!isOutside) group?.fold(start, buckets, i, next);
        apart = next;
      }
      i = next;
    }
    if (group === undefined) return;
    group.run(step, buckets, apart, end);
    const added = group.loose - before;
    this.size += added;
    this.#looseBuckets += added;
  }

  /** Adds to what the series of a group rose in the bucket that holds `at`, which has points of theirs. */
  raise(labels: Labels, at: number, amount: number): void {
    const { step } = this.#plan;
    const start = Math.floor(at / step) * step;
    const group = this.#open(labels);
    if (group.packedBytes > 0) this.#reach(group, start);
    group.raise(start, amount);
  }

  /** Notes that a series began with one point in the bucket that holds `at`. */
  begin(labels: Labels, at: number): void {
    const { step } = this.#plan;
    this.#group(labels).begin(Math.floor(at / step) * step);
  }

  /**
   * At most `limit` groups, the largest by `order` (a statistic over the range, or what
   * they rose in it; default count).
   * They come in that order, or by labels when none is given. `total` is how many there were.
   */
  ranked(limit: number, order?: Order): Ranked {
    return atOnce(this.rankedInParts(limit, order));
  }

  /** As `ranked`, group by group: yields how many buckets it looked at. */
  *rankedInParts(limit: number, order?: Order): Generator<number, Ranked> {
    const byLabels = [...this.#groups]
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([, group]) => group);
    const total = byLabels.length;
    let groups = byLabels;
    if (total > limit || order !== undefined) {
      const ranked = (yield* this.#ranking(byLabels, order ?? "count")).slice(0, limit);
      const kept = new Set(ranked);
      groups = order === undefined ? byLabels.filter((group) => kept.has(group)) : ranked;
    }
    return {
      groups: groups.map((group) => ({
        labels: group.labels,
        begun: group.begun,
        buckets: () => group.sorted(this.#shelf, this.#scratch),
      })),
      total,
    };
  }

  /** As `ranked`, as the series of an answer. */
  finish(
    limit: number,
    order?: Order,
  ): { readonly series: SeriesAnswer[]; readonly total: number } {
    const { groups, total } = this.ranked(limit, order);
    const series = groups.map(({ labels, buckets }) => ({
      labels: labelsObject(labels),
      ...columnsOf(buckets()),
    }));
    return { series, total };
  }

  /** The group of a series, to be added to. */
  #open(labels: Labels): Group {
    let group = this.#known.get(labels);
    if (group === undefined) {
      this.#known.set(labels, (group = this.#group(labels)));
      this.series++;
    }
    if (group === this.#last) return group;
    this.#last = group;
    if (this.#shelf === undefined) return group;
    group.lie(() => this.#empty());
    this.#loose.add(group);
    if (this.#looseBuckets > this.#shelf.room) this.#tidy(this.#shelf, group);
    return group;
  }

  /**
   * Unpacks a group, unless all that is to be added to it is after what is packed: series come in the order of
   * time, many side by side, and would be unpacked for each of their days.
   */
  #reach(group: Group, at: number): void {
    const { step } = this.#plan;
    if (this.#shelf === undefined || group.isAfterPacked(Math.floor(at / step) * step)) return;
    const before = group.loose;
    this.packedBytes -= group.packedBytes;
    this.#spare.push(group.unpack(this.#shelf, this.#empty()));
    this.#looseBuckets += group.loose - before;
    if (this.#looseBuckets > this.#shelf.room) this.#tidy(this.#shelf, group);
  }

  #group(labels: Labels): Group {
    const kept = groupLabels(labels, this.#by);
    const key = labelsJson(kept);
    let group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, (group = new Group(kept, this.#empty())));
    return group;
  }

  /** Columns are made once, and go from group to group: else they would be most of the garbage. */
  #empty(): Buckets {
    const buckets = this.#spare.pop() ?? new Buckets(16);
    buckets.length = 0;
    return buckets;
  }

  /** Packs groups, the oldest first, until what lies about fits: few each time, since nobody else has a turn meanwhile. */
  #tidy(shelf: Shelf, but: Group): void {
    for (const group of this.#loose) {
      if (this.#looseBuckets <= shelf.room) return;
      if (group === but) continue;
      this.#looseBuckets -= group.loose;
      this.#loose.delete(group);
      this.packedBytes -= group.packedBytes;
      this.#spare.push(group.pack(shelf));
      this.packedBytes += group.packedBytes;
    }
  }

  /** Largest first; those that are equal stay in their order. */
  *#ranking(groups: readonly Group[], order: Order): Generator<number, Group[]> {
    const ranks: { readonly group: Group; readonly rank: number }[] = [];
    for (const group of groups) {
      const buckets = group.sorted(this.#shelf, this.#scratch);
      ranks.push({ group, rank: rankOf([[buckets, 0, buckets.length]], order) });
      yield buckets.length;
    }
    return ranks.sort((a, b) => b.rank - a.rank).map(({ group }) => group);
  }
}

function leastOf(starts: Float64Array, first: number, end: number): number {
  let least = Infinity;
  for (let row = first; row < end; row++) if (starts[row]! < least) least = starts[row]!;
  return least;
}

/** Rows [first, end) of buckets. */
type Rows = readonly [buckets: Buckets, first: number, end: number];

/** A statistic over all rows merged, never a statistic of statistics; or what `raise` added to them. */
export const rankOf = (rows: Iterable<Rows>, order: Order): number =>
  atOnce(rankInParts(rows, order, whole));

/** As `rankOf`, merged in a row that nobody else uses meanwhile: yields how many rows it looked at. */
export function* rankInParts(
  rows: Iterable<Rows>,
  order: Order,
  into: Buckets,
): Generator<number, number> {
  const isRise = order === "increase" || order === "rate";
  let rose = 0;
  into.clear(0);
  for (const [buckets, first, end] of rows) {
    if (isRise) for (let row = first; row < end; row++) rose += buckets.rise[row]!;
    else into.mergeRows(0, 0, buckets, first, end);
    yield end - first;
  }
  return isRise ? rose : STATISTIC[order].of(into.at(0));
}

/** A list of one row. */
export function oneRow(): Buckets {
  const row = new Buckets(1);
  row.push(0);
  return row;
}

/** What is ranked at once. */
const whole = oneRow();
