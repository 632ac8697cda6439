// What the parts of the evaluator know of each other. Series are evaluated one by one, in columns: a
// column has a value, or none, for each step of a grid of times.

import type { Labels } from "../series/labels.ts";
import type { Expr, Selector } from "./ast.ts";
import type { Notes } from "./notes.ts";
import type { TakeSeries, Use } from "./source.ts";

/** Times: start, start + step, …; Unix ms. */
export interface Grid {
  readonly start: number;
  /** ms, positive. */
  readonly step: number;
  readonly count: number;
}

export interface Column {
  readonly labels: Labels;
  /** A value a step, where `has` is 1. */
  readonly values: Float64Array;
  readonly has: Uint8Array;
}

/**
 * Takes the column of a series. The giver waits for it, since others may have their turn meanwhile. The arrays
 * are the giver's, and hold something else afterwards; until then the taker may overwrite them.
 */
export type Emit = (labels: Labels, values: Float64Array, has: Uint8Array) => void | Promise<void>;

export interface Evaluation {
  readonly grid: Grid;
  readonly notes: Notes;
  /** How far an instant selector looks back, ms. */
  readonly lookback: number;

  /** A value a step. */
  scalar(expr: Expr): Promise<Float64Array>;
  /** Columns of a vector, each label set once. */
  stream(expr: Expr, emit: Emit): Promise<void>;
  /** The same, kept. They count as held until `release`. */
  collect(expr: Expr): Promise<Column[]>;
  /** Samples of a selector: (from, to], Unix ms. */
  select(
    selector: Selector,
    span: { readonly from: number; readonly to: number },
    use: Omit<Use, "step">,
    take: TakeSeries,
  ): Promise<void>;
  /** The same evaluation at other times. */
  at(grid: Grid): Evaluation;
  /** The same, which asks for what it reads at once, and begins with it when `before` is over. */
  after(before: Promise<unknown>): Evaluation;
  /** The time that `@` names, Unix ms. */
  timeOf(at: Selector["at"]): number | undefined;
  /** The step of a subquery that names none, ms. */
  readonly subqueryStep: number;
  /** Samples that each step looks at, where they are counted. What is within a subquery is not. */
  readonly seen: Float64Array | undefined;
  /**
   * Counts samples and values that are looked at, and fails over the limit, or when time is over. Where it gives
   * a promise, others are to have their turn before work goes on.
   */
  work(looks: number): Promise<void> | undefined;
  /** Counts values that are held in memory at once, and fails over the limit. */
  hold(columns: number): void;
  release(columns: number): void;
}

export const timeAt = ({ start, step }: Grid, at: number): number => start + at * step;

export const newColumn = (labels: Labels, count: number): Column => ({
  labels,
  values: new Float64Array(count),
  has: new Uint8Array(count),
});

/** The first and the last time at which something is asked for, its modifiers heeded; Unix ms. */
export function spanOf(
  evaluation: Evaluation,
  { offset, at }: Pick<Selector, "offset" | "at">,
): { readonly first: number; readonly last: number; readonly fixed: boolean } {
  const { grid } = evaluation;
  const time = evaluation.timeOf(at);
  return time === undefined
    ? {
        first: grid.start - offset,
        last: timeAt(grid, grid.count - 1) - offset,
        fixed: false,
      }
    : { first: time - offset, last: time - offset, fixed: true };
}
