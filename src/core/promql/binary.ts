// Operators between two vectors, and between a vector and a scalar. Series are matched once, then the
// columns of a match are combined; only where a match has several series do single steps matter.

import type { Labels } from "../series/labels.ts";
import {
  isComparison,
  isSetOperator,
  selectionsIn,
  type Arithmetic,
  type Binary,
  type Comparison,
  type Matching,
} from "./ast.ts";
import { Merged } from "./columns.ts";
import type { Column, Emit, Evaluation } from "./evaluation.ts";
import { fail } from "./error.ts";
import { except, formatLabels, keyOf, only, valueOf, withLabel, withoutName } from "./labels.ts";
import { ARITHMETIC, COMPARISONS } from "./operators.ts";
import { METRIC_NAME } from "../query/source.ts";

export function combineScalars(op: Binary["op"], a: Float64Array, b: Float64Array): Float64Array {
  if (isSetOperator(op)) throw new TypeError(`${op} of scalars passed the check of types`);
  if (isComparison(op)) return a.map((value, i) => (COMPARISONS[op](value, b[i]!) ? 1 : 0));
  return a.map((value, i) => ARITHMETIC[op](value, b[i]!));
}

/** What an operator does to a column in place, with a scalar on its right or left. */
export function withScalar(
  { op, bool }: Binary,
  scalar: Float64Array,
  scalarLeft: boolean,
): (values: Float64Array, has: Uint8Array) => void {
  if (isSetOperator(op)) throw new TypeError(`${op} with a scalar passed the check of types`);
  if (!isComparison(op)) {
    const combine = ARITHMETIC[op];
    return (values) => {
      for (let i = 0; i < values.length; i++)
        values[i] = scalarLeft ? combine(scalar[i]!, values[i]!) : combine(values[i]!, scalar[i]!);
    };
  }
  const compare = COMPARISONS[op];
  return (values, has) => {
    for (let i = 0; i < values.length; i++) {
      const holds = scalarLeft ? compare(scalar[i]!, values[i]!) : compare(values[i]!, scalar[i]!);
      if (bool) values[i] = holds ? 1 : 0;
      else if (!holds) has[i] = 0;
    }
  };
}

/** The labels by which series match. */
function signatureOf({ on, labels }: Matching): (labels: Labels) => Labels {
  const names = new Set(labels);
  if (on) return (all) => only(all, names);
  names.add(METRIC_NAME);
  return (all) => except(all, names);
}

/** Series by their signature. */
function bySignature(columns: readonly Column[], matching: Matching): Map<string, Column[]> {
  const signature = signatureOf(matching);
  const groups = new Map<string, Column[]>();
  for (const column of columns) {
    const key = keyOf(signature(column.labels));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [column]);
    else group.push(column);
  }
  return groups;
}

export async function streamBinary(
  evaluation: Evaluation,
  binary: Binary,
  emit: Emit,
): Promise<void> {
  const [left, right] = await collectBoth(evaluation, binary);
  const merged = new Merged(evaluation);
  if (isSetOperator(binary.op)) await combineSets(evaluation, binary, left, right, merged);
  else await combineMatches(evaluation, binary, binary.op, left, right, merged);
  evaluation.release(left.length + right.length);
  await merged.emit(emit);
}

/**
 * One after the other: at once, a chain of operators would hold what all its operands need meanwhile. But two selections
 * are asked for together, so that who has them is waited for once.
 */
async function collectBoth(
  evaluation: Evaluation,
  { left, right }: Binary,
): Promise<[left: Column[], right: Column[]]> {
  const first = evaluation.collect(left);
  if (selectionsIn(left) !== 1 || selectionsIn(right) !== 1)
    return [await first, await evaluation.collect(right)];
  const second = evaluation.after(first).collect(right);
  // Of two that fail the first is told.
  second.catch(() => {});
  return [await first, await second];
}

async function combineSets(
  evaluation: Evaluation,
  { op, matching }: Binary,
  left: readonly Column[],
  right: readonly Column[],
  merged: Merged,
): Promise<void> {
  const { count } = evaluation.grid;
  const [kept, others] = op === "or" ? [right, left] : [left, right];
  const signature = signatureOf(matching);
  // Where any series of a signature has a value: looked up once a step, however many there are.
  const present = new Map<string, Uint8Array>();
  for (const [key, group] of bySignature(others, matching)) {
    const any = new Uint8Array(count);
    for (const { has } of group) {
      await evaluation.work(count);
      for (let i = 0; i < count; i++) any[i]! |= has[i]!;
    }
    present.set(key, any);
  }
  if (op === "or") for (const { labels, values, has } of left) merged.add(labels, values, has);
  const none = new Uint8Array(count);
  for (const { labels, values, has } of kept) {
    await evaluation.work(count);
    const matches = present.get(keyOf(signature(labels))) ?? none;
    for (let i = 0; i < count; i++) if ((matches[i] === 1) !== (op === "and")) has[i] = 0;
    merged.add(labels, values, has);
  }
}

async function combineMatches(
  evaluation: Evaluation,
  binary: Binary,
  op: Arithmetic | Comparison,
  left: readonly Column[],
  right: readonly Column[],
  merged: Merged,
): Promise<void> {
  const { matching, bool } = binary;
  const swapped = matching.many === "right";
  const [many, one] = swapped ? [right, left] : [left, right];
  const ones = bySignature(one, matching);
  for (const group of ones.values()) if (group.length > 1) refuseSeveral(binary, group, many);
  const { count } = evaluation.grid;
  const combine = combiner(op, bool);
  for (const [signature, group] of bySignature(many, matching)) {
    // Steps at which a result of these labels was made, also one that a comparison left out.
    const made = new Map<string, Uint8Array>();
    for (const each of group)
      for (const other of ones.get(signature) ?? []) {
        const labels = resultLabels(each.labels, other.labels, op, binary);
        const key = matching.many === "none" ? "" : keyOf(labels);
        let steps = made.get(key);
        if (steps === undefined) made.set(key, (steps = new Uint8Array(count)));
        const out = merged.of(labels);
        const [first, second] = swapped ? [other, each] : [each, other];
        await evaluation.work(count);
        for (let i = 0; i < count; i++) {
          if (each.has[i] === 0 || other.has[i] === 0) continue;
          if (steps[i] === 1) refuseTwice(matching);
          steps[i] = 1;
          const value = combine(first.values[i]!, second.values[i]!);
          if (value === undefined) continue;
          if (out.has[i] === 1) fail("vector cannot contain metrics with the same labelset");
          out.has[i] = 1;
          out.values[i] = value;
        }
      }
  }
}

function combiner(
  op: Arithmetic | Comparison,
  bool: boolean,
): (a: number, b: number) => number | undefined {
  if (!isComparison(op)) return ARITHMETIC[op];
  const compare = COMPARISONS[op];
  return bool ? (a, b) => (compare(a, b) ? 1 : 0) : (a, b) => (compare(a, b) ? a : undefined);
}

function resultLabels(
  many: Labels,
  one: Labels,
  op: Arithmetic | Comparison,
  { bool, matching }: Binary,
): Labels {
  let labels = bool || !isComparison(op) ? withoutName(many) : many;
  if (matching.many === "none")
    labels = (matching.on ? only : except)(labels, new Set(matching.labels));
  for (const name of matching.include) labels = withLabel(labels, name, valueOf(one, name));
  return labels;
}

/** Fails when two series of the side that may have one have values at the same step. */
function refuseSeveral(
  { matching }: Binary,
  group: readonly Column[],
  many: readonly Column[],
): void {
  const { length } = group[0]!.has;
  for (let i = 0; i < length; i++) {
    const [first, second] = group.filter(({ has }) => has[i] === 1);
    // Where the other side has nothing, Prometheus looks no further.
    if (second === undefined || !many.some(({ has }) => has[i] === 1)) continue;
    const names = new Set(matching.labels);
    const side = matching.many === "right" ? "left" : "right";
    const both = [first!, second].map(({ labels }) => formatLabels(labels)).sort();
    const match = matching.on
      ? only(first!.labels, names)
      : except(first!.labels, names.add(METRIC_NAME));
    fail(
      `found duplicate series for the match group ${formatLabels(match)} on the ${side} hand-side of the operation: [${both.join(", ")}];many-to-many matching not allowed: matching labels must be unique on one side`,
    );
  }
}

const refuseTwice = ({ many }: Matching): never =>
  fail(
    many === "none"
      ? "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
      : "multiple matches for labels: grouping labels must ensure unique matches",
  );
