// What can happen to a store, as data: fast-check makes histories of them, and shrinks those that
// fail. Numbers are small and relative, so that a history can be read.

import fc from "fast-check";
import { DAY, HOUR, MINUTE } from "../../../src/core/tiers.ts";
import type { Fault } from "../faults.ts";
import type { DatabaseFault } from "./store.ts";

export interface RelativePoint {
  readonly metric: number;
  readonly host: number;
  /** ms before now. */
  readonly ago: number;
  readonly value: number;
}

export type Action =
  | { readonly do: "append"; readonly points: readonly RelativePoint[]; readonly key: boolean }
  /** Sends an earlier request with a key again. */
  | { readonly do: "repeat"; readonly which: number }
  | { readonly do: "evict" }
  | { readonly do: "alarm"; readonly fault: DatabaseFault; readonly times: number }
  | { readonly do: "flush"; readonly fault: DatabaseFault }
  /** Points of a day whose minutes may be gone, all the way into its hours. */
  | { readonly do: "late"; readonly points: readonly RelativePoint[] }
  | { readonly do: "zombies" }
  | { readonly do: "cron"; readonly fault: DatabaseFault; readonly times: number }
  /** A cron and the alarms run once with a clock that is wrong. */
  | { readonly do: "clock"; readonly days: number }
  /** Two runs of the cron, more than an hour apart: what is past its days goes. */
  | { readonly do: "age"; readonly minutes: number }
  /** A cron, a flush and an append at the same time. */
  | { readonly do: "overlap"; readonly points: readonly RelativePoint[] }
  | { readonly do: "shards"; readonly shards: number }
  /** A deploy with so many databases, unless there are more. */
  | { readonly do: "databases"; readonly databases: number }
  | { readonly do: "remove"; readonly metric: number }
  | { readonly do: "wait"; readonly ms: number };

const kind = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Fault>("none") },
  { weight: 6, arbitrary: fc.constantFrom<Fault>("before", "after", "hang", "zombie", "down") },
  { weight: 2, arbitrary: fc.constant<Fault>("zombie") },
);

/** How many calls to D1 a fault lasts: a flush tries again once, so two make it give up. */
const calls = fc.integer({ min: 1, max: 2 });

const fault: fc.Arbitrary<DatabaseFault> = fc.record({ fault: kind, calls, database: fc.nat(2) });

const ago = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -MINUTE, max: 5 * MINUTE }) },
  // Many of one minute: more than it keeps.
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 20_000 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 3 * HOUR }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 2 * DAY }) },
  // Past the retention of minutes.
  { weight: 1, arbitrary: fc.integer({ min: 2 * DAY, max: 5 * DAY }) },
);

const value = fc.oneof(
  fc.integer({ min: -8, max: 8 }),
  fc.integer({ min: -9999, max: 9999 }).map((n) => n / 100),
);

const points = fc.array(fc.record({ metric: fc.nat(2), host: fc.nat(1), ago, value }), {
  minLength: 1,
  maxLength: 6,
});

const latePoints = fc.array(
  fc.record({
    metric: fc.constant(0),
    host: fc.constant(0),
    ago: fc.integer({ min: 3 * DAY, max: 4 * DAY }),
    value,
  }),
  { minLength: 1, maxLength: 3 },
);

const wait = fc.oneof(
  fc.integer({ min: 1, max: 90_000 }),
  fc.integer({ min: MINUTE, max: 2 * HOUR }),
  fc.integer({ min: 2 * HOUR, max: 30 * HOUR }),
);

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant("append"), points, key: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("repeat"), which: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("evict") }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("alarm"),
      fault,
      times: fc.integer({ min: 1, max: 2 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("flush"), fault }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("late"), points: latePoints }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("zombies") }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("cron"),
      fault,
      times: fc.integer({ min: 1, max: 2 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("clock"), days: fc.constantFrom(-400, -2, 2, 400) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("age"), minutes: fc.integer({ min: 61, max: 300 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("overlap"), points }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("shards"), shards: fc.integer({ min: 1, max: 4 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("databases"),
      databases: fc.integer({ min: 2, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("remove"), metric: fc.nat(2) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("wait"), ms: wait }) },
);

export const history = fc.array(action, { minLength: 4, maxLength: 18, size: "max" });
