// Rows that Minuet wrote and read since midnight UTC, as the platform reported them: what the bill
// is made of.

import { dayOf } from "../core/tiers.ts";

export interface CounterValues {
  /** UTC day (days since 1970) that the counts belong to. */
  readonly day: number;
  readonly d1RowsWritten: number;
  readonly d1RowsRead: number;
  readonly shardRowsWritten: number;
}

export type Count = Partial<Omit<CounterValues, "day">>;

/** Adds `more` to the counts of the day of `now` (Unix ms); a new day starts from nothing. */
export function count(values: CounterValues, now: number, more: Count = {}): CounterValues {
  const day = dayOf(now);
  const base =
    values.day === day ? values : { day, d1RowsWritten: 0, d1RowsRead: 0, shardRowsWritten: 0 };
  return {
    day,
    d1RowsWritten: base.d1RowsWritten + (more.d1RowsWritten ?? 0),
    d1RowsRead: base.d1RowsRead + (more.d1RowsRead ?? 0),
    shardRowsWritten: base.shardRowsWritten + (more.shardRowsWritten ?? 0),
  };
}

/** Counts rows; those that `written` counts by itself are added when anybody looks. */
export class Counters {
  #values: CounterValues = { day: 0, d1RowsWritten: 0, d1RowsRead: 0, shardRowsWritten: 0 };
  #counted = 0;
  readonly #written: () => number;

  constructor(written: () => number) {
    this.#written = written;
  }

  /** Starts from what a manifest says. */
  load(values: CounterValues): void {
    this.#values = values;
  }

  values(now: number): CounterValues {
    return count(this.#values, now, { shardRowsWritten: this.#written() - this.#counted });
  }

  add(now: number, more: Count): void {
    this.#values = count(this.values(now), now, more);
    this.#counted = this.#written();
  }
}
