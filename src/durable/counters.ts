// What was counted since midnight UTC: rows written and read, as the platform reported them, and the
// requests to shards, of which the bill is made; and points and requests, taken and refused.

import { DAY, dayOf } from "../core/tiers.ts";

/** How many, by why. The reasons are codes of errors, so there are few. */
export type Tally = Readonly<Record<string, number>>;

export interface Counted {
  /** UTC day (days since 1970) that the counts belong to. */
  readonly day: number;
  readonly d1RowsWritten: number;
  readonly d1RowsRead: number;
  readonly shardRowsWritten: number;
  /** Calls, sockets and alarms. */
  readonly shardRequests: number;
  /** Points that were acknowledged, those of repeated requests too. */
  readonly pointsAccepted: number;
  /** Points that were not stored. */
  readonly pointsRefused: Tally;
  /** Requests that were answered with an error. */
  readonly requestsRefused: Tally;
}

export interface CounterValues extends Counted {
  /** When the first of them was counted, Unix ms: midnight or later. */
  readonly since: number;
}

export type Count = Partial<Omit<Counted, "day">>;

/** Counts as rows have them: one that is older than a counter says nothing of it. */
export type StoredCounters = Count & Pick<Counted, "day"> & { readonly since?: number };

const NONE = {
  d1RowsWritten: 0,
  d1RowsRead: 0,
  shardRowsWritten: 0,
  shardRequests: 0,
  pointsAccepted: 0,
  pointsRefused: {},
  requestsRefused: {},
} as const satisfies Count;

/** Both together. */
export function tallied(a: Tally, b: Tally | undefined): Tally {
  if (b === undefined) return a;
  const sum: Record<string, number> = { ...a };
  for (const [why, many] of Object.entries(b)) sum[why] = (sum[why] ?? 0) + many;
  return sum;
}

/** Adds `more` to the counts of the day of `now` (Unix ms); a new day starts from nothing. */
export function count(values: StoredCounters, now: number, more: Count = {}): CounterValues {
  const day = dayOf(now);
  const base = values.day === day ? { ...NONE, ...values } : NONE;
  return {
    day,
    since: values.day === day ? (values.since ?? day * DAY) : now,
    d1RowsWritten: base.d1RowsWritten + (more.d1RowsWritten ?? 0),
    d1RowsRead: base.d1RowsRead + (more.d1RowsRead ?? 0),
    shardRowsWritten: base.shardRowsWritten + (more.shardRowsWritten ?? 0),
    shardRequests: base.shardRequests + (more.shardRequests ?? 0),
    pointsAccepted: base.pointsAccepted + (more.pointsAccepted ?? 0),
    pointsRefused: tallied(base.pointsRefused, more.pointsRefused),
    requestsRefused: tallied(base.requestsRefused, more.requestsRefused),
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

  /** Starts from what a row says; `at`: its commit, where it does not say since when it counts. */
  load(values: StoredCounters, at?: number): void {
    const { day, since = day === this.#values.day ? this.#values.since : at } = values;
    this.#values = { ...values, ...(since !== undefined && { since }) };
  }

  values(now: number): CounterValues {
    return count(this.#values, now, { shardRowsWritten: this.#written() - this.#counted });
  }

  add(now: number, more: Count): void {
    this.#values = count(this.values(now), now, more);
    this.#counted = this.#written();
  }
}
