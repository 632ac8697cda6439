// Columns with the same labels become one, as long as they have no values at the same step: what is
// left when names or labels are taken away.

import type { Labels } from "../series/labels.ts";
import { newColumn, type Column, type Emit, type Evaluation } from "./evaluation.ts";
import { fail } from "./error.ts";
import { keyOf } from "./labels.ts";

export class Merged {
  readonly #columns = new Map<string, Column>();
  readonly #evaluation: Evaluation;

  constructor(evaluation: Evaluation) {
    this.#evaluation = evaluation;
  }

  readonly add = (...[labels, values, has]: Parameters<Emit>): void => {
    const column = this.of(labels);
    for (let i = 0; i < has.length; i++) {
      if (has[i] === 0) continue;
      if (column.has[i] === 1) failSameLabels();
      column.has[i] = 1;
      column.values[i] = values[i]!;
    }
  };

  /** The column of these labels, made when there is none. */
  of(labels: Labels): Column {
    const key = keyOf(labels);
    let column = this.#columns.get(key);
    if (column === undefined) {
      this.#evaluation.hold(1);
      column = newColumn(labels, this.#evaluation.grid.count);
      this.#columns.set(key, column);
    }
    return column;
  }

  /** Hands all on, and holds them no longer. */
  async emit(emit: Emit): Promise<void> {
    for (const [key, { labels, values, has }] of this.#columns) {
      await emit(labels, values, has);
      this.#columns.delete(key);
      this.#evaluation.release(1);
    }
  }
}

export const failSameLabels = (): never =>
  fail("vector cannot contain metrics with the same labelset");

/** Whether any step has a value. */
export const hasAny = (has: Uint8Array): boolean => has.includes(1);
