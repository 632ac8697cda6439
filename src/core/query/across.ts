// One value out of the averages of several series, in each bucket: their sum, average, smallest or largest.
// Made of series that are merged each apart; it must not know where their buckets come from.

import type { AcrossColumns } from "../api.ts";
import type { Buckets } from "../bucket.ts";
import { type Labels, labelsJson } from "../series/labels.ts";
import { atOnce } from "../parts.ts";
import { STATISTIC } from "../stats.ts";
import { HOUR, MINUTE } from "../tiers.ts";
import {
  type GroupBy,
  groupLabels,
  type MergedGroup,
  oneRow,
  type Order,
  rankInParts,
} from "./merge.ts";
import type { Plan } from "./plan.ts";

export const ACROSS = ["sum", "avg", "min", "max"] as const;
export type Across = (typeof ACROSS)[number];

/** What is read before the range, so that its first buckets have what series said last, ms. */
export const leadOfAcross = ({ tier, step }: Pick<Plan, "tier" | "step">): number =>
  tier === "minute" ? HOUR : 3 * step;

/** So long at least a series counts on with what it said last, ms. */
const CARRIED = 5 * MINUTE;
/** And so many times its own step, for those that report less often than others. */
const STEPS_CARRIED = 2.5;

/** Series that are combined into one. */
export interface Combined {
  readonly labels: Labels;
  /** Buckets of its series. */
  readonly size: number;
  columns(): AcrossColumns;
  /** As `columns`, series by series: yields how many buckets it looked at. */
  columnsInParts(): Generator<number, AcrossColumns>;
}

interface Found {
  readonly groups: readonly Combined[];
  readonly total: number;
}

/**
 * The series of each group as one, in buckets of [from, to) in which one of them has points. A series that has
 * none there counts with its latest average, for at most 5 minutes or 2.5 times the median of the steps
 * between its own buckets: so it is in the total whether it reports as often as the others or not. Buckets have
 * no end marks: one that ended counts as long as one that is silent. `alone`
 * is each series apart, by labels. The first `limit` groups by `order` (default count), in that order, or by
 * labels when none is given. Yields how many buckets it looked at.
 */
export function* combined(
  alone: readonly MergedGroup[],
  { from, to }: Pick<Plan, "from" | "to">,
  { across, by, limit, order }: Asked,
): Generator<number, Found> {
  const groups = new Map<string, Group>();
  for (const one of alone) {
    const labels = groupLabels(one.labels, by);
    const key = labelsJson(labels);
    const group = groups.get(key) ?? { labels, series: [], size: 0, isWithin: false };
    groups.set(key, group);
    group.series.push(one);
    const buckets = one.buckets();
    group.size += buckets.length;
    group.isWithin ||= isWithin(buckets, from, to);
    yield buckets.length;
  }
  const byLabels = [...groups]
    .filter(([, group]) => group.isWithin)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const made = byLabels.map(([, { labels, series, size }]) => {
    const columnsInParts = () => columnsAcross(series, across, from, to);
    return { labels, series, size, columns: () => atOnce(columnsInParts()), columnsInParts };
  });
  const total = made.length;
  if (total <= limit && order === undefined) return { groups: made, total };
  const ranks = new Map<Combined, number>();
  const row = oneRow();
  for (const group of made)
    ranks.set(group, yield* rankInParts(inRange(group.series, from, to), order ?? "count", row));
  const ranked = made.toSorted((a, b) => ranks.get(b)! - ranks.get(a)!).slice(0, limit);
  const kept = new Set(ranked);
  return { groups: order === undefined ? made.filter((one) => kept.has(one)) : ranked, total };
}

interface Group {
  readonly labels: Labels;
  readonly series: MergedGroup[];
  /** Buckets of all. */
  size: number;
  /** One of them has points in the range. */
  isWithin: boolean;
}

interface Asked {
  readonly across: Across;
  readonly by: GroupBy;
  readonly limit: number;
  readonly order?: Order | undefined;
}

const isWithin = ({ start, length }: Buckets, from: number, to: number): boolean => {
  for (let row = 0; row < length; row++) if (start[row]! >= from && start[row]! < to) return true;
  return false;
};

/** The buckets of series, without those before the range. */
function* inRange(
  series: readonly MergedGroup[],
  from: number,
  to: number,
): Generator<readonly [Buckets, number, number]> {
  for (const one of series) {
    const buckets = one.buckets();
    let [first, end] = [0, buckets.length];
    while (first < end && buckets.start[first]! < from) first++;
    while (end > first && buckets.start[end - 1]! >= to) end--;
    yield [buckets, first, end];
  }
}

function* columnsAcross(
  series: readonly MergedGroup[],
  across: Across,
  from: number,
  to: number,
): Generator<number, AcrossColumns> {
  const times = new Set<number>();
  for (const [{ start }, first, end] of inRange(series, from, to)) {
    for (let row = first; row < end; row++) times.add(start[row]!);
    yield end - first;
  }
  const t = [...times].sort((a, b) => a - b);
  const values = Array.from({ length: t.length }, () => 0);
  const counts = Array.from({ length: t.length }, () => 0);
  for (const one of series) {
    const buckets = one.buckets();
    const carried = carriedOf(buckets);
    let row = -1;
    let value = 0;
    for (const [i, at] of t.entries()) {
      const before = row;
      while (row + 1 < buckets.length && buckets.start[row + 1]! <= at) row++;
      if (row < 0 || at - buckets.start[row]! > carried) continue;
      if (row !== before) value = STATISTIC.avg.of(buckets.at(row));
      values[i] = counts[i] === 0 ? value : COMBINE[across](values[i]!, value);
      counts[i] = counts[i]! + 1;
    }
    yield t.length;
  }
  const avg = across === "avg" ? values.map((sum, i) => sum / counts[i]!) : values;
  return { t, avg, series: counts };
}

const add = (a: number, b: number): number => a + b;
const COMBINE: Readonly<Record<Across, (a: number, b: number) => number>> = {
  sum: add,
  avg: add,
  min: Math.min,
  max: Math.max,
};

/** How long what a series said last counts, ms. */
function carriedOf({ start, length }: Buckets): number {
  if (length < 2) return CARRIED;
  const steps = new Float64Array(length - 1);
  for (let row = 1; row < length; row++) steps[row - 1] = start[row]! - start[row - 1]!;
  steps.sort();
  return Math.max(CARRIED, STEPS_CARRIED * steps[(steps.length - 1) >> 1]!);
}
