// The read model of one query: buckets of any tier and of the head go in, in any order; merged
// series come out. It must not know where they come from.

import { columnsOf } from "./answer.ts";
import type { SeriesAnswer } from "../api.ts";
import { Buckets } from "../bucket.ts";
import { type Labels, labelsJson, labelsObject } from "../series/labels.ts";
import type { Plan } from "./plan.ts";

/** How series are grouped: by some labels, each apart ("*"), or (no labels) all in one. */
export type GroupBy = readonly string[] | "*";

/** The labels that a group keeps of its series. */
export const groupLabels = (labels: Labels, by: GroupBy): Labels =>
  by === "*" ? labels : labels.filter(([name]) => by.includes(name));

class Group {
  readonly labels: Labels;
  readonly buckets = new Buckets(64);
  readonly #rows = new Map<number, number>();

  constructor(labels: Labels) {
    this.labels = labels;
  }

  row(start: number): number {
    let row = this.#rows.get(start);
    if (row === undefined) this.#rows.set(start, (row = this.buckets.push(start)));
    return row;
  }

  get count(): number {
    let count = 0;
    for (let row = 0; row < this.buckets.length; row++) count += this.buckets.count[row]!;
    return count;
  }
}

export class Merge {
  readonly #plan: Plan;
  readonly #by: GroupBy;
  readonly #groups = new Map<string, Group>();
  /** Buckets held for the answer. */
  size = 0;

  constructor(plan: Plan, by: GroupBy) {
    this.#plan = plan;
    this.#by = by;
  }

  /** Merges rows [first, end) of one series; what lies outside the plan's kept range is left out. */
  add(labels: Labels, buckets: Buckets, first = 0, end = buckets.length): void {
    const { kept, to, step } = this.#plan;
    let group: Group | undefined;
    for (let i = first; i < end; i++) {
      const start = Math.floor(buckets.start[i]! / step) * step;
      if (start < kept || start >= to) continue;
      group ??= this.#group(labels);
      const before = group.buckets.length;
      group.buckets.merge(group.row(start), buckets, i);
      this.size += group.buckets.length - before;
    }
  }

  /** The series, largest count first when `limit` cuts them, then by labels; buckets by time. */
  finish(limit: number): { readonly series: SeriesAnswer[]; readonly total: number } {
    const groups = [...this.#groups.values()];
    const total = groups.length;
    if (total > limit) groups.sort((a, b) => b.count - a.count).length = limit;
    groups.sort((a, b) => compare(labelsJson(a.labels), labelsJson(b.labels)));
    const series = groups.map(({ labels, buckets }): SeriesAnswer => {
      const order = Array.from({ length: buckets.length }, (_, row) => row);
      order.sort((a, b) => buckets.start[a]! - buckets.start[b]!);
      return { labels: labelsObject(labels), ...columnsOf(buckets, order) };
    });
    return { series, total };
  }

  #group(labels: Labels): Group {
    const kept = groupLabels(labels, this.#by);
    const key = labelsJson(kept);
    let group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, (group = new Group(kept)));
    return group;
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
