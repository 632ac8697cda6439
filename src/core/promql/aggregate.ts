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

/** A group: `values` and what else its kernel keeps a step. */
interface Group extends Column {
  readonly count: Float64Array;
  /** What rounding took from `values`, or their mean. */
  readonly second: Float64Array;
  /** Whether `values` is a mean, since the sum overflows. */
  readonly isMean: Uint8Array;
}

interface Kernel {
  /** Adds a value at step i; group.has[i] is 0 for the first. */
  add(group: Group, i: number, value: number): void;
  /** Makes group.values[i] what is asked for. */
  finish?(group: Group, i: number): void;
}

const kahan = new Kahan();

function addSum({ values, second, has }: Group, i: number, value: number): void {
  if (has[i] === 0) {
    values[i] = value;
    second[i] = 0;
    return;
  }
  kahan.set(values[i]!, second[i]!);
  kahan.add(value);
  values[i] = kahan.sum;
  second[i] = kahan.rest;
}

function addAverage(group: Group, i: number, value: number): void {
  const { values, second, count, isMean, has } = group;
  const many = ++count[i]!;
  if (has[i] === 0) {
    values[i] = value;
    return;
  }
  kahan.set(values[i]!, second[i]!);
  if (isMean[i] === 0) {
    kahan.add(value);
    if (kahan.sum === Infinity || kahan.sum === -Infinity) {
      isMean[i] = 1;
      kahan.set(values[i]! / (many - 1), second[i]! / (many - 1));
    }
  }
  if (isMean[i] === 1) {
    const share = (many - 1) / many;
    kahan.set(share * kahan.sum, share * kahan.rest);
    kahan.add(value / many);
  }
  values[i] = kahan.sum;
  second[i] = kahan.rest;
}

/** Welford's: `values` is the sum of squares around the mean, which is `second`. */
function addVariance({ values, second, count, has }: Group, i: number, value: number): void {
  count[i]!++;
  if (has[i] === 0) {
    values[i] = Number.isFinite(value) ? 0 : NaN;
    second[i] = value;
    return;
  }
  const difference = value - second[i]!;
  second[i]! += difference / count[i]!;
  values[i]! += difference * (value - second[i]!);
}

const KERNELS = {
  sum: { add: addSum, finish: ({ values, second }, i) => void (values[i]! += second[i]!) },
  avg: {
    add: addAverage,
    finish({ values, second, count, isMean }, i) {
      const by = isMean[i] === 1 ? 1 : count[i]!;
      values[i] = values[i]! / by + second[i]! / by;
    },
  },
  count: { add: ({ values }, i) => void values[i]!++ },
  group: { add: ({ values }, i) => void (values[i] = 1) },
  min: {
    add({ values, has }, i, value) {
      if (has[i] === 0 || values[i]! > value || Number.isNaN(values[i])) values[i] = value;
    },
  },
  max: {
    add({ values, has }, i, value) {
      if (has[i] === 0 || values[i]! < value || Number.isNaN(values[i])) values[i] = value;
    },
  },
  stdvar: {
    add: addVariance,
    finish: ({ values, count }, i) => void (values[i]! /= count[i]!),
  },
  stddev: {
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
      // Three numbers and two bytes a step, where a column has one and one.
      evaluation.hold(3);
      group = {
        ...newColumn(wanted, count),
        count: new Float64Array(count),
        second: new Float64Array(count),
        isMean: new Uint8Array(count),
      };
      groups.set(key, group);
    }
    for (let i = 0; i < count; i++) {
      if (has[i] === 0) continue;
      kernel.add(group, i, values[i]!);
      group.has[i] = 1;
    }
  });
  for (const group of groups.values()) {
    for (let i = 0; i < count; i++) if (group.has[i] === 1) kernel.finish?.(group, i);
    emit(group.labels, group.values, group.has);
  }
  evaluation.release(3 * groups.size);
}
