// Aggregations that need all series of a group at once: topk, bottomk, quantile, count_values.

import { unwrapped, type Aggregate } from "./ast.ts";
import { groupLabels } from "./aggregate.ts";
import { hasAny, Merged } from "./columns.ts";
import { newColumn, type Column, type Emit, type Evaluation } from "./evaluation.ts";
import { fail } from "./error.ts";
import { compareLabels, keyOf, withLabel } from "./labels.ts";
import { formatValue } from "./literals.ts";
import { LOOKS_AT_ONCE } from "./spent.ts";
import { quantileOf } from "../quantile.ts";
import { labelNameIssue } from "../series/labels.ts";

export async function streamGroups(
  evaluation: Evaluation,
  aggregate: Aggregate,
  emit: Emit,
): Promise<void> {
  if (aggregate.op === "count_values") return countValues(evaluation, aggregate, emit);
  const params = await evaluation.scalar(aggregate.param!);
  const columns = await evaluation.collect(aggregate.expr);
  const labelsOf = groupLabels(aggregate.grouping);
  const groups = new Map<string, Column[]>();
  // They come in any order: of those that are equal the same are the first, each time that it is asked.
  for (const column of columns.toSorted((a, b) => compareLabels(a.labels, b.labels))) {
    const key = keyOf(labelsOf(column.labels));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [column]);
    else group.push(column);
  }
  if (aggregate.op === "quantile") {
    for (const q of params) evaluation.notes.quantile(q, aggregate.param!);
    for (const group of groups.values()) {
      const { values, has } = await quantileOfGroup(evaluation, group, params);
      await emit(labelsOf(group[0]!.labels), values, has);
    }
  } else {
    checkSizes(params);
    for (const group of groups.values())
      await firstOfGroup(evaluation, group, params, aggregate.op === "topk", emit);
  }
  evaluation.release(columns.length);
}

async function quantileOfGroup(
  evaluation: Evaluation,
  group: readonly Column[],
  params: Float64Array,
): Promise<Pick<Column, "values" | "has">> {
  const { values, has } = newColumn([], params.length);
  const found = new Float64Array(group.length);
  const steps = stepsAtOnce(group);
  for (let i = 0; i < params.length; i++) {
    let size = 0;
    if (i % steps === 0) await evaluation.work(Math.min(steps, params.length - i) * group.length);
    for (const column of group) if (column.has[i] === 1) found[size++] = column.values[i]!;
    if (size === 0) continue;
    has[i] = 1;
    values[i] = quantileOf(params[i]!, found, size);
  }
  return { values, has };
}

/** Steps of a group that are worked on before it is told. */
const stepsAtOnce = (group: readonly Column[]): number =>
  Math.max(1, Math.floor(LOOKS_AT_ONCE / group.length));

function checkSizes(params: Float64Array): void {
  for (const size of params) {
    if (Number.isNaN(size)) fail("Parameter value is NaN");
    if (size >= 2 ** 63) fail(`Scalar value ${size} overflows int64`);
    if (size <= -(2 ** 63)) fail(`Scalar value ${size} underflows int64`);
  }
}

/** Leaves each step's k greatest or smallest; with one step, also in that order. NaN comes last. */
async function firstOfGroup(
  evaluation: Evaluation,
  group: readonly Column[],
  params: Float64Array,
  greatest: boolean,
  emit: Emit,
): Promise<void> {
  const before = (a: number, b: number): number =>
    Number.isNaN(a) || Number.isNaN(b)
      ? Number(Number.isNaN(a)) - Number(Number.isNaN(b))
      : greatest
        ? b - a
        : a - b;
  let order: readonly Column[] = group;
  const steps = stepsAtOnce(group);
  for (let i = 0; i < params.length; i++) {
    const size = Math.max(0, Math.trunc(params[i]!));
    if (i % steps === 0) await evaluation.work(Math.min(steps, params.length - i) * group.length);
    // Infinite values have no difference; those that are equal are in the order of their labels.
    const present = group
      .filter((column) => column.has[i] === 1)
      .sort((a, b) => (a.values[i] === b.values[i] ? 0 : before(a.values[i]!, b.values[i]!)));
    for (const column of present.slice(size)) column.has[i] = 0;
    order = present;
  }
  for (const { labels, values, has } of params.length === 1 ? order : group)
    if (hasAny(has)) await emit(labels, values, has);
}

async function countValues(
  evaluation: Evaluation,
  { expr, param, grouping }: Aggregate,
  emit: Emit,
): Promise<void> {
  const name = unwrapped(param!);
  const label = name.kind === "string" ? name.value : "";
  if (label !== "__name__" && labelNameIssue(label) !== undefined)
    fail(`invalid label name ${JSON.stringify(label)}`);
  const labelsOf = groupLabels(
    grouping.without ? grouping : { without: false, labels: [...grouping.labels, label] },
  );
  const counts = new Merged(evaluation);
  await evaluation.stream(expr, async (labels, values, has) => {
    await evaluation.work(has.length);
    for (let i = 0; i < has.length; i++) {
      if (has[i] === 0) continue;
      const column = counts.of(labelsOf(withLabel(labels, label, formatValue(values[i]!))));
      column.has[i] = 1;
      column.values[i]!++;
    }
  });
  await counts.emit(emit);
}
