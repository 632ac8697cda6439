// The read model of one query: buckets of any tier and of the head go in, in any order; merged
// series come out. It must not know where they come from.

import { columnsOf } from "./answer.ts";
import type { SeriesAnswer } from "../api.ts";
import { Buckets } from "../bucket.ts";
import { type Labels, labelsJson, labelsObject } from "../series/labels.ts";
import { STATISTIC, type StatName } from "../stats.ts";
import type { Plan } from "./plan.ts";

/** How series are grouped: by some labels, each apart ("*"), or (no labels) all in one. */
export type GroupBy = readonly string[] | "*";

/** The labels that a group keeps of its series. */
export const groupLabels = (labels: Labels, by: GroupBy): Labels =>
  by === "*" ? labels : labels.filter(([name]) => by.includes(name));

/** Keeps small what is not being added to: see shelf.ts. */
export interface Shelf {
  /** Buckets that may lie about at the same time, give or take a group. */
  readonly room: number;
  pack(sorted: Buckets): Uint8Array;
  /** Appends what was packed. */
  unpack(packed: Uint8Array, into: Buckets): void;
}

export interface MergedGroup {
  readonly labels: Labels;
  /** By time. They are good until those of another group are asked for. */
  buckets(): Buckets;
}

class Group {
  readonly labels: Labels;
  /** Where rows are, while they are not in the order of time. */
  #rows: Map<number, number> | undefined;
  #buckets: Buckets;
  #packed: Uint8Array | undefined;
  /** The row that was last merged into: the next one is mostly the next. */
  #row = 0;

  /** `empty` is its own from now on. */
  constructor(labels: Labels, empty: Buckets) {
    this.labels = labels;
    this.#buckets = empty;
  }

  /** Buckets that are not packed. */
  get loose(): number {
    return this.#buckets.length;
  }

  /** Merges a row of `from` into the bucket that starts at `start`; whether it is a new one. */
  merge(start: number, from: Buckets, row: number): boolean {
    const before = this.#buckets.length;
    this.#row = this.#find(start);
    this.#buckets.merge(this.#row, from, row);
    return this.#buckets.length > before;
  }

  #find(start: number): number {
    const { start: starts, length } = this.#buckets;
    const next = this.#row + 1;
    if (next < length && starts[next] === start) return next;
    if (this.#rows === undefined) {
      if (length === 0 || start > starts[length - 1]!) return this.#buckets.push(start);
      const at = lowerBound(starts, length, start);
      if (starts[at] === start) return at;
      this.#rows = new Map();
      for (let i = 0; i < length; i++) this.#rows.set(starts[i]!, i);
    }
    let row = this.#rows.get(start);
    if (row === undefined) this.#rows.set(start, (row = this.#buckets.push(start)));
    return row;
  }

  /** The buckets by time, those that are packed in `scratch`. */
  sorted(shelf: Shelf | undefined, scratch: Buckets): Buckets {
    if (this.#packed === undefined) return this.#sort();
    scratch.length = 0;
    shelf?.unpack(this.#packed, scratch);
    return scratch;
  }

  #sort(): Buckets {
    if (this.#rows === undefined) return this.#buckets;
    const { start } = this.#buckets;
    const sorted = new Buckets(this.#buckets.length);
    for (const [at, row] of [...this.#rows].sort(([a], [b]) => a - b))
      sorted.pushCopy(at, this.#buckets, row);
    this.#rows = undefined;
    this.#row = start.length;
    return (this.#buckets = sorted);
  }

  /** Gives back the buckets that it lay in. */
  pack(shelf: Shelf): Buckets {
    const before = this.#sort();
    this.#packed = shelf.pack(before);
    this.#buckets = EMPTY;
    return before;
  }

  unpack(shelf: Shelf, empty: Buckets): void {
    if (this.#packed === undefined) return;
    this.#buckets = empty;
    shelf.unpack(this.#packed, this.#buckets);
    this.#packed = undefined;
    this.#row = this.#buckets.length;
  }

  /** 0 while it is not packed. */
  get packedBytes(): number {
    return this.#packed?.length ?? 0;
  }
}

/** Of groups that are packed. */
const EMPTY = new Buckets(0);

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
  /** Buckets held for the answer. */
  size = 0;
  /** Bytes of those that are packed. */
  packedBytes = 0;

  /** Without a shelf, all groups lie about. */
  constructor(plan: Plan, by: GroupBy, shelf?: Shelf) {
    this.#plan = plan;
    this.#by = by;
    this.#shelf = shelf;
  }

  /** Merges rows [first, end) of one series; what lies outside the plan's kept range is left out. */
  add(labels: Labels, buckets: Buckets, first = 0, end = buckets.length): void {
    const { kept, to, step } = this.#plan;
    let group: Group | undefined;
    let added = 0;
    for (let i = first; i < end; i++) {
      const start = Math.floor(buckets.start[i]! / step) * step;
      if (start < kept || start >= to) continue;
      group ??= this.#open(labels);
      if (group.merge(start, buckets, i)) added++;
    }
    this.size += added;
    this.#looseBuckets += added;
  }

  /**
   * At most `limit` groups, the largest by `order` (a statistic over the range; default count).
   * They come in that order, or by labels when none is given. `total` is how many there were.
   */
  ranked(
    limit: number,
    order?: StatName,
  ): { readonly groups: readonly MergedGroup[]; readonly total: number } {
    const byLabels = [...this.#groups]
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([, group]) => group);
    const total = byLabels.length;
    let groups = byLabels;
    if (total > limit || order !== undefined) {
      const ranked = this.#ranking(byLabels, order ?? "count").slice(0, limit);
      const kept = new Set(ranked);
      groups = order === undefined ? byLabels.filter((group) => kept.has(group)) : ranked;
    }
    return {
      groups: groups.map((group) => ({
        labels: group.labels,
        buckets: () => group.sorted(this.#shelf, this.#scratch),
      })),
      total,
    };
  }

  /** As `ranked`, as the series of an answer. */
  finish(
    limit: number,
    order?: StatName,
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
    if (group === undefined) this.#known.set(labels, (group = this.#group(labels)));
    if (group === this.#last) return group;
    this.#last = group;
    if (this.#shelf === undefined) return group;
    if (group.packedBytes > 0) {
      this.packedBytes -= group.packedBytes;
      group.unpack(this.#shelf, this.#empty());
      this.#looseBuckets += group.loose;
    }
    this.#loose.add(group);
    if (this.#looseBuckets > this.#shelf.room) this.#tidy(this.#shelf, group);
    return group;
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

  /** Packs groups, the oldest first, until half of the room is free. */
  #tidy(shelf: Shelf, but: Group): void {
    for (const group of this.#loose) {
      if (this.#looseBuckets <= shelf.room / 2) return;
      if (group === but) continue;
      this.#looseBuckets -= group.loose;
      this.#loose.delete(group);
      this.#spare.push(group.pack(shelf));
      this.packedBytes += group.packedBytes;
    }
  }

  /** Largest first; those that are equal stay in their order. */
  #ranking(groups: readonly Group[], order: StatName): Group[] {
    const whole = new Buckets(1);
    whole.push(0);
    // A statistic over the whole range: of all buckets merged, never a statistic of statistics.
    const over = (group: Group): number => {
      const buckets = group.sorted(this.#shelf, this.#scratch);
      whole.clear(0);
      for (let row = 0; row < buckets.length; row++) whole.merge(0, buckets, row);
      return STATISTIC[order].of(whole.at(0));
    };
    return groups
      .map((group) => ({ group, rank: over(group) }))
      .sort((a, b) => b.rank - a.rank)
      .map(({ group }) => group);
  }
}

/** The first of ascending starts that is not before `start`. */
function lowerBound(starts: Float64Array, length: number, start: number): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle]! < start) low = middle + 1;
    else high = middle;
  }
  return low;
}
