// Random histories of one database: flushes in time and late, hours and days that pass, steps of the cron
// in any order, with clocks that are wrong, killed midway, meeting a flush, or landing long after they were
// given up; removals. After each event a reader finds by hour and by day what the points make.

import { env } from "cloudflare:workers";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import type { Retention } from "../../src/core/query/plan.ts";
import { DAY, HOUR, MINUTE } from "../../src/core/tiers.ts";
import { purgeHours, purgeMinutes } from "../../src/worker/cron/retention.ts";
import { rollUpClosed, rollUpDays, rollUpDirty } from "../../src/worker/cron/rollup.ts";
import type { Round, StepResult } from "../../src/worker/cron/step.ts";
import { purgeTombstones } from "../../src/worker/cron/tombstones.ts";
import {
  type Between,
  countOf,
  expectExact,
  flush,
  type Point,
  remove,
  round,
  runSteps,
  wipe,
  withBetween,
} from "./cron-store.ts";

// Rounds of a few rows, so that short histories have many.
vi.mock("../../src/core/limits.ts", async (original) => ({
  ...(await original<object>()),
  pairsPerRollup: 5,
  daysPerRollup: 4,
  rollupBytes: 1_000,
  packsPerPurge: 1,
  rowsPerPurge: 3,
  tombstonesPerRound: 2,
  packsPerBurial: 1,
  rowsPerBurial: 2,
}));

/** Noon. */
const START = Date.UTC(2031, 0, 2, 12);

/** Days that hours are kept: for ever, or no longer than minutes, so that they go right behind them. */
const HOURS = [0, 2] as const;
const retentionOf = (hour: number): Retention => ({ minute: 2, hour, day: 0 });

type AnyStep = (db: D1Database, round: Round, retention: Retention) => Promise<StepResult>;

const STEPS: readonly AnyStep[] = [
  rollUpClosed,
  rollUpDays,
  rollUpDirty,
  purgeMinutes,
  purgeHours,
  purgeTombstones,
];

interface Late {
  readonly series: number;
  /** Before now, ms; negative: since the start. */
  readonly age: number;
  readonly value: number;
}

const points = fc.array(
  fc.record({
    series: fc.nat(5),
    age: fc.oneof(
      { weight: 3, arbitrary: fc.nat(3 * HOUR) },
      { weight: 2, arbitrary: fc.nat(2 * DAY) },
      // Of few hours before the start, so that they meet.
      { weight: 2, arbitrary: fc.nat(5).map((half) => -(4 * DAY) + (half * HOUR) / 2) },
    ),
    value: fc.integer({ min: -99, max: 99 }),
  }),
  { minLength: 1, maxLength: 8 },
);

/** How far a clock is off. */
const off = fc.oneof(
  { weight: 8, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.constantFrom(365 * DAY, -365 * DAY, 3 * DAY, -3 * DAY) },
);

const step = fc.nat(STEPS.length - 1);
const share = fc.constantFrom(1, 1 / 16);
const happens = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ kind: "nothing" as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("flush" as const), points }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom("before" as const, "after", "zombie", "zombie") }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("step" as const), step }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("remove" as const), series: fc.nat(5) }) },
);

const event = fc.oneof(
  { weight: 4, arbitrary: fc.record({ flush: points }) },
  {
    weight: 10,
    arbitrary: fc.record({ step, share, off, at: fc.integer({ min: 1, max: 3 }), happens }),
  },
  { weight: 3, arbitrary: fc.record({ pass: fc.constantFrom(10 * MINUTE, HOUR, 7 * HOUR, DAY) }) },
  { weight: 3, arbitrary: fc.record({ all: off }) },
  { weight: 1, arbitrary: fc.record({ remove: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.constant({ release: true }) },
);

type Event = typeof event extends fc.Arbitrary<infer E> ? E : never;

class History {
  readonly #retention: Retention;
  now = START;
  points: Point[] = [];
  /** The ids of the series that there are, in three packs. */
  readonly ids = [1, 2, 18, 31, 40, 41];
  readonly zombies: (() => Promise<unknown>)[] = [];
  /** Rounds that left some of their work to the next. */
  static cut = 0;

  constructor(hour: (typeof HOURS)[number]) {
    this.#retention = retentionOf(hour);
  }

  /** All that the cron does. */
  async all(now = this.now): Promise<void> {
    await runSteps(now, this.#retention);
  }

  /** A reader finds what the points make: by hour, where it is kept. */
  async expectExact(): Promise<void> {
    await expectExact(this.points, env.DB, this.#retention.hour === 0 ? "all" : "kept");
  }

  async run(event: Event): Promise<void> {
    if ("flush" in event) await this.flush(event.flush);
    else if ("pass" in event) this.now += event.pass;
    else if ("all" in event) await this.all(this.now + event.all);
    else if ("remove" in event) await this.remove(event.remove);
    else if ("release" in event) for (const land of this.zombies.splice(0)) await land();
    else await this.step(event);
  }

  async flush(late: readonly Late[]): Promise<void> {
    const points = late.map(({ series, age, value }) => ({
      id: this.ids[series]!,
      at: age < 0 ? START + age : this.now - age,
      value,
    }));
    await flush(points);
    this.points.push(...points);
  }

  async remove(series: number): Promise<void> {
    const id = this.ids[series]!;
    if (!this.points.some((point) => point.id === id)) return;
    await remove([id]);
    this.points = this.points.filter((point) => point.id !== id);
    // No id is given twice; the pack has room for others.
    this.ids[series] = id + 2 + (id % 16 > 12 ? 16 : 0);
    while (this.ids.indexOf(this.ids[series]) !== series) this.ids[series]! += 16;
  }

  async step({ step, share, off, at, happens }: Extract<Event, { step: number }>): Promise<void> {
    const between: Between = async (n, land) => {
      if (n !== at) return await land();
      switch (happens.kind) {
        case "nothing":
          break;
        case "flush":
          await this.flush(happens.points);
          break;
        case "step":
          await STEPS[happens.step]!(env.DB, round(this.now), this.#retention);
          break;
        case "remove":
          await this.remove(happens.series);
          break;
        case "after":
          await land();
          throw new Error("given up");
        case "zombie":
          this.zombies.push(land);
          throw new Error("given up");
        case "before":
          throw new Error("given up");
      }
      return await land();
    };
    const db = withBetween(env.DB, between);
    await STEPS[step]!(db, round(this.now + off, share), this.#retention).then(
      ({ more }) => void (History.cut += more ? 1 : 0),
      (error: unknown) => expect(String(error)).toMatch(/given up/),
    );
  }
}

/** More removals than a round buries: however few histories run, the work of one is cut. */
const CUT: Event[] = [
  ...[0, 2, 4].map((series) => ({ remove: series })),
  {
    step: STEPS.indexOf(purgeTombstones),
    share: 1,
    off: 0,
    at: 1,
    happens: { kind: "nothing" },
  },
];

const histories = fc.array(event, { minLength: 5, maxLength: 40 });

test("whatever happens, a reader finds what the points make", async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...HOURS), histories, async (hour, events) => {
      await wipe();
      const history = new History(hour);
      // Retention has begun: what is late comes to minutes that are gone.
      await history.flush(
        [2, 3, 4, 5].flatMap((days) =>
          [0, 2, 4].map((series) => ({ series, age: days * DAY + HOUR, value: 1 })),
        ),
      );
      for (const before of [HOUR, 0]) await history.all(START - before);
      for (const event of events) {
        await history.run(event);
        await history.expectExact();
      }
      // Two runs an hour apart agree on the time; then nothing is left to do.
      for (const pass of [2 * HOUR, HOUR, HOUR]) {
        history.now += pass;
        await history.all();
      }
      await history.expectExact();
      expect(await countOf("dirty")).toBe(0);
      expect(await countOf("tombstone")).toBe(0);
    }),
    { numRuns: Number(env.CRON_HISTORIES), examples: [[0, CUT]] },
  );
  expect(History.cut).toBeGreaterThan(0);
}, 240_000);
