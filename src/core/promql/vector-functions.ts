// Functions of whole vectors that are neither a change of each value nor of each range.

import { METRIC_NAME } from "../query/source.ts";
import type { Labels } from "../series/labels.ts";
import { unwrapped, type Call, type Expr } from "./ast.ts";
import { Merged } from "./columns.ts";
import { newColumn, timeAt, type Column, type Emit, type Evaluation } from "./evaluation.ts";
import { NONE, withLabel, withoutName } from "./labels.ts";
import { streamInstant } from "./instant.ts";

/** Seconds since 1970 of each step. */
export async function time({ grid }: Evaluation): Promise<Float64Array> {
  return Float64Array.from({ length: grid.count }, (_, i) => timeAt(grid, i) / 1_000);
}

export async function pi({ grid }: Evaluation): Promise<Float64Array> {
  return new Float64Array(grid.count).fill(Math.PI);
}

/** The value of the only series; NaN where there is none, or several. */
export async function scalar(evaluation: Evaluation, { args }: Call): Promise<Float64Array> {
  const { count } = evaluation.grid;
  const found = new Uint8Array(count);
  const scalars = new Float64Array(count).fill(NaN);
  await evaluation.stream(args[0]!, (_, values, has) => {
    for (let i = 0; i < count; i++) {
      if (has[i] === 0) continue;
      scalars[i] = found[i] === 0 ? values[i]! : NaN;
      found[i] = 1;
    }
  });
  return scalars;
}

export async function vector(evaluation: Evaluation, { args }: Call, emit: Emit): Promise<void> {
  const values = await evaluation.scalar(args[0]!);
  await emit(NONE, values, new Uint8Array(values.length).fill(1));
}

export async function absent(evaluation: Evaluation, { args }: Call, emit: Emit): Promise<void> {
  const { values, has } = newColumn(NONE, evaluation.grid.count);
  has.fill(1);
  values.fill(1);
  await evaluation.stream(args[0]!, (_, __, present) => {
    for (let i = 0; i < has.length; i++) if (present[i] === 1) has[i] = 0;
  });
  if (has.includes(1)) await emit(absentLabels(args[0]!), values, has);
}

/** absent_over_time is the absence of present_over_time. */
export async function absentOverTime(
  evaluation: Evaluation,
  call: Call,
  emit: Emit,
): Promise<void> {
  const range = call.args[0]!;
  await absent(
    evaluation,
    { ...call, args: [{ ...call, name: "present_over_time", args: [range] }] },
    (_, values, has) => emit(absentLabels(range), values, has),
  );
}

/** The labels that what is absent would have: those that one = says. */
function absentLabels(expr: Expr): Labels {
  const inner = unwrapped(expr);
  const selector = inner.kind === "matrix" ? inner.selector : inner;
  if (selector.kind !== "selector") return NONE;
  let labels: Labels = NONE;
  const seen = new Set<string>([METRIC_NAME]);
  for (const { label, op, value } of selector.matchers) {
    if (label === METRIC_NAME) continue;
    const first = op === "=" && !seen.has(label);
    labels = withLabel(labels, label, first ? value : "");
    if (op === "=") seen.add(label);
  }
  return labels;
}

/** When each sample was taken, seconds; of what is no selector, the time of the step. */
export async function timestamp(evaluation: Evaluation, { args }: Call, emit: Emit): Promise<void> {
  const { grid } = evaluation;
  const merged = new Merged(evaluation);
  const inner = unwrapped(args[0]!);
  if (inner.kind === "selector")
    await streamInstant(evaluation, inner, "time", (labels, values, has) =>
      merged.add(withoutName(labels), values, has),
    );
  else
    await evaluation.stream(inner, (labels, values, has) => {
      for (let i = 0; i < has.length; i++) values[i] = timeAt(grid, i) / 1_000;
      merged.add(withoutName(labels), values, has);
    });
  await merged.emit(emit);
}

/** Orders an instant vector; over a range, answers are ordered by their labels. */
export const sorter =
  (descending: boolean) =>
  async (evaluation: Evaluation, call: Call, emit: Emit): Promise<void> => {
    if (evaluation.grid.count > 1)
      evaluation.notes.warn(
        "sort is ineffective for range queries since results are always ordered by labels",
        call,
      );
    const columns = await evaluation.collect(call.args[0]!);
    const first = ({ values }: Column): number => values[0]!;
    columns.sort((a, b) => {
      const [x, y] = [first(a), first(b)];
      if (Number.isNaN(x) || Number.isNaN(y))
        return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
      return x === y ? 0 : x < y === descending ? 1 : -1;
    });
    for (const { labels, values, has } of columns) await emit(labels, values, has);
    evaluation.release(columns.length);
  };
