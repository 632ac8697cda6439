// Aggregations that need one series at a time: each group keeps a few numbers a step, whatever the
// number of its series. Those that need all at once are in select-of-group.ts.

import { METRIC_NAME } from "../query/source.ts";
import type { Labels } from "../series/labels.ts";
import type { Aggregate, Aggregation, Grouping } from "./ast.ts";
import { newColumn, type Column, type Emit, type Evaluation } from "./evaluation.ts";
import { Kahan } from "./kahan.ts";
import { except, keyOf, NONE, only } from "./labels.ts";

/** What a group's labels are, of those of a series. */
export function groupLabels({ without, labels }: Grouping): (all: Labels) => Labels {
  const names = new Set(labels);
  if (!without) return names.size === 0 ? () => NONE : (all) => only(all, names);
  names.add(METRIC_NAME);
  return (all) => except(all, names);
}

/** A group: `values`, and of the others what its kernel keeps. */
interface Group extends Column {
  /** What rounding took from `values`, or their mean. */
  readonly second: Float64Array;
  readonly count: Float64Array;
  /** Whether `values` is a mean, since the sum overflows. */
  readonly isMean: Uint8Array;
}

interface Kernel {
  /** Numbers that it keeps a step: values, then second, then count. */
  readonly keeps: 1 | 2 | 3;
  /** Adds the column of a series where it has values; group.has tells where it is the first. */
  add(group: Group, values: Float64Array, has: Uint8Array): void;
  /** Makes group.values[i] what is asked for. */
  finish?(group: Group, i: number): void;
}

function addSum(group: Group, values: Float64Array, has: Uint8Array): void {
  const { values: sums, second: rests, has: any } = group;
  for (let i = 0; i < has.length; i++) {
    if (has[i] === 0) continue;
    const value = values[i]!;
    if (any[i] === 0) {
      sums[i] = value;
      continue;
    }
    // Kahan and Neumaier, as in kahan.ts: written out, since most of all dashboards' work is here.
    const before = sums[i]!;
    const sum = before + value;
    if (sum === Infinity || sum === -Infinity) rests[i] = 0;
    else if (Math.abs(before) >= Math.abs(value)) rests[i]! += before - sum + value;
    else rests[i]! += value - sum + before;
    sums[i] = sum;
  }
}

const kahan = new Kahan();

function addAverage(group: Group, values: Float64Array, has: Uint8Array): void {
  const { values: sums, second: rests, count, isMean, has: any } = group;
  for (let i = 0; i < has.length; i++) {
    if (has[i] === 0) continue;
    const value = values[i]!;
    const many = ++count[i]!;
    if (any[i] === 0) {
      sums[i] = value;
      continue;
    }
    kahan.set(sums[i]!, rests[i]!);
    if (isMean[i] === 0) {
      kahan.add(value);
      if (kahan.sum === Infinity || kahan.sum === -Infinity) {
        isMean[i] = 1;
        kahan.set(sums[i]! / (many - 1), rests[i]! / (many - 1));
      }
    }
    if (isMean[i] === 1) {
      const share = (many - 1) / many;
      kahan.set(share * kahan.sum, share * kahan.rest);
      kahan.add(value / many);
    }
    sums[i] = kahan.sum;
    rests[i] = kahan.rest;
  }
}

/** Welford's: `values` is the sum of squares around the mean, which is `second`. */
function addVariance(group: Group, values: Float64Array, has: Uint8Array): void {
  const { values: squares, second: means, count, has: any } = group;
  for (let i = 0; i < has.length; i++) {
    if (has[i] === 0) continue;
    const value = values[i]!;
    count[i]!++;
    if (any[i] === 0) {
      squares[i] = Number.isFinite(value) ? 0 : NaN;
      means[i] = value;
      continue;
    }
    const difference = value - means[i]!;
    means[i]! += difference / count[i]!;
    squares[i]! += difference * (value - means[i]!);
  }
}

function addExtreme(group: Group, values: Float64Array, has: Uint8Array, sign: 1 | -1): void {
  const { values: extremes, has: any } = group;
  for (let i = 0; i < has.length; i++) {
    if (has[i] === 0) continue;
    const value = values[i]!;
    const extreme = extremes[i]!;
    const isBeyond = sign * value > sign * extreme || Number.isNaN(extreme);
    if (any[i] === 0 || isBeyond) extremes[i] = value;
  }
}

function addCount({ values: counts }: Group, _: Float64Array, has: Uint8Array): void {
  for (let i = 0; i < has.length; i++) counts[i]! += has[i]!;
}

const KERNELS = {
  sum: {
    keeps: 2,
    add: addSum,
    finish: ({ values, second }, i) => void (values[i]! += second[i]!),
  },
  avg: {
    keeps: 3,
    add: addAverage,
    finish({ values, second, count, isMean }, i) {
      const by = isMean[i] === 1 ? 1 : count[i]!;
      values[i] = values[i]! / by + second[i]! / by;
    },
  },
  count: { keeps: 1, add: addCount },
  group: { keeps: 1, add: addCount, finish: ({ values }, i) => void (values[i] = 1) },
  min: { keeps: 1, add: (group, values, has) => addExtreme(group, values, has, -1) },
  max: { keeps: 1, add: (group, values, has) => addExtreme(group, values, has, 1) },
  stdvar: {
    keeps: 3,
    add: addVariance,
    finish: ({ values, count }, i) => void (values[i]! /= count[i]!),
  },
  stddev: {
    keeps: 3,
    add: addVariance,
    finish: ({ values, count }, i) => void (values[i] = Math.sqrt(values[i]! / count[i]!)),
  },
} as const satisfies Partial<Record<Aggregation, Kernel>>;

export type StreamedAggregation = keyof typeof KERNELS;

export const isStreamed = (op: Aggregation): op is StreamedAggregation => op in KERNELS;

export async function streamAggregate(
  evaluation: Evaluation,
  { expr, grouping }: Aggregate,
  op: StreamedAggregation,
  emit: Emit,
): Promise<void> {
  const kernel: Kernel = KERNELS[op];
  const { count } = evaluation.grid;
  const labelsOf = groupLabels(grouping);
  const groups = new Map<string, Group>();
  await evaluation.stream(expr, (labels, values, has) => {
    const wanted = labelsOf(labels);
    const key = keyOf(wanted);
    let group = groups.get(key);
    if (group === undefined) {
      evaluation.hold(kernel.keeps);
      group = {
        ...newColumn(wanted, count),
        second: new Float64Array(kernel.keeps > 1 ? count : 0),
        count: new Float64Array(kernel.keeps > 2 ? count : 0),
        isMean: new Uint8Array(kernel.keeps > 2 ? count : 0),
      };
      groups.set(key, group);
    }
    kernel.add(group, values, has);
    for (let i = 0; i < count; i++) group.has[i]! |= has[i]!;
  });
  for (const [key, group] of groups) {
    for (let i = 0; i < count; i++) if (group.has[i] === 1) kernel.finish?.(group, i);
    await emit(group.labels, group.values, group.has);
    // What takes it may keep a copy: both are there for one group at a time.
    groups.delete(key);
    evaluation.release(kernel.keeps);
  }
}
