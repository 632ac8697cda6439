// Classic histograms: series of counts that differ in the label `le`, the upper bound of their bucket.

import type { Labels } from "../series/labels.ts";
import type { Call, Expr } from "./ast.ts";
import { Merged } from "./columns.ts";
import { newColumn, timeAt, type Column, type Emit, type Evaluation } from "./evaluation.ts";
import { except, keyOf, valueOf, withoutName } from "./labels.ts";
import { parseBound } from "./literals.ts";
import type { Notes } from "./notes.ts";

/** Counts of one histogram at one step, ascending by bound. One object for all steps. */
class Buckets {
  readonly bounds: Float64Array;
  readonly counts: Float64Array;
  size = 0;

  constructor(most: number) {
    this.bounds = new Float64Array(most);
    this.counts = new Float64Array(most);
  }

  /** Adds the next bucket; one of the same bound as the last is added to it. */
  add(bound: number, count: number): void {
    if (this.size > 0 && this.bounds[this.size - 1] === bound) this.counts[this.size - 1]! += count;
    else {
      this.bounds[this.size] = bound;
      this.counts[this.size++] = count;
    }
  }

  /** Only with a last bucket that has all, it is a histogram. */
  get isWhole(): boolean {
    return this.bounds[this.size - 1] === Infinity;
  }

  get total(): number {
    return this.counts[this.size - 1]!;
  }

  /**
   * Makes the counts monotonic: each is raised to the one before. Differences that rounding makes are
   * evened out; of greater ones the bounds are told, and the largest difference.
   */
  repair(): { least: number; most: number; difference: number } | undefined {
    let repaired: { least: number; most: number; difference: number } | undefined;
    let before = this.counts[0]!;
    for (let i = 1; i < this.size; i++) {
      const count = this.counts[i]!;
      if (count === before) continue;
      if (almostEqual(before, count)) this.counts[i] = before;
      else if (count < before) {
        this.counts[i] = before;
        repaired ??= { least: this.bounds[i]!, most: this.bounds[i]!, difference: 0 };
        repaired.most = this.bounds[i]!;
        repaired.difference = Math.max(repaired.difference, before - count);
      } else before = count;
    }
    return repaired;
  }

  quantile(q: number): number {
    const { size, bounds, counts, total } = this;
    if (size < 2 || total === 0) return NaN;
    let rank = q * total;
    let i = 0;
    while (i < size - 1 && !(counts[i]! >= rank)) i++;
    if (i === size - 1) return bounds[size - 2]!;
    if (i === 0 && bounds[0]! <= 0) return bounds[0]!;
    const before = i === 0 ? 0 : counts[i - 1]!;
    const start = i === 0 ? 0 : bounds[i - 1]!;
    rank -= before;
    return start + (bounds[i]! - start) * (rank / (counts[i]! - before));
  }

  /** The share of what was observed between two values. */
  fraction(lower: number, upper: number): number {
    const { size, bounds, counts, total } = this;
    if (total === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return NaN;
    if (lower >= upper) return 0;
    const below = (value: number): number => {
      let start = bounds[0]! <= 0 ? -Infinity : 0;
      let rank = 0;
      for (let i = 0; i < size; i++) {
        if (start >= value) return rank;
        const [end, count] = [bounds[i]!, counts[i]!];
        if (end > value)
          return start === -Infinity
            ? count
            : rank + ((count - rank) * (value - start)) / (end - start);
        [start, rank] = [end, count];
      }
      return total;
    };
    return (Math.min(below(upper), total) - Math.min(below(lower), total)) / total;
  }
}

/** Whether two counts differ by rounding alone, as Prometheus sees it. */
function almostEqual(a: number, b: number): boolean {
  const size = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  const smallest = 2 ** -1022;
  if (a === 0 || b === 0 || size < smallest) return difference < 1e-12 * smallest;
  return difference / Math.min(size, Number.MAX_VALUE) < 1e-12;
}

type Answer = (buckets: Buckets, step: number) => number;

/** Hands on a column for each histogram of a vector, without `le` and without name. */
async function streamHistograms(
  evaluation: Evaluation,
  vector: Expr,
  answer: Answer,
  emit: Emit,
): Promise<void> {
  const columns = await evaluation.collect(vector);
  const merged = new Merged(evaluation);
  for (const { labels, buckets } of histogramsOf(columns, evaluation.notes, vector)) {
    const { values, has } = newColumn(labels, evaluation.grid.count);
    const scratch = new Buckets(buckets.length);
    for (let i = 0; i < values.length; i++) {
      scratch.size = 0;
      for (const { bound, column } of buckets)
        if (column.has[i] === 1) scratch.add(bound, column.values[i]!);
      if (scratch.size === 0) continue;
      has[i] = 1;
      values[i] = answer(scratch, i);
    }
    await evaluation.work(buckets.length * values.length);
    merged.add(withoutName(labels), values, has);
  }
  evaluation.release(columns.length);
  await merged.emit(emit);
}

interface Histogram {
  readonly labels: Labels;
  readonly buckets: { readonly bound: number; readonly column: Column }[];
}

function histogramsOf(columns: readonly Column[], notes: Notes, place: Expr): Iterable<Histogram> {
  const histograms = new Map<string, Histogram>();
  for (const column of columns) {
    const le = valueOf(column.labels, "le");
    const bound = parseBound(le);
    if (bound === undefined) {
      notes.warn(
        `bucket label "le" is missing or has a malformed value of ${JSON.stringify(le)}`,
        place,
      );
      continue;
    }
    const labels = except(column.labels, LE);
    const key = keyOf(labels);
    const histogram = histograms.get(key);
    if (histogram === undefined) histograms.set(key, { labels, buckets: [{ bound, column }] });
    else histogram.buckets.push({ bound, column });
  }
  for (const { buckets } of histograms.values())
    buckets.sort((a, b) => (a.bound === b.bound ? 0 : a.bound < b.bound ? -1 : 1));
  return histograms.values();
}

const LE: ReadonlySet<string> = new Set(["le"]);

export async function histogramQuantile(
  evaluation: Evaluation,
  { args }: Call,
  emit: Emit,
): Promise<void> {
  const [quantile, vector] = [args[0]!, args[1]!];
  const { notes, grid } = evaluation;
  const quantiles = await evaluation.scalar(quantile);
  for (const q of quantiles) notes.quantile(q, quantile);
  const answer: Answer = (buckets, step) => {
    const q = quantiles[step]!;
    if (Number.isNaN(q)) return NaN;
    if (q < 0) return -Infinity;
    if (q > 1) return Infinity;
    if (!buckets.isWhole) return NaN;
    const repaired = buckets.repair();
    if (repaired !== undefined)
      notes.repaired(
        vector,
        timeAt(grid, step),
        repaired.least,
        repaired.most,
        repaired.difference,
      );
    return buckets.quantile(q);
  };
  await streamHistograms(evaluation, vector, answer, emit);
}

export async function histogramFraction(
  evaluation: Evaluation,
  { args }: Call,
  emit: Emit,
): Promise<void> {
  const [lower, upper] = await Promise.all([
    evaluation.scalar(args[0]!),
    evaluation.scalar(args[1]!),
  ]);
  await streamHistograms(
    evaluation,
    args[2]!,
    (buckets, step) => (buckets.isWhole ? buckets.fraction(lower[step]!, upper[step]!) : NaN),
    emit,
  );
}
