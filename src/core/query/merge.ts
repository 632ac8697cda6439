// The read model of one query: buckets of any tier and of the head go in, in any order; merged
// series come out. It must not know where they come from.

import { columnsOf } from "./answer.ts";
import type { SeriesAnswer } from "../api.ts";
import { Buckets } from "../bucket.ts";
import { type Labels, labelsJson, labelsObject } from "../series/labels.ts";
import { type StatName, STATISTICS } from "../stats.ts";
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

  /** A statistic over the whole range: of all buckets merged, never a statistic of statistics. */
  over(name: StatName): number {
    const whole = new Buckets(1);
    whole.push(0);
    for (let row = 0; row < this.buckets.length; row++) whole.merge(0, this.buckets, row);
    return STATISTICS.find((one) => one.name === name)!.of(whole.at(0));
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

  /**
   * At most `limit` series, the largest by `order` (a statistic over the range; default count).
   * They come in that order, or by labels when none is given; their buckets by time. `total` is how
   * many there were.
   */
  finish(
    limit: number,
    order?: StatName,
  ): { readonly series: SeriesAnswer[]; readonly total: number } {
    const byLabels = [...this.#groups.values()]
      .map((group) => ({ group, key: labelsJson(group.labels) }))
      .sort((a, b) => compare(a.key, b.key))
      .map(({ group }) => group);
    const total = byLabels.length;
    let groups = byLabels;
    if (total > limit || order !== undefined) {
      const ranked = ranking(byLabels, order ?? "count").slice(0, limit);
      const kept = new Set(ranked);
      groups = order === undefined ? byLabels.filter((group) => kept.has(group)) : ranked;
    }
    return { series: groups.map(answerOf), total };
  }

  #group(labels: Labels): Group {
    const kept = groupLabels(labels, this.#by);
    const key = labelsJson(kept);
    let group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, (group = new Group(kept)));
    return group;
  }
}

/** Largest first; those that are equal stay in their order. */
function ranking(groups: readonly Group[], order: StatName): Group[] {
  return groups
    .map((group) => ({ group, rank: group.over(order) }))
    .sort((a, b) => b.rank - a.rank)
    .map(({ group }) => group);
}

function answerOf({ labels, buckets }: Group): SeriesAnswer {
  const order = Array.from({ length: buckets.length }, (_, row) => row);
  order.sort((a, b) => buckets.start[a]! - buckets.start[b]!);
  return { labels: labelsObject(labels), ...columnsOf(buckets, order) };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
