// Rows that Minuet wrote and read since midnight UTC, as the platform reported them, and the requests
// to shards: what the bill is made of.

import { dayOf } from "../core/tiers.ts";

export interface CounterValues {
  /** UTC day (days since 1970) that the counts belong to. */
  readonly day: number;
  readonly d1RowsWritten: number;
  readonly d1RowsRead: number;
  readonly shardRowsWritten: number;
  /** Calls, sockets and alarms. */
  readonly shardRequests: number;
}

export type Count = Partial<Omit<CounterValues, "day">>;

/** Counts as a manifest has them: one that is older than a counter says nothing of it. */
export type StoredCounters = Count & Pick<CounterValues, "day">;

const NONE = { d1RowsWritten: 0, d1RowsRead: 0, shardRowsWritten: 0, shardRequests: 0 };

/** Adds `more` to the counts of the day of `now` (Unix ms); a new day starts from nothing. */
export function count(values: StoredCounters, now: number, more: Count = {}): CounterValues {
  const day = dayOf(now);
  const base = values.day === day ? { ...NONE, ...values } : NONE;
  return {
    day,
    d1RowsWritten: base.d1RowsWritten + (more.d1RowsWritten ?? 0),
    d1RowsRead: base.d1RowsRead + (more.d1RowsRead ?? 0),
    shardRowsWritten: base.shardRowsWritten + (more.shardRowsWritten ?? 0),
    shardRequests: base.shardRequests + (more.shardRequests ?? 0),
  };
}

/** Counts; the rows that `written` counts by itself are added when anybody looks. */
export class Counters {
  #values: StoredCounters = { day: 0 };
  #counted = 0;
  readonly #written: () => number;
  /** The UTC day on which counts may have been lost: what was only read leaves no row. */
  readonly #lossy: number | undefined;

  /** `restartedAt`: when memory was lost that may have counted what no row says. */
  constructor(written: () => number, restartedAt: number | undefined) {
    this.#written = written;
    this.#lossy = restartedAt === undefined ? undefined : dayOf(restartedAt);
  }

  /** Whether the values of `now` may be less than what was counted. */
  atLeast(now: number): boolean {
    return this.#lossy === dayOf(now);
  }

  /** Starts from what a row says. */
  load(values: StoredCounters): void {
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
