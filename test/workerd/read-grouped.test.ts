// Rows that are held may come merged, where a reader merges them anyway, and several of a series as one: it is what
// each of them would have made, whatever was flushed, rolled up or removed in between, in one database or two.

import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, expect, test, vi } from "vitest";
import { Merge } from "../../src/core/query/merge.ts";
import { anyOf, compileMatchers, type Matcher } from "../../src/core/query/matcher.ts";
import { plan, type Retention } from "../../src/core/query/plan.ts";
import { METRIC_NAME } from "../../src/core/query/source.ts";
import { DAY, HOUR, MINUTE, type TierName } from "../../src/core/tiers.ts";
import { packCache } from "../../src/worker/in-room.ts";
import type { Env } from "../../src/worker/env.ts";
import { sourceOf } from "../../src/worker/read/source.ts";
import { flush, type Point, remove, runSteps, wipe } from "./cron-store.ts";

vi.setConfig({ testTimeout: 300_000 });

const START = Date.UTC(2095, 11, 30);
const RETENTION: Retention = { minute: 2, hour: 8, day: 0 };
const STORE: Env = {
  ...env,
  RETENTION_MINUTE_DAYS: "2",
  RETENTION_HOUR_DAYS: "8",
  RETENTION_DAY_DAYS: "0",
};

const SPARE = env.SPARE_1;
const BOTH: Env = Object.assign({}, STORE, { DB_1: SPARE });

/** Of two metrics in one pack, and of each in two packs; the same ids in both databases. */
const IDS = Array.from({ length: 24 }, (_, i) => 16 + i);
const metricOf = (id: number): string => (id % 5 === 0 ? "other" : "m");
const dcOf = (id: number): string => (id % 3 === 0 ? "eu" : "us");

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: START });
  await applyD1Migrations(SPARE, env.MIGRATIONS);
});

async function begin(): Promise<void> {
  packCache.clear();
  for (const db of [env.DB, SPARE]) {
    await wipe(db);
    // Hosts are others there.
    const series = IDS.map((id) => [
      id,
      metricOf(id),
      JSON.stringify({ dc: dcOf(id), host: `${db === SPARE ? "s" : "h"}${id}` }),
    ]);
    await db
      .prepare(
        `INSERT INTO series (id, metric, labels, first_at, last_at, last)
         SELECT value ->> 0, value ->> 1, value ->> 2, 0, 0, 0 FROM json_each(?)`,
      )
      .bind(JSON.stringify(series))
      .run();
  }
}

interface Asked {
  readonly of: Env;
  readonly tier: TierName;
  readonly from: number;
  readonly to: number;
  readonly by: readonly string[];
  readonly matchers: readonly Matcher[];
  readonly perSlice: number;
}

interface Answer {
  /** By metric. */
  readonly series: unknown;
  readonly unreadable: number;
  /** How often rows of several series came as one. */
  readonly merged: number;
}

/** What a reader merges by some labels; `isTold`: the source knows that it does. */
async function answerOf(
  { of, tier, from, to, by, matchers, perSlice }: Asked,
  isTold: boolean,
): Promise<Answer> {
  const planned = plan({ from, to }, tier, Date.now(), RETENTION);
  const merges = new Map(["m", "other"].map((metric) => [metric, new Merge(planned, by)]));
  let merged = 0;
  const selected = await sourceOf(of, "", Date.now(), { perSlice }).select(
    {
      tier,
      from,
      to,
      matchers: [anyOf(METRIC_NAME, ["m", "other"]), ...matchers],
      ...(isTold && { by }),
    },
    ({ metric, labels }, buckets, first, end) => {
      if (labels.length < 2) merged++;
      for (let i = first + 1; i < end; i++)
        expect(buckets.start[i]).toBeGreaterThan(buckets.start[i - 1]!);
      merges.get(metric)!.add(labels, buckets, first, end);
      return undefined;
    },
  );
  if (!selected.ok) expect.fail(JSON.stringify(selected.error));
  const series = Array.from(merges, ([metric, merge]) => [metric, merge.finish(Infinity)]);
  return { series, unreadable: selected.value.unreadable.length, merged };
}

/** What a reader gets who wants the ends of buckets alone: of each row as it came, and how often some were given. */
async function endsOf({ of, tier, from, to, matchers, perSlice }: Asked) {
  const ends: string[] = [];
  let times = 0;
  const selected = await sourceOf(of, "", Date.now(), { perSlice }).select(
    { tier, from, to, matchers: [anyOf(METRIC_NAME, ["m"]), ...matchers], wanted: "ends" },
    ({ labels }, buckets, first, end) => {
      times++;
      for (let i = first; i < end; i++)
        ends.push(JSON.stringify([labels, ...ENDS.map((name) => buckets[name][i])]));
      return undefined;
    },
  );
  if (!selected.ok) expect.fail(JSON.stringify(selected.error));
  return { ends: ends.sort(), times };
}

const ENDS = ["start", "count", "first", "firstAt", "last", "lastAt", "rise"] as const;

const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .array(
        fc.tuple(
          fc.constantFrom(...IDS),
          fc.oneof(fc.nat(90), fc.nat(26 * 60), fc.nat(5 * 24 * 60)),
          // Of doubles that their sums hold whole, in any order.
          fc.integer({ min: -1e11, max: 1e11 }).map((hundredths) => hundredths / 100),
        ),
        { minLength: 5, maxLength: 40 },
      )
      .map((points) => ({ flush: points })),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(5, 60, 90, 24 * 60).map((minutes) => ({ pass: minutes })),
  },
  { weight: 1, arbitrary: fc.constantFrom(...IDS).map((id) => ({ remove: id })) },
);

const compiled = (label: string, value: string): readonly Matcher[] => {
  const matchers = compileMatchers([{ label, op: "=", value }]);
  if (!matchers.ok) throw new Error("no matcher");
  return matchers.value;
};

const QUESTIONS = [
  { by: [], matchers: [] },
  { by: ["dc"], matchers: compiled("dc", "us") },
  { by: [], matchers: compiled("dc", "us") },
];

/** A point of each series in each of so many minutes: of rows that hold less nothing is kept. */
const dense = (now: number, minutes: number, step = MINUTE): Point[] =>
  IDS.flatMap((id) =>
    Array.from({ length: minutes }, (_, i): Point => ({ id, at: now - i * step, value: id + i })),
  );

/** And points of many hours and days, one row after the other. */
const long = (now: number): Point[] => [
  ...dense(now, 14, 40 * MINUTE),
  ...dense(now, 13, 13 * HOUR),
];

test("the same, told or not, held or not", async () => {
  let merged = 0;
  const joined = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.array(action, { minLength: 1, maxLength: 3 }),
      fc.constantFrom(STORE, BOTH),
      fc.constantFrom(4_000, 200_000),
      fc.tuple(fc.nat(5 * 24), fc.nat(40)),
      async (actions, of, perSlice, [agoHours, hours]) => {
        await begin();
        const dbs = of === BOTH ? [env.DB, SPARE] : [env.DB];
        let now = START;
        vi.setSystemTime(now);
        for (const db of dbs) await flush([...dense(now, 200), ...long(now)], db);
        for (const db of dbs) await runSteps(now, RETENTION, db);
        const removed = new Set<number>();
        for (const [n, what] of actions.entries()) {
          const db = dbs[n % dbs.length]!;
          if ("flush" in what) {
            const points = what.flush
              .map(([id, ago, value]): Point => ({ id, at: now - ago * MINUTE, value }))
              .filter(({ id }) => !removed.has(id));
            if (points.length > 0) await flush(points, db);
          } else if ("pass" in what) {
            now += what.pass * MINUTE;
            vi.setSystemTime(now);
            for (const one of dbs) await runSteps(now, RETENTION, one);
          } else if (!removed.has(what.remove)) {
            removed.add(what.remove);
            for (const one of dbs) await remove([what.remove], one);
          }
          const part = { from: now - agoHours * HOUR, to: now - agoHours * HOUR + hours * HOUR };
          const range = n % 2 === 0 ? { from: START - 9 * DAY, to: now + DAY } : part;
          for (const tier of ["minute", "hour", "day"] as const) {
            const asked = QUESTIONS.map((one) => ({ of, tier, ...range, perSlice, ...one }));
            packCache.clear();
            const apart: Answer[] = [];
            for (const one of asked) apart.push(await answerOf(one, false));
            packCache.clear();
            const ends = await endsOf(asked[0]!);
            // Held since those, made, and kept, each with the others in between.
            for (let turn = 0; turn < 3; turn++) {
              for (const [i, one] of asked.entries())
                for (const isTold of [true, false]) {
                  const told = await answerOf(one, isTold);
                  expect([tier, turn, i, told.series]).toEqual([tier, turn, i, apart[i]!.series]);
                  expect([apart[i]!.unreadable, told.unreadable]).toEqual([0, 0]);
                  merged += told.merged;
                }
              const again = await endsOf(asked[0]!);
              expect([tier, turn, again.ends]).toEqual([tier, turn, ends.ends]);
              if (again.times < ends.times) joined.add(tier);
            }
          }
        }
      },
    ),
    // In the example rows of minutes and of hours are joined, and others may be: those of days hold a year.
    { numRuns: 4, examples: [[[{ pass: 60 }], STORE, 200_000, [0, 0]]] },
  );
  expect(merged).toBeGreaterThan(200);
  expect([...joined].sort()).toEqual(["hour", "minute"]);
});

const MINUTES: Omit<Asked, "from"> = {
  of: STORE,
  tier: "minute",
  to: START,
  by: [],
  matchers: [],
  perSlice: 200_000,
};

test("what cannot be read is told each time, and all else comes merged, or joined", async () => {
  await begin();
  vi.setSystemTime(START);
  // Six hours, of the fourth of which one series is damaged.
  await flush(dense(START - HOUR - MINUTE, 6 * 60 - 1));
  const [slot] = IDS.map((id) => id % 16);
  await env.DB.exec(
    `UPDATE minute SET body = json_set(body, '$."${slot}"', 'AAAA')
     WHERE pack = 1 AND hour = ${Math.floor(START / HOUR) - 4}`.replaceAll("\n", " "),
  );
  const asked: Asked = { ...MINUTES, from: START - DAY };
  const apart = await answerOf(asked, false);
  expect(apart.unreadable).toBe(1);
  for (let turn = 0; turn < 3; turn++)
    for (const isTold of [true, false]) {
      const told = await answerOf(asked, isTold);
      expect([told.series, told.unreadable]).toEqual([apart.series, 1]);
      expect(told.merged > 0).toBe(isTold);
    }
});

test("rows that may come merged do so also behind one that is wanted in part", async () => {
  await begin();
  vi.setSystemTime(START);
  await flush(dense(START - MINUTE, 6 * 60 - 1));
  const asked: Asked = { ...MINUTES, from: START - 6 * HOUR + 30 * MINUTE };
  const apart = await answerOf(asked, false);
  const told = await answerOf(asked, true);
  expect(told.series).toEqual(apart.series);
  // Five hours in two packs.
  expect(told.merged).toBeGreaterThanOrEqual(10);
});
